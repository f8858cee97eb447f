"""What can be wrong with the state, and what is refused of a request.

StateError              the state cannot be used; the message says what, where, and the way out
├── InUseError          another process has it
├── DamagedError        what is in the file is not what was put there
└── UnavailableError    nothing can be stored now; what is there can be read, and later it may go on
ExpiredError            a watch from a version that is not remembered any more
RefusedError            a request that is answered by a Status of Kubernetes
"""

from pathlib import Path
from typing import Any


class StateError(Exception):
    """The state cannot be used; the message names what, why and the way out."""


class InUseError(StateError):
    """Another process has the state."""


class DamagedError(StateError):
    """What is in the file is not what was put there."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"the state {path} is damaged: {what}. Restore a backup (fabgitops-operator standalone restore FILE), or"
            f" move the folder {path.parent} away as it is and start without: what the source declares comes again,"
            f" what statuses remembered does not. Delete no {path.name}-wal: it holds what was stored last"
        )


class UnavailableError(StateError):
    """Nothing can be stored now; what is there can be read."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"nothing can be stored in {path} now: {why}. What is stored already can be read. Make room on that disk"
            f" (fabgitops-operator standalone check --free gives up a reserve of {path.parent}); it goes on by itself"
        )

    def status(self) -> dict[str, Any]:
        """Return it as the Status that a request is answered by."""
        return _status(503, "ServiceUnavailable", str(self), {"retryAfterSeconds": 1})


class ExpiredError(Exception):
    """The version from which a watch is to begin is not remembered any more: list anew."""


class RefusedError(Exception):
    """A request that is refused.

    Args:
        status: A Status of Kubernetes (code, reason, message, details).
        warnings: What is to be told besides, such as fields that nobody knows.
    """

    def __init__(self, status: dict[str, Any], warnings: tuple[str, ...] = ()) -> None:
        super().__init__(status["message"])
        self.status = status
        self.warnings = warnings


def _status(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        **({} if details is None else {"details": details}),
        "code": code,
    }


def refusal(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> RefusedError:
    """Return an error that is answered by a Status."""
    return RefusedError(_status(code, reason, message, details))
