"""What is told to the world of a rollout: it waits in the status, in which the transition stands that it tells of.

What there is to tell follows from how the status was before a move and after it, whatever has moved it: so a revision
has one start and one end, whoever ends it and whenever it is killed.
"""

from collections.abc import Iterator
from datetime import datetime

from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.rollout.status import Pending, Phase, RolloutStatus
from fabgitops_core.codec.texts import cut
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.cdevents.ids import MOST_TEXT, id_of, moment_of
from fabgitops_core.control.cdevents.outbox import put, taken
from fabgitops_core.control.cdevents.words import REPEATED, ServiceWord, Word
from fabgitops_core.control.cdevents.workloads import happening
from fabgitops_core.control.commands import Commands, Emit, Notice
from fabgitops_core.control.events import Emitted
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.shares import weight_of
from fabgitops_core.control.rollout.state import RolloutState, Step, published
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.aborting import is_under_way

BY_HAND = "Abort"
"""The rule by which somebody gives a revision up: that is no failure of it."""

MOST_IMAGES = 10
"""Images of a revision that are told: sixteen entries wait at most, and a pod may have any number of containers."""


def noted(look: Look, before: RolloutState, after: RolloutState) -> RolloutState:
    """Return the state after a move with what is to be told of it in its outbox, and the attempt that it is."""
    after = after.with_status(weight=weight_of(look, after))
    was, now = before.status, after.status
    if now.current_pod_hash != was.current_pod_hash:
        return _begun(look, _superseded(after, was, look.at, "another revision has come"), attempt=1)
    if _is_anew(look, after, was):
        return _begun(look, _superseded(after, was, look.at, "its steps have changed"), attempt=was.attempt + 1)
    if was.abort and not now.abort:
        return _begun(look, _cancelled(after, was, look.at), attempt=was.attempt + 1)
    return _waits(look, _moved(look, after, was), was)


def _begun(look: Look, state: RolloutState, attempt: int) -> RolloutState:
    state = state.with_status(attempt=attempt, accepted=())
    return told(state, Word.STARTED, look.at, images=look.images(look.hash))


def _is_anew(look: Look, state: RolloutState, was: RolloutStatus) -> bool:
    """Return whether a revision begins anew with other steps; one that was begun in this very look does not."""
    if not was.current_step_hash or state.status.current_step_hash == was.current_step_hash:
        return False
    return is_under_way(state) and not was.abort and was.started_at != second(look.at)


def _superseded(state: RolloutState, was: RolloutStatus, at: datetime, why: str) -> RolloutState:
    """Tell of the end of the revision or the attempt before, unless it had ended."""
    state = _cancelled(state, was, at)
    if not was.current_pod_hash or was.finished_at is not None:
        return state
    if was.stable_rs == was.current_pod_hash:
        return told(state, Word.FINISHED_SUCCESS, at, of=was)
    return told(state, Word.FINISHED_CANCEL, at, of=was, text=why)


def _cancelled(state: RolloutState, was: RolloutStatus, at: datetime) -> RolloutState:
    """Tell that analyses are over without a verdict that are not in the status any more."""
    left = {each.wave for each in state.status.analyses}
    for each in _running(was):
        if each.wave not in left:
            state = told(state, Word.ANALYSIS_FINISHED, at, of=was, analysis=each.wave, verdict=each.verdict)
    return state


def _running(status: RolloutStatus) -> Iterator[AnalysisStatus]:
    return (each for each in status.analyses if each.verdict == Verdict.RUNNING)


def _moved(look: Look, state: RolloutState, was: RolloutStatus) -> RolloutState:
    """Tell how far it has come, and how it ends."""
    now, at = state.status, look.at
    if now.abort and not was.abort:
        state = told(state, ServiceWord.ROLLED_BACK, at, images=look.images(now.stable_rs), text=now.cause)
        by_hand = bool(now.decisions) and now.decisions[-1].rule == BY_HAND
        return told(state, Word.FINISHED_CANCEL if by_hand else Word.FINISHED_FAILURE, at, text=now.cause)
    index = now.current_step_index
    if now.stable_rs == now.current_pod_hash != was.stable_rs:
        for word in (ServiceWord.UPGRADED,) if was.stable_rs else (ServiceWord.DEPLOYED, ServiceWord.PUBLISHED):
            state = told(state, word, at, images=look.images(look.hash))
    elif index is not None and was.current_step_index is not None and index == was.current_step_index + 1:
        text = f"step {index} of {len(look.steps)} is done"
        state = told(state, Word.PROGRESSED, at, steps=len(look.steps), text=text)
    if now.finished_at is not None and was.finished_at is None:
        state = told(state, Word.FINISHED_SUCCESS, at)
    return state


def _waits(look: Look, state: RolloutState, was: RolloutStatus) -> RolloutState:
    """Tell that it waits for something more."""
    had = {each.reason for each in was.pause_conditions}
    reasons = [each.reason for each in state.status.pause_conditions if each.reason not in had]
    return told(state, Word.WAITING, look.at, steps=len(look.steps), text=", ".join(reasons)) if reasons else state


def asked_to_wait(state: RolloutState, at: datetime) -> RolloutState:
    """Tell that it waits as somebody has paused it: that stands in its manifest, and in no status but as a phase."""
    now, was = state.status, state.said.phase
    if now.phase is not Phase.PAUSED or was is Phase.PAUSED or now.pause_conditions:
        return state
    return told(state, Word.WAITING, at, text=now.message)


def told(
    state: RolloutState,
    word: Word | ServiceWord,
    at: datetime,
    *,
    of: RolloutStatus | None = None,
    analysis: int | None = None,
    steps: int = 0,
    images: tuple[str, ...] = (),
    verdict: str = "",
    text: str = "",
) -> RolloutState:
    """Note that something is to be told, in the same status as what it tells of.

    Args:
        state: The rollout as it stands after the transition.
        word: What has happened.
        at: When.
        of: Of which status revision, attempt, step and weight are, where not of that of the state.
        analysis: Of which analysis.
        steps: How many steps there are.
        images: The images that the service is made of.
        verdict: What an analysis came to.
        text: Why, or what else there is to say.
    """
    pending = entry(state.uid, of or state.status, word, at)
    more = {
        "analysis": analysis,
        "steps": steps,
        "images": images[:MOST_IMAGES],
        "verdict": verdict,
        "text": cut(text, MOST_TEXT),
    }
    id_ = id_of(pending.id, analysis) if analysis is not None else pending.id
    pending = pending.model_copy(update={**more, "id": id_})
    outbox, untold = put(state.status.outbox, state.status.untold, pending)
    return state.with_status(outbox=outbox, untold=untold)


def entry(uid: str, status: RolloutStatus, word: Word | ServiceWord, at: datetime, text: str = "") -> Pending:
    """Return an entry of the outbox: its id is the same each time for the same transition."""
    moment, step = moment_of(at), status.current_step_index
    names = [uid, status.current_pod_hash, status.revision, status.attempt, word]
    which = [step] if word is Word.PROGRESSED else [moment] if word in REPEATED else []
    return Pending(
        id=id_of(*names, *which),
        type=word,
        at=moment,
        revision=status.current_pod_hash,
        number=status.revision,
        attempt=status.attempt,
        step=step,
        weight=status.weight,
        text=text,
    )


def handed_over(state: RolloutState) -> Step:
    """Tell the bus of what waits longest, once: the status that it stands in is made known by now."""
    outbox = state.said.outbox
    if not outbox or state.emitting == outbox[0].id:
        return state, ()
    return state._replace(emitting=outbox[0].id), (Emit(happening(state.key, state.uid, outbox[0])),)


def emitted(state: RolloutState, event: Emitted) -> Step:
    """Take the news that the bus has something for good, or never will: the next that waits can go."""
    kept = taken(state.status.outbox, event.id)
    if len(kept) == len(state.status.outbox):
        return state, ()
    state = state.with_status(outbox=kept, untold=state.status.untold + bool(event.refused))
    if event.refused:
        lost = Notice(RolloutReason.EVENT_LOST, f"an event is given up: {event.refused}")
        state = state._replace(notices=(*state.notices, lost))
    return published(state._replace(emitting=""), event.at)


def last_words(state: RolloutState, at: datetime) -> Commands:
    """Return what is told of a rollout that is gone: all that waits, and that its revision is over."""
    status = state.status
    waiting = status.outbox[1:] if state.emitting else status.outbox
    if status.current_pod_hash and status.finished_at is None:
        waiting = (*waiting, entry(state.uid, status, Word.FINISHED_CANCEL, at, "the rollout is gone"))
    return tuple(Emit(happening(state.key, state.uid, each)) for each in waiting)
