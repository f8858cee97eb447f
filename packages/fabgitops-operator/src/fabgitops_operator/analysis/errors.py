"""What can be wrong with where analyses ask."""


class AnalysisSettingsError(Exception):
    """A file that a setting names cannot be used; the text says why."""
