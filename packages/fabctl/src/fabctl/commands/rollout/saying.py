"""What promote, abort, retry and approve share: a word to one rollout, shown and asked for before it is said."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out
from fabctl.errors import Late, Unhandled
from fabctl.names import ROLLOUT, named
from fabctl.options import Connection
from fabctl.render import show_sections
from fabctl.render.shapes import print_line
from fabctl.rollouts import PENDING, UPDATING, RolloutView, rollout_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from fabctl.cluster.client import Cluster
    from fabctl.commands.acting import Annotations
    from fabctl.render import Section

Wait = Annotated[bool, Parameter(negative="--no-wait", help="Wait until the operator has heard of it.")]
Timeout = Annotated[float, Parameter(validator=Number(gt=0), help="Seconds to wait for the operator.")]


FORGET_SECS = 30.0
"""How long the operator may take to forget a word that is said once more."""


class NothingToSay(Exception):
    """There is nothing to be said to a rollout as it stands; the text says why."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, of just what stands there now."""

    annotations: Annotations
    shown: tuple[Section, ...]
    """What would come of it."""
    question: str
    """Without its question mark."""
    undone: str
    command: str
    asked: str
    """What is said where nobody waits, as in "asked to be given up"."""
    answer: Callable[[RolloutView], Answer | None]
    """What the rollout says of it, None while it says nothing of it yet."""


async def say(
    name: str,
    make: Callable[[RolloutView, str], Word],
    asking: Asking,
    connection: Connection,
    timeout: float | None,
    *,
    signed: bool = False,
) -> int:
    """Show what comes of a word, ask, say it if nothing has changed meanwhile, and wait until it is heard.

    Args:
        name: The rollout as it was typed.
        make: Told how it stands and, where it is signed, who asks, the word.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster.
        timeout: Seconds to wait for the operator; None: not at all.
        signed: Whether the word says who says it.

    Raises:
        Unhandled: It cannot be said now, or what it is about changed while somebody looked.
    """
    (wanted,) = named((name,), ROLLOUT)
    async with connected(connection) as cluster:
        user = await cluster.user() if signed else ""
        before = await _looked_at(cluster, wanted)
        try:
            word = make(before, user)
        except NothingToSay as why:
            print_line(f"{wanted}: {why}")
            return 0
        show_sections(list(word.shown))
        if (code := asking.declined(Deed(word.question, word.undone, word.command))) is not None:
            return code
        _check_unchanged(await _looked_at(cluster, wanted), before, word, make, user)
        await _take_back(cluster, before, word)
        act = Act(
            {before.key: word.annotations},
            word.asked,
            lambda _, body: word.answer(rollout_view(body)),
            ROLLOUT,
            {before.key: before.uid},
        )
        return await carry_out(cluster, act, before.namespace, timeout)


async def _looked_at(cluster: Cluster, name: str) -> RolloutView:
    found = rollout_view(await cluster.get(name, ROLLOUT))
    if found.phase in {PENDING, UPDATING}:
        raise Unhandled(f"{name}: the operator has not looked at it since it changed; try again in a moment")
    return found


async def _take_back(cluster: Cluster, rollout: RolloutView, word: Word) -> None:
    """Take away a word that stands there and was heard: said once more it is a new one only when it was away.

    Raises:
        Late: The operator does not hear that it is away.
    """
    old = {
        name: value
        for name, value in word.annotations.items()
        if value is not None and rollout.said.get(name) == value and rollout.has_heard(name, value)
    }
    if not old:
        return
    await cluster.annotate(rollout.key, dict.fromkeys(old), ROLLOUT, rollout.uid)
    try:
        async with (
            asyncio.timeout(FORGET_SECS),
            aclosing(cluster.follow(rollout.namespace, {rollout.key}, rollout.name, ROLLOUT)) as changes,
        ):
            async for _, body in changes:
                if body is None or not any(rollout_view(body).has_heard(*each) for each in old.items()):
                    return
    except TimeoutError:
        raise Late(f"{rollout.name}: the operator did not answer within {FORGET_SECS:g} s: is it running?") from None


def _check_unchanged(
    now: RolloutView, before: RolloutView, word: Word, make: Callable[[RolloutView, str], Word], user: str
) -> None:
    """Refuse a word that would be another one by now.

    Raises:
        Unhandled: It would be.
    """
    try:
        same = now.uid == before.uid and make(now, user).annotations == word.annotations
    except (NothingToSay, Unhandled):
        same = False
    if not same:
        raise Unhandled(
            f"{now.name}: it changed while you looked at it, now it is {now.phase}, wave {now.wave} of {now.waves}: "
            "nothing was said; look again"
        )
