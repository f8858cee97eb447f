"""How often a drift was seen running: what shows for one reading, and is gone with the next, is not worth a write."""

from collections.abc import Sequence

from fabgitops_core.control.plc.judging import AMISS, Finding, Judgement
from fabgitops_core.control.plc.state import PlcState, with_memory

_UNREADABLE = {Finding.LOST, Finding.REFUSED, Finding.BUSY, Finding.ABSENT}


def confirmed(state: PlcState, found: Sequence[Judgement]) -> PlcState:
    """Count of each register the passes running in which it was not as Git wants it, whatever it held.

    A new episode begins anew, and so does what was away or could not be read in between, be it at the end of a pass.
    """
    if state.spec is None or state.spec.correction.confirm_reads == 1:
        return state
    memory = state.memory
    last = {each.point.name for each in memory.found if each.finding in _UNREADABLE}
    times = {
        each.point.name: 1 if each.drifts or each.point.name in last else memory.confirming.get(each.point.name, 0) + 1
        for each in found
        if each.finding in AMISS
    }
    return with_memory(state, confirming=times)
