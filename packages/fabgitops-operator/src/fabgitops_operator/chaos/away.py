"""That where objects are kept gives no answer, or none that can be gone by."""


class AwayError(Exception):
    """Where objects are kept gave no answer, or refused: its text says why."""


class UnreadableError(AwayError):
    """What says whether there may be chaos was answered, and cannot be gone by: nothing is allowed then."""
