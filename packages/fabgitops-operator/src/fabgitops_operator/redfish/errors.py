"""Why a BMC was asked in vain, split by what is known afterwards."""

from fabgitops_core.control.events import Failure, FailureKind


class RedfishError(Exception):
    """A request that did not succeed; its text is one sentence for the user, the same for the same cause."""

    kind = FailureKind.UNREACHABLE
    maybe_done = False
    """Whether an action may have been carried out all the same."""

    @property
    def failure(self) -> Failure:
        """Return what a controller is told."""
        return Failure(self.kind, str(self))


class Unreached(RedfishError):
    """There is no connection, or nothing to make one with: nothing was sent."""


class OutOfBounds(Unreached):
    """Nothing may be connected to where it is; it had no part in that."""


class Unanswered(RedfishError):
    """Something was sent, and no whole answer came."""

    maybe_done = True


class Garbled(RedfishError):
    """What came is no answer of Redfish, or more than is read."""

    kind = FailureKind.REFUSED_FOR_NOW
    maybe_done = True


class Misled(Garbled):
    """A link leads nowhere, or to another host: nothing was sent there."""

    kind = FailureKind.REFUSED_FOR_GOOD
    maybe_done = False


class Refused(RedfishError):
    """The BMC answered that it does not do it, with this HTTP status; of 5xx nobody knows how far it came."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        for_now = status >= 500 or status in {408, 409, 412, 423, 429}
        self.kind = FailureKind.REFUSED_FOR_NOW if for_now else FailureKind.REFUSED_FOR_GOOD
        self.maybe_done = status >= 500 and status != 501


class Denied(Refused):
    """It does not let us in (401)."""
