"""A pass that cannot go on now, for the API server is away or nothing may be sent, is done again later."""

from fabgitops_core.control.commands import Commands, Wake
from fabgitops_core.control.events import Event
from fabgitops_core.control.moments import pause_after
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rack import judging
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.situations import PRUNING, WAITING
from fabgitops_core.control.rack.state import REST, RackState, Stage, Step


def put_off(state: RackState, failure: ObjectFailure, event: Event) -> Step:
    """End a pass that cannot go on now; who is held is woken when that is over."""
    going = state.going
    held = failure.kind is ObjectFailureKind.HELD
    tries = state.tries if held else state.tries + 1
    wake: Commands = () if held else (Wake(max(pause_after(tries), failure.retry_after)),)
    whole = state.stage is Stage.PRUNING and not going.troubles and not going.awaited
    state, said = say(
        state,
        PRUNING if whole else WAITING,
        f"{judging.progress(going)}; {failure.message}",
        event.at,
        up_to_date=judging.up_to_date(going, over=False),
        plcs_in_sync=judging.plcs(going, going.plan) if going.plan else None,
    )
    return state._replace(stage=Stage.IDLE, going=REST, tries=tries), (*said, *wake)
