"""A write with what goes before and after it: one step, which is over when the last of them is confirmed."""

from collections.abc import Iterator
from dataclasses import dataclass

from fabgitops_core.engine.device_errors import (
    ConnectionLost,
    DeviceError,
    OutcomeUnknown,
    Refused,
    Unfinished,
    Withdrawn,
)
from fabgitops_core.engine.ports import Beside
from fabgitops_core.modbus.frames.request import Request
from fabgitops_core.modbus.frames.writes import write_request
from fabgitops_core.modbus.line import Wanted

_Write = Request[tuple[()]]


@dataclass(frozen=True, slots=True)
class Writes:
    """The requests of one step; `still` is asked before those that go after the write itself."""

    main: _Write
    before: tuple[_Write, ...] = ()
    after: tuple[_Write, ...] = ()
    still: Wanted | None = None

    def in_order(self, wanted: Wanted) -> Iterator[tuple[_Write, Wanted | None]]:
        """Yield them in their order, each with what is asked right before it is sent."""
        for each in (*self.before, self.main):
            yield each, wanted
        for each in self.after:
            yield each, self.still

    def told(self, error: DeviceError, index: int, unbound: bool) -> DeviceError:
        """Return what a failure of one of them, by its place in the order, says of the whole step.

        Args:
            error: What became of that one.
            index: Its place.
            unbound: Whether the step could have begun on any connection, so that one that is gone says nothing of who
                stands there.
        """
        main = len(self.before)
        if index > main:
            field = f"write.after[{index - main - 1}]"
            return Unfinished(f"it was written, but not all that must follow it: {field}: {error}")
        gone = isinstance(error, Withdrawn) and bool(error.why) and unbound and index > 0
        if index < main:
            error.maybe_done = False
            if isinstance(error, Refused | OutcomeUnknown):
                error.args = (f"not written, as what must go before it failed: write.before[{index}]: {error}",)
        if not gone:
            return error
        lost = ConnectionLost(f"not written, as {self.main.who} closed the connection after write.before[{index - 1}]")
        lost.maybe_done = False
        return lost


def writes_of(main: _Write, beside: Beside | None) -> Writes:
    """Return the requests of a write and of what goes with it.

    Raises:
        ValueError: One of them cannot be.
    """
    if beside is None:
        return Writes(main)
    before, after = (tuple(write_request(each) for each in some) for some in (beside.before, beside.after))
    return Writes(main, before, after, beside.wanted)
