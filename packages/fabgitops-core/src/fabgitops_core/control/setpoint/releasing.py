"""RELEASING, BAKING, ANALYSING: a wave is let go, proven, watched, and judged."""

from fabgitops_core.api.setpoint.status import PausedBy, Phase
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import analysing as judged
from fabgitops_core.control.setpoint import failing, moving, permitting, words
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.freezing import frozen
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.situations import FROZEN


def releasing(look: Look) -> Move:
    """Let members of the wave go, as many at once as may be, until all of them are proven."""
    if move := failing.held_up(look):
        return move
    if not look.view.waits.count:
        return _proven(look)
    if why := look.state.asked_to_pause:
        return moving.pause(look, PausedBy.ASKED, why, Phase.RELEASING)
    if closed := frozen(look):
        state = look.state
        if state.status.paused_since is None:
            state = decided(state, look.at, closed.why, "Frozen", "no PLC is released until that ends")
            state = state.with_status(paused_since=second(look.at))
        return Move(state, f"{_progress(look)}; {closed.why}", wake=closed.left, situation=FROZEN)
    if look.state.status.paused_since is not None:
        return Move(moving.moved_on(look.state, look.at), again=True)
    if failure := failing.late(look):
        return failing.failed(look, failure)
    room = look.spec.max_parallel - look.view.under_way
    giving = permitting.released(look, look.view.ready, room, look.state.status.round)
    left = look.deadline_in()
    return Move(look.state, _progress(look), giving=giving, wake=left if left > 0 else None)


def _proven(look: Look) -> Move:
    """Go on from a wave of which every member is proven, or passed over."""
    if look.state.is_full:
        return _onward(look, "promoted to the end", "Promoted")
    if not look.view.here:
        return _onward(look, "no PLC of it was released in this round", "NothingToDo")
    return moving.bake(look)


def baking(look: Look) -> Move:
    """Watch a wave that is proven; at the end of its time all that was released must hold."""
    if move := failing.held_up(look):
        return move
    if failure := failing.restless(look):
        return failing.failed(look, failure)
    if look.state.is_full:
        return _onward(look, "promoted to the end", "Promoted")
    if why := look.state.asked_to_pause:
        return moving.pause(look, PausedBy.ASKED, why, Phase.BAKING)
    since = look.seconds_since(look.state.status.baking_since)
    left = look.wave.bake_seconds - since
    if left > 0:
        return Move(look.state, f"{_wave(look)} is proven, and bakes {look.wave.bake_seconds} s", wake=left)
    if look.view.unsettled.count:
        wake = left + look.spec.deadline_seconds
        return Move(look.state, f"{_wave(look)} has baked, and waits for {look.view.unsettled}", wake=wake)
    return moving.analyse(look) if look.wave.analysis else baked(look)


def analysing(look: Look) -> Move:
    """Judge a wave that has baked once more; what does not end within the deadline has ended as it stands then.

    One whose analysis was taken out of the spec before it was begun, as in a retry, goes on without.
    """
    if move := failing.held_up(look):
        return move
    if look.state.is_full or judged.passed(look):
        return _onward(look, "promoted to the end", "Promoted") if look.state.is_full else baked(look)
    if why := look.state.asked_to_pause:
        return moving.pause(look, PausedBy.ASKED, why, Phase.ANALYSING)
    wave = look.state.status.wave
    if (status := judged.of(look.state, wave)) is None:
        begun = judged.begun(look, look.state, wave)
        return Move(begun, again=True) if begun is not look.state else baked(look)
    left = look.spec.deadline_seconds - look.seconds_since(status.started_at)
    if left <= 0:
        return Move(judged.concluded(look, look.state, wave), again=True)
    return Move(look.state, f"{_wave(look)} has baked, and is analysed", wake=left)


def baked(look: Look) -> Move:
    """Go on from a wave that has baked: it may end with a pause."""
    if move := _ended(look):
        return move
    pause = look.wave.pause
    if pause is None:
        return moving.onward(look, "it was proven, and has held", "WaveDone")
    if words.promoted(look):
        return moving.onward(words.promote(look), "promoted before its pause", "Promoted")
    how = f"{pause.duration_seconds} s" if pause.duration_seconds else "until it is promoted"
    return moving.pause(look, PausedBy.WAVE, f"{_wave(look)} is done, and is followed by a pause: {how}", Phase.BAKING)


def _ended(look: Look) -> Move | None:
    """Return what follows where the analysis of the whole change ends with its last wave; None where nothing does."""
    if not look.is_last or (state := judged.concluded(look, look.state, judged.WHOLE)) is look.state:
        return None
    return Move(state, again=True)


def _onward(look: Look, given: str, rule: str) -> Move:
    """Go on to the next wave, or end the change and its analysis."""
    return _ended(look) or moving.onward(look, given, rule)


def _wave(look: Look) -> str:
    return f"wave {look.state.status.wave} of {len(look.waves)}"


def _progress(look: Look) -> str:
    view = look.view
    return f"{_wave(look)}: {view.waits.count} PLCs to go; waits for {view.waits}"
