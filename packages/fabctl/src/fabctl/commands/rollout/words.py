"""Words to a Rollout of a workload: each names the revision that it is about, so that it is for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabctl.commands.acting import Answer
from fabctl.commands.rollout.saying import NothingToSay, Word
from fabctl.errors import Unhandled
from fabctl.letting import stop_of
from fabctl.marks import ABORT, PROMOTE, RETRY
from fabctl.render import Section
from fabctl.render.workloads import head
from fabctl.workloads import WorkloadView

if TYPE_CHECKING:
    from collections.abc import Callable

    from fabctl.render import Pairs


def promote(rollout: WorkloadView) -> Word[WorkloadView]:
    """Return the word that lets one go on that waits."""
    _check_under_way(rollout)
    _check_going(rollout)
    _check_known(rollout)
    if rollout.aborted:
        raise Unhandled(
            f"{rollout.name}: it was given up: fabctl rollout retry {rollout.name}, or promote it with --full"
        )
    if not rollout.pauses:
        raise NothingToSay(f"it waits for nobody, it is {rollout.phase}")
    if (stop := stop_of(rollout)) is None:
        raise Unhandled(f"{rollout.name}: it waits at no step: promote it with --full")
    shown = (("Waits", f"{stop.where}: {rollout.why}"), ("Then", stop.then))
    said = f"{rollout.hash}/{stop.step}"

    def answer(now: WorkloadView) -> Answer | None:
        if (now.step, now.active, now.pauses) != (rollout.step, rollout.active, rollout.pauses) or not now.under_way:
            return Answer(f"goes on, {now.phase}: {now.message}")
        return _too_late(now) if now.has_heard(PROMOTE, said) else None

    question = f"Go on behind {stop.where} of {_which(rollout)}"
    return _word(rollout, {PROMOTE: said}, shown, question, ("promote", "promoted", "asked to go on"), answer)


def promote_full(rollout: WorkloadView) -> Word[WorkloadView]:
    """Return the word that skips all that is left."""
    _check_under_way(rollout)
    _check_going(rollout)
    given_up = "it was given up, and begins again; " if rollout.aborted else ""
    given_up += "the proven version, which is lost, is done without; " if rollout.is_lost else ""
    shown = (
        ("Stands in", ", ".join(filter(None, (rollout.phase, rollout.place, f"weight {rollout.weight}")))),
        ("Then", f"{given_up}it gets everything, without pauses and analyses, and becomes the stable one"),
    )
    said = f"{rollout.hash}/full"

    def answer(now: WorkloadView) -> Answer | None:
        if now.promoted_full or not now.under_way:
            return Answer(f"promoted, {now.phase}: {now.message}")
        return _too_late(now) if now.has_heard(PROMOTE, said) else None

    question = f"Promote revision #{rollout.revision} of {_which(rollout)}, whatever steps and analyses are left"
    named = ("promote --full", "promoted", "asked to skip all that is left")
    return _word(rollout, {PROMOTE: said}, shown, question, named, answer, given_up_matters=False)


def abort(rollout: WorkloadView) -> Word[WorkloadView]:
    """Return the word that gives a revision up."""
    _check_under_way(rollout)
    if rollout.aborted:
        raise NothingToSay(f"it was given up already, and is {rollout.phase}")
    _check_known(rollout)
    shown = (
        ("Stands in", ", ".join(filter(None, (rollout.phase, rollout.place, f"weight {rollout.weight}")))),
        ("Then", f"all requests and pods go back to revision {rollout.stable}; Git goes on wanting the other one"),
    )

    def answer(now: WorkloadView) -> Answer | None:
        if now.aborted:
            return Answer(f"given up, {now.phase}: {now.message}")
        return _too_late(now) if not now.under_way or now.has_heard(ABORT, rollout.hash) else None

    question = f"Give up revision #{rollout.revision} of {_which(rollout)}, and go back to {rollout.stable}"
    named = ("abort", "given up", "asked to be given up")
    return _word(
        rollout,
        {ABORT: rollout.hash, **_taken_back(rollout, PROMOTE)},
        shown,
        question,
        named,
        answer,
        given_up_matters=False,
    )


def retry(rollout: WorkloadView) -> Word[WorkloadView]:
    """Return the word that begins a revision once more."""
    if not rollout.aborted or not rollout.aborted_at:
        raise NothingToSay(f"nothing was given up, it is {rollout.phase}")
    _check_going(rollout)
    _check_known(rollout)
    shown = (
        ("Given up", f"{rollout.aborted_at}: {rollout.cause or rollout.message}"),
        ("Then", "it is begun again with its first step"),
    )
    said = f"{rollout.hash}/{rollout.aborted_at}"

    def answer(now: WorkloadView) -> Answer | None:
        if not now.aborted:
            return Answer(f"begun again, {now.phase}: {now.message}")
        late = now.aborted_at != rollout.aborted_at or now.has_heard(RETRY, said)
        return _too_late(now) if late else None

    question = f"Begin revision #{rollout.revision} of {_which(rollout)} once more"
    named = ("retry", "begun again", "asked to be begun again")
    return _word(
        rollout,
        {RETRY: said, **_taken_back(rollout, PROMOTE, ABORT)},
        shown,
        question,
        named,
        answer,
        given_up_matters=False,
    )


def _word(
    rollout: WorkloadView,
    said: dict[str, str | None],
    shown: Pairs,
    question: str,
    named: tuple[str, str, str],
    answer: Callable[[WorkloadView], Answer | None],
    *,
    given_up_matters: bool = True,
) -> Word[WorkloadView]:
    """Return a word of which whatever else became of the revision meanwhile is told first."""

    def told(now: WorkloadView) -> Answer | None:
        if now.hash != rollout.hash:
            return Answer(f"Git wants something else by now, revision {now.hash}; look again", fine=False)
        if given_up_matters and now.aborted:
            return Answer(f"it was given up: {now.message or now.phase}", fine=False)
        return answer(now)

    command, undone, asked = named
    sections = (Section("", (*head(rollout), *shown)),)
    line = f"fabctl rollout {command} {rollout.name}"
    return Word(said, sections, question, f"{rollout.name}: nothing was {undone}", line, asked, told)


def _taken_back(rollout: WorkloadView, *names: str) -> dict[str, None]:
    """Return that words of before are taken away, which would stand there for what comes now and not count."""
    return dict.fromkeys(name for name in names if name in rollout.said)


def _too_late(now: WorkloadView) -> Answer:
    return Answer(f"it came too late, it is {now.phase}: fabctl rollout history {now.name}", fine=False)


def _which(rollout: WorkloadView) -> str:
    return f"{rollout.namespace}/{rollout.name}"


def _check_under_way(rollout: WorkloadView) -> None:
    if not rollout.under_way:
        first = ", and its first version has nothing to go back to" if rollout.hash and not rollout.stable else ""
        raise NothingToSay(f"nothing is under way, it is {rollout.phase}{first}")


def _check_known(rollout: WorkloadView) -> None:
    """Refuse one whose proven version is lost: nothing goes on by this word, and there is nothing to go back to.

    Raises:
        Unhandled: It is, with what may be done.
    """
    if rollout.is_lost:
        raise Unhandled(f"{rollout.name}: {rollout.message}")


def _check_going(rollout: WorkloadView) -> None:
    """Refuse one that somebody, or Git, has paused.

    Raises:
        Unhandled: It is.
    """
    if rollout.is_paused:
        how = "set spec.paused to false in Git" if rollout.paused_by_git else f"fabctl rollout resume {rollout.name}"
        raise Unhandled(f"{rollout.name}: it is paused: {how}")
