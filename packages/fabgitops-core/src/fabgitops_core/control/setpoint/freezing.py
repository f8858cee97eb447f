"""Freeze windows: no PLC is released in them; what was released is watched on, and put back where it must be."""

from typing import NamedTuple

from fabgitops_core.control.setpoint.look import Look
from fabgitops_core.control.spans import first_open, named, told


class Closed(NamedTuple):
    """Why nothing is released, and for how many seconds."""

    why: str
    left: float


def frozen(look: Look) -> Closed | None:
    """Return which freeze window is open; None while none is."""
    if not look.spec.freeze or (found := first_open(look.spec.freeze, look.at)) is None:
        return None
    span, until = found
    why = f"inside the freeze window {named(span)}, which ends {told(until, span)}"
    return Closed(why, (until - look.at).total_seconds())
