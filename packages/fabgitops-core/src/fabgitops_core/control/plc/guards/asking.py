"""What is to be agreed to: of a new device all that is not as Git wants it, else what no other guard holds."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from fabgitops_core.control.plc.approving import adopted, is_adopted, proposed
from fabgitops_core.control.plc.guards.guard import Snapshot, snapshot
from fabgitops_core.control.plc.guards.table import CONSENT, GUARDS, held_by
from fabgitops_core.control.plc.judging import Judgement, to_be_written
from fabgitops_core.control.plc.ramping import is_on_its_way
from fabgitops_core.control.plc.state import PlcState, forced_for

KNOWING = frozenset({"identity", "answers"})
"""The guards that say that nobody knows yet what device this is: there is nothing to agree to before."""

_PASSING = frozenset(name for name, _ in GUARDS) - KNOWING - {"mode"}
"""The guards that let a write go later: who agrees to a device once agrees to what these hold now, too."""


def asked(state: PlcState, found: Sequence[Judgement], at: datetime) -> PlcState:
    """Note what would be written with a yes, and whether there is one, where the spec says that it takes one."""
    if state.spec is None or not state.spec.asks:
        return state
    on_its_way = frozenset(each.point.name for each in found if is_on_its_way(each))
    state = state._replace(going=replace(state.going, ramping=on_its_way))
    seen = snapshot(state, at)
    if is_adopted(state):
        free = _free(seen, found, CONSENT)
        places = [place for place in free if found[place].point.name not in on_its_way]
        return proposed(state, found, _whole(state, places))
    if any(hold.guard in KNOWING for each in found if (hold := held_by(seen, each.point, but=_PASSING | {"mode"}))):
        return state
    return adopted(proposed(state, found, _whole(state, _free(seen, found, _PASSING))), at)


def _whole(state: PlcState, places: Sequence[int]) -> list[int]:
    """Return what goes out with these as well; what a rollout let nothing go for is no part of a plan yet."""
    return [place for place in state.map.whole(places) if state.map.points[place].wanted is not None]


def _free(seen: Snapshot, found: Sequence[Judgement], but: Collection[str]) -> list[int]:
    """Return what would be written if some guards were not asked, by place in the map."""
    return [
        place
        for place, each in enumerate(found)
        if to_be_written(each, forced_for(seen.state, each.point)) and held_by(seen, each.point, but) is None
    ]
