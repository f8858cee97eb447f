"""RESTORING and ABORTED: what was released in this round is put back, last first, to what was read there before.

No freeze window and no pause stops that; the guards of each PLC do, and it is said of whom. What is not back when the
deadline has passed goes back as soon as it can, for it has its permit.
"""

from fabgitops_core.control.setpoint import moving, permitting
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.member import RESTORE
from fabgitops_core.control.setpoint.planning import begin
from fabgitops_core.control.setpoint.revision import CHANGED


def restoring(look: Look) -> Move:
    """Put back the next ones; end when all are back, or the deadline has passed."""
    view = look.view
    on_the_way = sum(each.permit.endswith(RESTORE) and not each.refused for each in look.state.given.values())
    over = look.deadline_in() <= 0
    giving = permitting.restored(look, look.spec.max_parallel - (0 if over else view.going_back + on_the_way))
    left = permitting.not_back(look)
    if left.count == view.asleep.count:
        return moving.abort(look, str(left) if left.count else "")
    if over and not giving:
        return moving.abort(look, str(left))
    note = f"{look.state.status.cause}: {left.count} PLCs are to be put back; waits for {left}"
    return Move(look.state, note, giving=giving, wake=max(look.deadline_in(), 1.0))


def aborted(look: Look) -> Move:
    """Hold what was put back, until Git changes; who turns out to have been released is put back as well."""
    state, view = look.state, look.view
    if look.git.changed or state.status.fingerprint == CHANGED:
        if view.needs:
            return begin(state.with_status(fingerprint=look.git.fingerprint), look, "Git has changed")
        return moving.watch(look, "Git wants what the PLCs hold")
    giving = permitting.restored(look, look.spec.max_parallel)
    left = permitting.not_back(look)
    more = f"; not back yet: {left}" if left.count else ""
    note = f"revision {state.status.rejected} was given up: {state.status.cause}{more}"
    return Move(state, note, giving=giving)
