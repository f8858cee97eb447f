"""What comes of the git program."""


class GitError(Exception):
    """git failed: its text is what git said, in one line."""


class GitMissingError(GitError):
    """There is no git program: its text says so, and the way out."""
