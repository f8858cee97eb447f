"""`fabctl rollout promote`."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from fabctl.asking import ASKING, Asking
from fabctl.commands.acting import Answer
from fabctl.commands.rollout import words
from fabctl.commands.rollout.saying import NothingToSay, Speech, Timeout, Wait, Word, say
from fabctl.errors import Unhandled
from fabctl.marks import PROMOTE
from fabctl.names import ROLLOUT, WORKLOAD, Kind
from fabctl.options import HERE, Connection, Names
from fabctl.render import Section
from fabctl.render.waves import wave_said
from fabctl.rollouts import AT_REST, GIVEN_UP, RolloutView, rollout_view
from fabctl.workloads import workload_view


async def promote(
    name: Names,
    /,
    *,
    full: Annotated[bool, Parameter(negative="")] = False,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Let a rollout go on that waits behind a wave, or at a step, for somebody's word; --full skips all that is left.

    The word names revision and wave, or step, as they are shown: for anything else it is none.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        full: Skip all that is left, whatever waves, steps, pauses and analyses there are: for emergencies.
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    make, of_workload = (_all_that_is_left, words.promote_full) if full else (_next, words.promote)
    speeches: dict[Kind, Speech[Any]] = {
        ROLLOUT: Speech(rollout_view, lambda rollout, _: make(rollout)),
        WORKLOAD: Speech(workload_view, lambda rollout, _: of_workload(rollout)),
    }
    return await say(name, speeches, asking, connection, timeout if wait else None)


def _next(rollout: RolloutView) -> Word[RolloutView]:
    _check(rollout)
    if rollout.phase != "Paused" or not rollout.wave:
        yes = f": fabctl rollout approve {rollout.name}" if rollout.waits_for_a_yes else ""
        raise NothingToSay(f"no wave waits for a promotion, it is {rollout.phase}{yes}")
    following = rollout.plan.of(rollout.wave + 1) if rollout.plan else None
    shown = (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Revision", rollout.revision),
        ("Waits behind", f"wave {rollout.wave} of {rollout.waves}: {rollout.paused_for or rollout.message}"),
        ("Then", wave_said(following) if following else "no wave is left"),
    )
    what = f"wave {rollout.wave} of {rollout.waves} of {rollout.namespace}/{rollout.name}"
    return _word(rollout, str(rollout.wave), shown, f"Go on behind {what}", "")


def _all_that_is_left(rollout: RolloutView) -> Word[RolloutView]:
    _check(rollout)
    left = max(0, rollout.members["total"] - rollout.members["released"])
    shown = (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Revision", rollout.revision),
        ("Stands in", f"{rollout.phase}, wave {rollout.wave} of {rollout.waves}"),
        ("Then", f"all {left} PLCs that are left are released, without waves, bakes and analyses"),
    )
    question = f"Release all {left} PLCs that are left of {rollout.namespace}/{rollout.name}"
    return _word(rollout, "full", shown, question, " --full")


def _check(rollout: RolloutView) -> None:
    """Refuse one that cannot go on by a promotion.

    Raises:
        NothingToSay: There is nothing to go on with.
        Unhandled: Something else has to be done first.
    """
    if rollout.phase in AT_REST or not rollout.revision:
        raise NothingToSay("nothing is under way")
    if rollout.phase in GIVEN_UP:
        then = "change Git" if rollout.phase == "Restoring" else f"fabctl rollout retry {rollout.name}"
        raise Unhandled(f"{rollout.name}: it was given up, and is {rollout.phase}: {then}")
    if rollout.is_paused or (rollout.phase == "Paused" and rollout.paused_by == "Asked"):
        how = "set spec.paused to false in Git" if rollout.paused_by_git else f"fabctl rollout resume {rollout.name}"
        raise Unhandled(f"{rollout.name}: it is paused: {how}")


def _word(
    rollout: RolloutView, what: str, shown: tuple[tuple[str, str], ...], question: str, flag: str
) -> Word[RolloutView]:
    said = f"{rollout.revision}/{what}"

    def answer(now: RolloutView) -> Answer | None:
        if now.revision != rollout.revision:
            return Answer(f"Git wants something else by now, revision {now.revision}; look again", fine=False)
        if now.phase in GIVEN_UP:
            return Answer(f"it was given up: {now.message or now.phase}", fine=False)
        if now.promoted == said:
            return Answer(f"promoted, {now.phase}: {now.message}")
        late = f"it came too late, it is {now.phase}: fabctl rollout history {now.name}"
        return Answer(late, fine=False) if now.has_heard(PROMOTE, said) else None

    return Word(
        {PROMOTE: said},
        (Section("", shown),),
        question,
        f"{rollout.name}: nothing was promoted",
        f"fabctl rollout promote {rollout.name}{flag}",
        "asked to go on",
        answer,
    )
