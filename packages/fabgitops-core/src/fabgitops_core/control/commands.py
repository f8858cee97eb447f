"""What a controller wants done. A step returns any number of these and at most one request to a device, last."""

from dataclasses import dataclass
from enum import StrEnum

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.plc.requests import Change, ConnectionId, IdentityPlan, ReadPlan


@dataclass(frozen=True, slots=True)
class Read:
    """Read, and tell what came of it; `timeout` in seconds; an urgent one goes before others on its connection.

    It is sent `after` seconds from now; others have the connection meanwhile. With `force` an open circuit is tried.
    """

    plan: ReadPlan
    timeout: float
    urgent: bool = False
    after: float = 0.0
    force: bool = False


@dataclass(frozen=True, slots=True)
class Identify:
    """Ask a device who it is, and tell what came of it; `timeout` in seconds, for each reply."""

    plan: IdentityPlan
    timeout: float


@dataclass(frozen=True, slots=True)
class Write:
    """Write once, and tell what came of it; `timeout` in seconds.

    With `first`, wait a while before it for the status to be stored that was published with it: it is the record of
    this write and of those of the pass that follow. With `over`, write over the connection on which
    the device said who it is, or not at all.
    """

    change: Change
    timeout: float
    first: bool = True
    over: ConnectionId | None = None


@dataclass(frozen=True, slots=True)
class Publish:
    """Make a status known; with `before_write` it is the record of writes, and is for nothing if none may be sent."""

    status: ApiModel
    before_write: bool = False


class NoticeReason(StrEnum):
    """Transitions worth an Event."""

    DRIFT_DETECTED = "DriftDetected"
    DRIFT_CORRECTED = "DriftCorrected"
    DRIFT_RESOLVED = "DriftResolved"
    CORRECTION_FAILED = "CorrectionFailed"
    CONNECTION_FAILED = "ConnectionFailed"
    CONNECTION_RESTORED = "ConnectionRestored"
    DEVICE_EXCEPTION = "DeviceException"
    INVALID_SPEC = "InvalidSpec"
    TEMPLATE_NOT_FOUND = "TemplateNotFound"
    IDENTITY_MISMATCH = "IdentityMismatch"
    CONFLICT = "Conflict"
    CONTENDED_WRITER = "ContendedWriter"
    INTERNAL_ERROR = "InternalError"


_NORMAL = {NoticeReason.DRIFT_CORRECTED, NoticeReason.DRIFT_RESOLVED, NoticeReason.CONNECTION_RESTORED}


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell people of a transition; control characters in the message are shown, not obeyed."""

    reason: NoticeReason
    message: str

    def __post_init__(self) -> None:
        """Make the message fit for a terminal, whatever of a manifest it quotes."""
        if not self.message.isprintable():
            object.__setattr__(self, "message", printable(self.message))

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self.reason not in _NORMAL


@dataclass(frozen=True, slots=True)
class Wake:
    """Say `Due` after so many seconds; None leaves it asleep.

    `spread` allows a delay of up to so many seconds more, where many begin at once. A `steady` one counts from when
    the last was due, so that passes keep their beat however long each takes.
    """

    after: float | None
    spread: float = 0.0
    steady: bool = False


Request = Read | Identify | Write
"""What goes to a device and comes back as an event."""

Command = Request | Publish | Notice | Wake
Commands = tuple[Command, ...]
