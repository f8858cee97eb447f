"""WATCHING and DONE: nothing is under way, until Git wants something else; who was passed over is caught up alone."""

from fabgitops_core.control.setpoint import permitting
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.freezing import frozen
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.planning import begin
from fabgitops_core.control.setpoint.reasons import SetpointReason


def watching(look: Look) -> Move:
    """Plan a change when Git wants something else of somebody who was looked at."""
    if look.view.new:
        return begin(look.state, look, f"Git wants something else of {len(look.view.new)} PLCs")
    unseen = look.view.needs
    more = f"; {unseen} were not looked at yet" if unseen else ""
    return Move(look.state, f"{_held(look)}{more}")


def done(look: Look) -> Move:
    """Catch up who was passed over; whatever else Git wants is a new change, also of a PLC that has come since."""
    left = frozenset(look.view.new)
    new = look.view.needs if look.git.changed else len(left.intersection(look.git.joined))
    if new:
        return begin(look.state, look, f"Git wants something else of {new} PLCs")
    if not left:
        return Move(look.state, _held(look))
    if closed := frozen(look):
        return Move(look.state, f"{_held(look)}; {closed.why}", wake=closed.left)
    if look.state.asked_to_pause is not None:
        return Move(look.state, f"{_held(look)}; {len(left)} are caught up when it is not paused any more")
    ready = [name for name in look.view.ready if name in left]
    state = look.state
    giving = permitting.released(look, ready, look.spec.max_parallel - look.view.under_way, state.status.round)
    if giving:
        names = ", ".join(each.name for each in giving[:3])
        outcome = f"{len(giving)} PLCs that were passed over are caught up: {names}"
        state = decided(state, look.at, "they are back", "CaughtUp", outcome, SetpointReason.CAUGHT_UP)
    return Move(state, f"{_held(look)}; {len(left)} are to be caught up", giving=giving)


def _held(look: Look) -> str:
    counts = look.view.counts
    return f"{counts['released']} of {counts['total']} PLCs hold what Git wants"
