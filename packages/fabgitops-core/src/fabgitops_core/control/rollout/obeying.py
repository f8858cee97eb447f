"""Words of people in annotations: each is carried out once, and only for the revision that it names."""

from collections.abc import Callable, Mapping

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.rollout.marks import SKIP
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import analysing
from fabgitops_core.control.rollout.saying.deciding import brief, decided, noticed
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import contending
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways import bluegreen, settling
from fabgitops_core.control.rollout.ways.aborting import aborted, is_under_way, retried, taken_up
from fabgitops_core.control.rollout.ways.canary import is_at_a_pause, next_step, step_of

MOST_HEARD = 4
FULL = "full"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def obeyed(look: Look, state: RolloutState) -> RolloutState | None:
    """Carry out a word that was not heard yet; None where there is none.

    One that is there no more is forgotten: the same, said again, is a new one.
    """
    said = {"abort": look.words.abort, "promote": look.words.promote, "retry": look.words.retry}
    heard = tuple(each for each in state.status.heard if each in {f"{name}={word}" for name, word in said.items()})
    if heard != state.status.heard:
        return state.with_status(heard=heard)
    for name, word in said.items():
        token = f"{name}={word}"
        if not word or token in state.status.heard:
            continue
        state = state.with_status(heard=(*state.status.heard, token)[-MOST_HEARD:])
        why = _WORDS[name](look, state, word)
        if isinstance(why, RolloutState):
            return why
        return noticed(state, RolloutReason.STALE_WORD, f"{name} {word} changes nothing: {why}")
    return _repeated(look, state, said)


def _repeated(look: Look, state: RolloutState, said: Mapping[str, str]) -> RolloutState | None:
    """Tell of a word that stands there still and would change something again, once for what it would change.

    It counts once. Somebody who says it again by kubectl changes nothing of the object, so nobody could be told then.
    """
    if look.key.kind == ARGO_ROLLOUT.name:
        return None  # a patch of its status is another one each time, and is heard
    for name, word in said.items():
        after = _WORDS[name](look, state, word) if word else ""
        if isinstance(after, str) or _without_decisions(after) == _without_decisions(state):
            continue
        since = (state.status.started_at if name == "abort" else state.status.step_started_at) or look.at
        given = brief(f"{name} {word} stands there still")
        if any((each.rule, each.input) == ("StaleWord", given) and each.at >= since for each in state.status.decisions):
            continue
        outcome = f"it was carried out before, and counts once: take its annotation away, then say it again{_how(name)}"
        return decided(state, look.at, given, "StaleWord", outcome, RolloutReason.STALE_WORD)
    return None


def _without_decisions(state: RolloutState) -> RolloutStatus:
    return state.status.model_copy(update={"decisions": ()})


def _how(name: str) -> str:
    return ", or with the time since when it waits (HASH/STEP/SINCE)" if name == "promote" else ""


def _abort(look: Look, state: RolloutState, word: str) -> RolloutState | str:
    if (why := _other(state, word)) or (why := _nothing(state)):
        return why
    if state.status.abort:
        return "it was given up already"
    if why := holding.lost(look, state):
        return f"{why}: there is nothing to go back to"
    return aborted(look, state, "Abort", "somebody aborted it")


def _promote(look: Look, state: RolloutState, word: str) -> RolloutState | str:
    hash_, step, since = (*word.split("/", 2), "", "")[:3]
    if (why := _other(state, hash_)) or (why := _nothing(state)):
        return why
    if step == FULL and holding.is_lost(look, state):
        return settling.given_up(look, state)
    if step == FULL:
        state = taken_up(state).with_status(
            promote_full=True,
            cause="",
            finished_at=None,
            pause_conditions=(),
            controller_pause=False,
        )
        outcome = "all that is left is skipped"
        return decided(state, look.at, "somebody promoted it", "PromoteFull", outcome, RolloutReason.RESUMED)
    if state.status.abort:
        return "it was given up: retry it, or promote it in full"
    if since not in {"", SKIP, *(each.start_time.strftime(MOMENT) for each in state.status.pause_conditions)}:
        return f"it does not wait since {since} any more"
    if not isinstance(look.way, Canary):
        return bluegreen.promoted(look, state, step)
    if step != str(state.status.current_step_index):
        return f"it is at step {state.status.current_step_index}"
    if not state.status.pause_conditions:
        return _skipped(look, state) if since == SKIP else "it waits for nobody"
    if contending.is_paused(state) and not is_at_a_pause(look, state):
        return contending.resumed(look, state)
    given = "somebody promoted it"
    return analysing.promoted(look, state, given) or next_step(look, state, given, "Promote")


def _skipped(look: Look, state: RolloutState) -> RolloutState | str:
    if step_of(look, state) is None:
        return "all steps are done"
    return next_step(look, state, "somebody skipped it", "Skip")


def _retry(look: Look, state: RolloutState, word: str) -> RolloutState | str:
    hash_, _, at = word.partition("/")
    status = state.status
    if why := _other(state, hash_):
        return why
    if not status.abort or status.aborted_at is None:
        return "it was not given up"
    if at != status.aborted_at.strftime(MOMENT):
        return "it was given up again since"
    return retried(look, state, "somebody retries it")


def _other(state: RolloutState, hash_: str) -> str:
    current = state.status.current_pod_hash
    return "" if hash_ == current else f"revision {current} is on its way"


def _nothing(state: RolloutState) -> str:
    return "" if is_under_way(state) else "nothing is under way"


_WORDS: dict[str, Callable[[Look, RolloutState, str], RolloutState | str]] = {
    "abort": _abort,
    "promote": _promote,
    "retry": _retry,
}
