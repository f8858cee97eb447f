"""First contact: nothing is written before a device answered for its whole map, nor while it refuses much of it.

A map whose numbers are off by one throughout looks like this: nearly everything is refused, and what is not is the
neighbour of what was meant. Whoever corrects that neighbour overwrites what nobody named.
"""

from collections.abc import Sequence
from dataclasses import replace

from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.sharing import shared
from fabgitops_core.control.plc.situations import Situation
from fabgitops_core.control.plc.state import PlcState, with_memory

_UNANSWERED = {Finding.LOST, Finding.BUSY}


def met(state: PlcState, found: Sequence[Judgement]) -> PlcState:
    """Note which registers were answered by now, with a value or a refusal, and what that keeps us from."""
    known = state.memory.answered
    fresh = {each.point.name for each in found if each.finding not in _UNANSWERED and each.point.name not in known}
    if fresh:
        state = with_memory(state, answered=shared(known | fresh))
    barred = _refused(state, found) or _unanswered(state, found)
    return state._replace(going=replace(state.going, barred=barred)) if barred != state.going.barred else state


def still_answered(names: frozenset[str], before: DeviceMap, now: DeviceMap) -> frozenset[str]:
    """Return for which registers of a changed map the device has answered: those that are where they were."""
    places = {point.name: point.place for point in before.points}
    return names & {point.name for point in now.points if places.get(point.name) == point.place}


def _unanswered(state: PlcState, found: Sequence[Judgement]) -> tuple[Situation, str] | None:
    silent = [each.point for each in found if each.point.name not in state.memory.answered]
    if not silent:
        return None
    more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
    return at_hand.HELD, f"the device has not answered yet for {silent[0].label}{more}, and the map may be wrong"


def _refused(state: PlcState, found: Sequence[Judgement]) -> tuple[Situation, str] | None:
    """Say that too much of the map is refused; of one register nobody could write another by mistake."""
    read = {at for batch, _ in state.going.read for at in batch.points}
    refused = [each for at, each in enumerate(found) if each.finding is Finding.REFUSED and at not in read]
    most = state.map.max_refused_percent
    if len(found) == 1 or len(refused) * 100 <= len(found) * most:
        return None
    told = (
        f"{len(refused)} of {len(found)} registers are refused, so nothing is written: "
        "are your numbers counted from 1? "
        "address counts from 0 as on the wire, reference from 1 (reference 40001 is address 0); "
        f"where the device has no more than this, raise connection.maxRefusedPercent ({most}). "
        f"The first says: {refused[0].message}"
    )
    return at_hand.DEVICE_EXCEPTION, told
