"""What a guard is: a pure function over what is known at one moment, and a register that is not as Git wants it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fabgitops_core.control.holding import Hold
from fabgitops_core.control.neighbours import ALONE, Outside
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


class Snapshot(NamedTuple):
    """What is known of a resource with a valid spec at one moment.

    `at` is the time of day, `outside` what is known beside the state. `said` keeps what a guard has found out that is
    the same for all registers.
    """

    state: PlcState
    at: datetime
    outside: Outside = ALONE
    said: dict[str, Hold | None] | None = None


def snapshot(state: PlcState, at: datetime, outside: Outside | None = None) -> Snapshot:
    """Return what is known at a moment; without `outside`, of that what was known as the pass began."""
    return Snapshot(state, at, outside or Outside(state.going.neighbours), {})


Guard = Callable[[Snapshot, Point], Hold | None]
"""Returns what speaks against writing a register now, or None: that it may be written."""
