"""What is to be agreed to: all that no other guard holds."""

from collections.abc import Sequence
from datetime import datetime

from fabgitops_core.control.plc.approving import adopted, proposed
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.guards.table import CONSENT, held_by
from fabgitops_core.control.plc.judging import Judgement, to_be_written
from fabgitops_core.control.plc.state import PlcState, forced_for


def asked(state: PlcState, found: Sequence[Judgement], at: datetime) -> PlcState:
    """Note what the pass would write with a yes, and whether there is one, where the spec says that it takes one."""
    if state.spec is None or not state.spec.asks:
        return state
    seen = Snapshot(state, at)
    free = [
        place
        for place, each in enumerate(found)
        if to_be_written(each, forced_for(state, each.point)) and held_by(seen, each.point, but=CONSENT) is None
    ]
    return adopted(proposed(state, found, free), at)
