"""What a guard is: a pure function over what is known at one moment, and a register that is not as Git wants it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fabgitops_core.control.holding import Hold
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


class Snapshot(NamedTuple):
    """What is known of a resource with a valid spec at one moment; `at` is the time of day."""

    state: PlcState
    at: datetime


Guard = Callable[[Snapshot, Point], Hold | None]
"""Returns what speaks against writing a register now, or None: that it may be written."""
