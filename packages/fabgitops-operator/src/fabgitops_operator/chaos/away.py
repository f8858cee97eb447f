"""That where objects are kept gives no answer."""


class AwayError(Exception):
    """Where objects are kept gave no answer, or refused: its text says why."""
