"""Words of people: each names what it is about, is carried out once, and is told to be stale where it is.

A word is an annotation, which stays there: what was carried out is noted in the status as long as it does.
"""

from dataclasses import replace

from fabgitops_core.api.setpoint.status import PausedBy, Phase
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import analysing, moving
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.state import UNDER_WAY, SetpointState

PROMOTE, ABORT, RETRY = "promote", "abort", "retry"
FULL = "full"

_GOES_ON = UNDER_WAY | {Phase.PLANNING}


def pruned(state: SetpointState) -> SetpointState:
    """Forget words that are not there any more: the same, said again, is a new one."""
    said = {f"{verb} {value}" for verb, value in _spoken(state)}
    heard = tuple(each for each in state.status.heard if each in said)
    return state if heard == state.status.heard else state.with_status(heard=heard)


def followed(look: Look) -> Move | None:
    """Return what follows from a word that is to be carried out now; None where nothing does."""
    state = look.state
    words, status = state.words, state.status
    if _is_new(state, ABORT, words.abort) and words.abort == status.revision and state.phase in _GOES_ON:
        look = _with_heard(look, ABORT, words.abort)
        return moving.give_up(look, moving.BY_HAND, "somebody aborted it", SetpointReason.RESTORING)
    full = words.promote == f"{status.revision}/{FULL}"
    if full and _is_new(state, PROMOTE, words.promote) and state.phase in _GOES_ON:
        return _in_full(_with_heard(look, PROMOTE, words.promote))
    if _is_new(state, RETRY, words.retry) and words.retry == f"{status.revision}/{status.round}":
        return _retried(look)
    return None


def stale(look: Look) -> SetpointState:
    """Say once of each word that is for nothing that it is: it names something that is over, or never was."""
    state = look.state
    for verb, value in _spoken(state):
        if not _is_new(state, verb, value) or _may_come(state, verb, value):
            continue
        status = state.status
        about = f"it stands at revision {status.revision or '-'}, wave {status.wave}, round {status.round}"
        outcome = f"the word {verb} {value} is for nothing that can be done now: {about}, {status.phase.value}"
        quiet = verb == ABORT and value == status.revision
        state = decided(state, look.at, f"{verb} {value}", "StaleWord", outcome, None if quiet else _STALE)
        state = with_heard(state, verb, value)
    return state


_STALE = SetpointReason.STALE_WORD


def promoted(look: Look) -> bool:
    """Return whether somebody ends the wait after the wave that is under way."""
    state = look.state
    return _is_new(state, PROMOTE, state.words.promote) and state.words.promote == _this_wave(state)


def promote(look: Look) -> Look:
    """Note that this wait is ended."""
    word = look.state.words.promote
    look = _with_heard(look, PROMOTE, word)
    return replace(look, state=look.state.with_status(promoted=word))


def too_early(state: SetpointState) -> SetpointState:
    """Take a promotion that was said before something failed for said: it is not about the failure."""
    word = state.words.promote
    return with_heard(state, PROMOTE, word) if word == _this_wave(state) else state


def with_heard(state: SetpointState, verb: str, value: str) -> SetpointState:
    """Note that a word was carried out, or is for nothing."""
    word = f"{verb} {value}"
    kept = tuple(each for each in state.status.heard if not each.startswith(f"{verb} "))
    return state.with_status(heard=(*kept, word))


def _in_full(look: Look) -> Move:
    """Release all that is left, without waves, bakes and pauses."""
    state, word = look.state, look.state.words.promote
    outcome = f"all that is left of revision {state.status.revision} is released at once"
    state = decided(state, look.at, f"somebody promoted {word}", "PromotedInFull", outcome, SetpointReason.PROMOTED)
    state = moving.moved_on(state, look.at).with_status(promoted=word)
    if state.phase is Phase.PLANNING:
        return Move(state, again=True)
    failed = look.view.failed.count
    return moving.begin_wave(look, state.with_status(tolerated=failed, tolerated_away=look.view.gone), len(look.waves))


def _retried(look: Look) -> Move | None:
    """Begin a revision once more that was given up, or the wave that has failed."""
    state, status = look.state, look.state.status
    if state.phase is Phase.ABORTED:
        look = _with_heard(look, RETRY, state.words.retry)
        state = decided(look.state, look.at, "somebody retries it", "Retried", "a new round", SetpointReason.RETRIED)
        return Move(moving.plan(state, look.at, "retry", started_at=None, supersedes=""), again=True)
    if state.phase is Phase.PAUSED and status.paused_by is PausedBy.FAILURE:
        look = _with_heard(look, RETRY, state.words.retry)
        kept = tuple(each for each in status.analyses if each.verdict == Verdict.RUNNING)
        look = replace(look, state=look.state.with_status(analyses=kept))
        if analysing.of(look.state, analysing.WHOLE) is None:
            look = replace(look, state=analysing.begun(look, look.state, analysing.WHOLE))
        move = moving.resume(look, "somebody retries the wave", given_up="", accepted=())
        return move._replace(state=move.state.with_status(wave_started_at=second(look.at)))
    return None


def _spoken(state: SetpointState) -> list[tuple[str, str]]:
    words = state.words
    said = ((PROMOTE, words.promote), (ABORT, words.abort), (RETRY, words.retry))
    return [(verb, value) for verb, value in said if value]


def _is_new(state: SetpointState, verb: str, value: str) -> bool:
    return bool(value) and f"{verb} {value}" not in state.status.heard


def _may_come(state: SetpointState, verb: str, value: str) -> bool:
    """Return whether a promotion is for a wave that is under way, or is still to come."""
    if verb != PROMOTE or state.phase not in UNDER_WAY:
        return False
    revision, _, wave = value.rpartition("/")
    return revision == state.status.revision and wave.isdecimal() and int(wave) >= state.status.wave


def _this_wave(state: SetpointState) -> str:
    return f"{state.status.revision}/{state.status.wave}"


def _with_heard(look: Look, verb: str, value: str) -> Look:
    return replace(look, state=with_heard(look.state, verb, value))
