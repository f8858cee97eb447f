"""PAUSED: it waits for somebody's word, or for the time of a pause; what was released is watched on."""

from fabgitops_core.api.setpoint.setpointrollout import FailurePolicy
from fabgitops_core.api.setpoint.status import PausedBy, Phase
from fabgitops_core.control.setpoint import failing, moving, words
from fabgitops_core.control.setpoint.look import Look, Move


def paused(look: Look) -> Move:
    """Wait; a failure counts all the same, unless it is what is waited for."""
    by = look.state.status.paused_by
    if look.state.status.wave and (move := _watched(look)):
        return move
    if by is PausedBy.ASKED:
        return _asked(look)
    if words.promoted(look):
        return _promoted(words.promote(look))
    if by is PausedBy.WAVE and (pause := look.wave.pause) is None:
        return moving.onward(look, "the wave does not end with a pause any more", "PauseOver")
    if by is PausedBy.WAVE and pause and pause.duration_seconds:
        left = pause.duration_seconds - look.seconds_since(look.state.status.paused_since)
        if left <= 0:
            return moving.onward(look, "its pause is over", "PauseOver")
        return Move(look.state, look.state.status.paused_for, wake=left)
    return Move(look.state, _waits(look))


def _watched(look: Look) -> Move | None:
    """Return what follows from what is seen meanwhile, unless it is just that what somebody has to say a word to."""
    by = look.state.status.paused_by
    if by is PausedBy.FAILURE and look.spec.failure_policy is not FailurePolicy.ROLLBACK:
        return None
    if by is not PausedBy.INCONCLUSIVE:
        return failing.held_up(look)
    failure = failing.watched(look)
    return failing.failed(look, failure) if failure else None


def _asked(look: Look) -> Move:
    why = look.state.asked_to_pause
    if why is None:
        return moving.resume(look, "nobody wants it paused any more")
    return Move(look.state, why)


def _promoted(look: Look) -> Move:
    status = look.state.status
    word = f"somebody promoted {status.promoted}"
    if status.paused_by is PausedBy.WAVE:
        return moving.onward(look, word, "Promoted")
    fields = failing.accepting(look) if status.paused_by is PausedBy.INCONCLUSIVE else {}
    return moving.resume(look, word, given_up="", **fields or failing.tolerating(look, status.given_up))


def _waits(look: Look) -> str:
    status = look.state.status
    word = f"promote with {status.revision}/{status.wave}, or abort with {status.revision}"
    return f"{status.paused_for}; {word}" if status.resume_phase is not Phase.PLANNING else status.paused_for
