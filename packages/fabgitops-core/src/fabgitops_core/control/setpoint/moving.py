"""The transitions: each notes what it was decided by, and is made known before anything is done by it."""

from datetime import datetime, timedelta
from typing import Any

from fabgitops_core.api.setpoint.status import PausedBy, Phase
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import analysing
from fabgitops_core.control.setpoint.deciding import brief, decided
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.state import SetpointState
from fabgitops_core.control.setpoint.telling import told

BY_HAND = "Aborted"
"""The rule by which a person gives a revision up."""

_NO_PAUSE: dict[str, Any] = {"paused_by": None, "paused_for": "", "paused_since": None, "resume_phase": None}
_AT_REST: dict[str, Any] = {
    **_NO_PAUSE,
    "wave": 0,
    "wave_started_at": None,
    "baking_since": None,
    "tolerated": 0,
    "tolerated_away": 0,
    "accepted": (),
    "overdue": 0,
    "given_up": "",
    "cause": "",
    "joined": (),
    "skipped": (),
    "promoted": "",
    "analyses": (),
}


def begin_wave(look: Look, state: SetpointState, wave: int) -> Move:
    """Begin a wave."""
    state = state.with_status(
        phase=Phase.RELEASING, wave=wave, wave_started_at=second(look.at), baking_since=None, **_NO_PAUSE
    )
    return Move(state, again=True)


def bake(look: Look) -> Move:
    """Watch a wave that is proven."""
    state = look.state
    seconds = look.wave.bake_seconds
    outcome = f"wave {state.status.wave} is proven, and bakes {seconds} s"
    state = decided(state, look.at, _counted(look), "WaveProven", outcome, SetpointReason.WAVE_PROVEN)
    return Move(state.with_status(phase=Phase.BAKING, baking_since=second(look.at)), again=True)


def analyse(look: Look) -> Move:
    """Judge a wave that has baked by its own analysis."""
    outcome = f"wave {look.state.status.wave} is analysed"
    state = decided(look.state, look.at, "it was proven, and has held", "Analysing", outcome)
    return Move(state.with_status(phase=Phase.ANALYSING), again=True)


def onward(look: Look, given: str, rule: str) -> Move:
    """Go on to the next wave, or end after the last."""
    state = look.state
    wave = state.status.wave
    if look.is_last:
        return done(look, given)
    state = decided(
        state, look.at, given, rule, f"wave {wave} is done, wave {wave + 1} begins", SetpointReason.WAVE_DONE
    )
    state = told(state, Word.PROGRESSED, look.at, text=f"wave {wave} of {len(look.waves)} is done")
    return begin_wave(look, state, wave + 1)


def done(look: Look, given: str) -> Move:
    """End: all that could be were released."""
    state = look.state
    left = look.view.counts["total"] - look.view.counts["released"]
    outcome = "all PLCs hold what Git wants" if not left else f"all PLCs that could be are released, {left} are left"
    state = decided(state, look.at, given, "Done", outcome, SetpointReason.DONE)
    state = told(state, Word.FINISHED_SUCCESS, look.at, wave=0)
    state = state.with_status(
        phase=Phase.DONE, finished_at=second(look.at), wave_started_at=None, baking_since=None, **_NO_PAUSE
    )
    return Move(state, again=True)


def give_up(look: Look, rule: str, cause: str, reason: SetpointReason) -> Move:
    """Give a revision up: what was released in this round is put back, last first.

    One that was not begun has a round of its own: what the round before has released is not touched.
    """
    state, count = look.state, len(look.view.back)
    if state.status.started_at is None:
        state, count = state.with_status(round=state.status.round + 1), 0
    outcome = f"revision {state.status.revision} is given up: {count} PLCs are put back, last first"
    state = decided(state, look.at, cause, rule, outcome, reason)
    state = analysing.dropped(state, look.at)
    state = state.with_status(
        phase=Phase.RESTORING,
        given_up=rule,
        cause=brief(cause),
        wave_started_at=second(look.at),
        baking_since=None,
        **_NO_PAUSE,
    )
    return Move(state, again=True)


def abort(look: Look, left: str) -> Move:
    """End what was given up: it is not released any more, until Git changes or somebody retries."""
    state = look.state
    restored = look.view.counts["restored"]
    outcome = f"revision {state.status.revision} is rejected; {restored} PLCs were put back" + (
        f", not back yet: {left}" if left else ""
    )
    state = decided(state, look.at, state.status.cause, "Rejected", outcome, SetpointReason.ABORTED)
    if restored:
        state = told(state, Word.RESTORED, look.at, wave=0, text=f"{restored} PLCs were put back")
    if state.is_begun:
        word = Word.FINISHED_CANCEL if state.status.given_up == BY_HAND else Word.FINISHED_FAILURE
        state = told(state, word, look.at, wave=0, text=state.status.cause)
    state = state.with_status(phase=Phase.ABORTED, rejected=state.status.revision, finished_at=second(look.at))
    return Move(state, again=True)


def pause(look: Look, by: PausedBy, why: str, resume: Phase, **fields: Any) -> Move:
    """Wait for somebody's word, or for the time of a pause."""
    why = brief(why)
    state = decided(look.state, look.at, why, f"Paused{by.value}", "nothing more is released", SetpointReason.PAUSED)
    if state.is_begun:
        state = told(state, Word.WAITING, look.at, text=why)
    since = state.status.paused_since or second(look.at)
    state = state.with_status(
        phase=Phase.PAUSED, paused_by=by, paused_for=why, paused_since=since, resume_phase=resume, **fields
    )
    return Move(state, again=True)


def resume(look: Look, given: str, **fields: Any) -> Move:
    """Go on where a pause began; the deadline does not count the pause."""
    state = look.state
    phase = state.status.resume_phase or Phase.RELEASING
    outcome = f"it goes on: {phase.value}"
    state = decided(state, look.at, given, "Resumed", outcome, SetpointReason.RESUMED)
    return Move(moved_on(state, look.at).with_status(phase=phase, **{**_NO_PAUSE, **fields}), again=True)


def moved_on(state: SetpointState, at: datetime) -> SetpointState:
    """Move the begin of the wave on by as long as something has kept it."""
    status = state.status
    if status.paused_since is None:
        return state
    kept = max(second(at) - status.paused_since, timedelta())
    began = status.wave_started_at + kept if status.wave_started_at else None
    return state.with_status(wave_started_at=began, paused_since=None)


def watch(look: Look, given: str) -> Move:
    """Be at rest: there is nothing to release."""
    state = decided(look.state, look.at, given, "Withdrawn", "there is nothing to release", SetpointReason.WITHDRAWN)
    state = state.with_status(phase=Phase.WATCHING, plan=None, started_at=None, rejected="", **_AT_REST)
    return Move(state, again=True)


def plan(state: SetpointState, at: datetime, given: str, **fields: Any) -> SetpointState:
    """Begin to plan a change of what Git wants."""
    outcome = "a change is planned, and begins when Git stands still"
    state = decided(state, at, given, "Planning", outcome)
    rest = {**_AT_REST, "wanted_since": second(at), "finished_at": None, "rejected": "", "plan": None}
    return state.with_status(phase=Phase.PLANNING, **{**rest, **fields})


def _counted(look: Look) -> str:
    view = look.view
    more = [f"{view.failed.count} failed", f"{len(view.skipped)} skipped"]
    counts = (view.failed.count, len(view.skipped))
    told = [text for text, count in zip(more, counts, strict=True) if count]
    return ", ".join([f"{view.released} of {len(look.state.fleet.order)} PLCs were released in this round", *told])
