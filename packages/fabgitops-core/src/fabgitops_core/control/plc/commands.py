"""What is asked of a device; its outcomes are in `events`."""

from dataclasses import dataclass

from fabgitops_core.control.commands import Request
from fabgitops_core.control.plc.requests import Change, ConnectionId, IdentityPlan, ReadPlan


@dataclass(frozen=True, slots=True)
class Read(Request):
    """Read, and tell what came of it; `timeout` in seconds; an urgent one goes before others on its connection.

    It is sent `after` seconds from now; others have the connection meanwhile. With `force` an open circuit is tried.
    """

    plan: ReadPlan
    timeout: float
    urgent: bool = False
    after: float = 0.0
    force: bool = False


@dataclass(frozen=True, slots=True)
class Identify(Request):
    """Ask a device who it is, and tell what came of it; `timeout` in seconds, for each reply."""

    plan: IdentityPlan
    timeout: float


@dataclass(frozen=True, slots=True)
class Write(Request):
    """Write once, and tell what came of it; `timeout` in seconds.

    With `first`, wait a while before it for the status to be stored that was published with it: it is the record of
    this write and of those of the pass that follow. With `over`, write over the connection on which
    the device said who it is, or not at all. `checks` are read before it in the same turn: what they show may yet
    speak against it.
    """

    change: Change
    timeout: float
    first: bool = True
    over: ConnectionId | None = None
    checks: tuple[ReadPlan, ...] = ()


DeviceRequest = Read | Identify | Write
