"""The guards in the order in which they are asked: the first that holds a register is the one that people are told of.

They are asked when it is decided what a pass writes, before each of its writes, and right before the bytes go out. What
is not of one resource alone, as a Lease that is lost, is asked by the engine beside them (`engine.holds`).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from fabgitops_core.control.holding import Hold
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.plc.guards.adoption import by_adoption
from fabgitops_core.control.plc.guards.answers import by_answers
from fabgitops_core.control.plc.guards.approval import by_approval
from fabgitops_core.control.plc.guards.budget import by_budget
from fabgitops_core.control.plc.guards.confirming import by_confirming
from fabgitops_core.control.plc.guards.conflict import by_conflict
from fabgitops_core.control.plc.guards.cooldown import by_cooldown
from fabgitops_core.control.plc.guards.fight import by_fight
from fabgitops_core.control.plc.guards.group import by_group
from fabgitops_core.control.plc.guards.guard import Guard, Snapshot, snapshot
from fabgitops_core.control.plc.guards.identity import by_identity
from fabgitops_core.control.plc.guards.interlocks import by_interlocks
from fabgitops_core.control.plc.guards.mode import by_mode
from fabgitops_core.control.plc.guards.ramp import by_ramp
from fabgitops_core.control.plc.guards.release import by_release
from fabgitops_core.control.plc.guards.scale import by_scale
from fabgitops_core.control.plc.guards.secrets import by_secrets
from fabgitops_core.control.plc.guards.settling import by_settling
from fabgitops_core.control.plc.guards.windows import by_windows
from fabgitops_core.control.plc.judging import to_be_written
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState, forced, forced_for

GUARDS: tuple[tuple[str, Guard], ...] = (
    ("mode", by_mode),
    ("adoption", by_adoption),
    ("release", by_release),
    ("settling", by_settling),
    ("conflict", by_conflict),
    ("identity", by_identity),
    ("answers", by_answers),
    ("confirming", by_confirming),
    ("cooldown", by_cooldown),
    ("interlocks", by_interlocks),
    ("windows", by_windows),
    ("budget", by_budget),
    ("fight", by_fight),
    ("approval", by_approval),
    ("ramp", by_ramp),
    ("scale", by_scale),
    ("group", by_group),
    ("secrets", by_secrets),
)


CONSENT = frozenset({"adoption", "approval"})
"""The guards that wait for somebody's yes."""


def held_by(seen: Snapshot, point: Point, but: Collection[str] = ()) -> Hold | None:
    """Return what speaks first against writing a register, or None: that it may be written.

    What speaks against one of a group speaks against all of it.

    Args:
        seen: What is known now.
        point: The register.
        but: Which guards are not asked.
    """
    hold = _held_alone(seen, point, but)
    return _held_together(seen, point, but) if hold is None and point.group else hold


def _held_alone(seen: Snapshot, point: Point, but: Collection[str]) -> Hold | None:
    for name, guard in GUARDS:
        if name not in but and (hold := guard(seen, point)):
            return hold.by(name)
    return None


def _held_together(seen: Snapshot, point: Point, but: Collection[str]) -> Hold | None:
    """Return what speaks first against writing a group, found out once for all of it."""
    said = {} if seen.said is None else seen.said
    key = " ".join(("group", point.group, *sorted(but)))
    if key not in said:
        points = seen.state.map.points
        holds = (_held_alone(seen, points[at], but) for at in seen.state.map.whole((point.at,)))
        hold = next((each for each in holds if each), None)
        said[key] = None if hold is None else replace(hold, message=f"{hold.message}; {_as_one(point)}")
    return said[key]


def _as_one(point: Point) -> str:
    return f"group {point.group} is written as one"


def may_write(seen: Snapshot, point: Point) -> bool:
    """Return whether drift of a register is ours to correct, now."""
    spec = seen.state.spec
    return spec is not None and not spec.suspend and point.wanted is not None and held_by(seen, point) is None


def hold_of(state: PlcState, points: Iterable[Point], at: datetime, outside: Outside) -> Hold | None:
    """Return what speaks first against a write of registers that is about to go out, and lets it wait."""
    seen = snapshot(state, at, outside)
    holds = (held_by(seen, point) for point in points)
    return next((hold for hold in holds if hold and hold.waiting), None)


def holds_of(state: PlcState, at: datetime) -> tuple[tuple[int, Hold], ...]:
    """Return what of the pass under way would be written but for a guard, by place in the map, and which holds it.

    What is going to be written is asked when its turn comes: else each of many writes would ask for all that follow.
    """
    seen, going = snapshot(state, at), state.going
    coming = {place for each in going.changes for place in each.points}
    force = forced(state)
    wrong = (
        (place, each.point)
        for place, each in enumerate(going.found)
        if place not in coming
        and to_be_written(each, force and forced_for(state, each.point) and each.point.name not in going.written)
    )
    return tuple((place, hold) for place, point in wrong if (hold := held_by(seen, point)))


def soonest(holds: Iterable[tuple[int, Hold]]) -> float:
    """Return in how many seconds at the latest one of these may be over; infinite where time alone ends none."""
    return min((hold.again for _, hold in holds if hold.waiting), default=float("inf"))
