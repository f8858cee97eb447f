"""Is what goes before it there? A Secret that could not be had is asked for again after a growing pause."""

from fabgitops_core.control.events import Event
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.guards.guard import Snapshot
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState, awaited, under_way, with_memory
from fabgitops_core.control.plc.troubles import again

SECRETS = "secrets"


def by_secrets(seen: Snapshot, point: Point) -> Hold | None:
    """Hold what needs a value of a Secret that could not be had a moment ago; a sync asks for it once more, at once."""
    memory = seen.state.memory
    missing = memory.sealed.get(point.name) if memory.sealed else None
    if missing is None or (seen.state.serving is not None and memory.awaiting is None):
        return None
    wait = missing.wait(seen.at)
    return Hold(HoldReason.SECRET, missing.message, wait) if wait > 0 else None


def sealed(state: PlcState, hold: Hold, event: Event) -> PlcState:
    """Note that the write under way needs what could not be had; a sync that the pass answers waits for it."""
    known = state.memory.sealed
    if state.serving is not None:
        state = with_memory(state, awaiting=awaited(state))
    now = {each.name: again(known.get(each.name), at_hand.HELD, hold.message, event) for each in under_way(state)}
    return with_memory(state, sealed={**known, **now})


def opened(state: PlcState) -> PlcState:
    """Note that the write under way went out, or may have: all that it needs is there."""
    if not state.memory.sealed:
        return state
    names = {each.name for each in under_way(state)}
    left = {name: missing for name, missing in state.memory.sealed.items() if name not in names}
    return with_memory(state, sealed=left)
