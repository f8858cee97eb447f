"""What can be wrong with the way to an API server."""


class KubeconfigError(Exception):
    """A kubeconfig cannot be used: its text names the field and the reason, never a secret."""


class NoContextError(KubeconfigError):
    """The context that is asked for is not there; `there` are those that are."""

    def __init__(self, name: str, there: list[str]) -> None:
        super().__init__(f'no context "{name}"' if name else "no current context")
        self.there = there


class NoCredentialsError(Exception):
    """Credentials cannot be had at the moment: nothing was sent."""
