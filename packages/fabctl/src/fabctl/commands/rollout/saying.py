"""What promote, abort, retry and approve share: a word to one rollout, shown and asked for before it is said."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out
from fabctl.commands.rollout.finding import find, meant
from fabctl.errors import Late, Unhandled
from fabctl.options import Connection
from fabctl.render import show_sections
from fabctl.render.shapes import print_line
from fabctl.rollouts import RolloutView
from fabctl.workloads import WorkloadView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fabctl.cluster.client import Cluster
    from fabctl.commands.acting import Annotations
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.render import Section

Wait = Annotated[bool, Parameter(negative="--no-wait", help="Wait until the operator has heard of it.")]
Timeout = Annotated[float, Parameter(validator=Number(gt=0), help="Seconds to wait for the operator.")]


V = TypeVar("V", RolloutView, WorkloadView)

FORGET_SECS = 30.0
"""How long the operator may take to forget a word that is said once more."""


class NothingToSay(Exception):
    """There is nothing to be said to a rollout as it stands; the text says why."""


@dataclass(frozen=True, slots=True)
class Word(Generic[V]):
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
    answer: Callable[[V], Answer | None]
    """What the rollout says of it, None while it says nothing of it yet."""


@dataclass(frozen=True, slots=True)
class Speech(Generic[V]):
    """How a word is made to one kind of rollouts."""

    view: Callable[[Body], V]
    make: Callable[[V, str], Word[V]]
    """Told how it stands and, where it is signed, who asks."""


async def say(
    name: str,
    speeches: Mapping[Kind, Speech[Any]],
    asking: Asking,
    connection: Connection,
    timeout: float | None,
    *,
    signed: bool = False,
    unless: str = "",
) -> int:
    """Show what comes of a word, ask, say it if nothing has changed meanwhile, and wait until it is heard.

    Args:
        name: The rollout as it was typed.
        speeches: How the word is made, by the kind of rollout.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster.
        timeout: Seconds to wait for the operator; None: not at all.
        signed: Whether the word says who says it.
        unless: Why it cannot be said to another kind of rollout.

    Raises:
        Unhandled: It cannot be said now, or what it is about changed while somebody looked.
    """
    wanted = meant(name)
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)
        if kind not in speeches:
            raise Unhandled(f"{wanted[1]} is a {kind.title}: {unless}")
        speech = speeches[kind]
        user = await cluster.user() if signed else ""
        before = _seen(speech, body)
        try:
            word = speech.make(before, user)
        except NothingToSay as why:
            print_line(f"{before.name}: {why}")
            return 0
        show_sections(list(word.shown))
        if (code := asking.declined(Deed(word.question, word.undone, word.command))) is not None:
            return code
        now = _seen(speech, await cluster.get(before.name, kind))
        _check_unchanged(now, before, word, speech, user)
        await _take_back(cluster, kind, speech, before, word)
        act = Act(
            {before.key: word.annotations},
            word.asked,
            lambda _, body: word.answer(speech.view(body)),
            kind,
            {before.key: before.uid},
        )
        return await carry_out(cluster, act, before.namespace, timeout)


def _seen(speech: Speech[V], body: Body) -> V:
    found = speech.view(body)
    if found.is_unseen:
        raise Unhandled(f"{found.name}: the operator has not looked at it since it changed; try again in a moment")
    return found


async def _take_back(cluster: Cluster, kind: Kind, speech: Speech[V], rollout: V, word: Word[V]) -> None:
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
    await cluster.annotate(rollout.key, dict.fromkeys(old), kind, rollout.uid)
    try:
        async with (
            asyncio.timeout(FORGET_SECS),
            aclosing(cluster.follow(rollout.namespace, {rollout.key}, rollout.name, kind)) as changes,
        ):
            async for _, body in changes:
                if body is None or not any(speech.view(body).has_heard(*each) for each in old.items()):
                    return
    except TimeoutError:
        raise Late(f"{rollout.name}: the operator did not answer within {FORGET_SECS:g} s: is it running?") from None


def _check_unchanged(now: V, before: V, word: Word[V], speech: Speech[V], user: str) -> None:
    """Refuse a word that would be another one by now.

    Raises:
        Unhandled: It would be.
    """
    try:
        same = now.uid == before.uid and speech.make(now, user).annotations == word.annotations
    except (NothingToSay, Unhandled):
        same = False
    if not same:
        where = ", ".join(filter(None, (now.phase, now.place)))
        raise Unhandled(
            f"{now.name}: it changed while you looked at it, now it is {where}: nothing was said; look again"
        )
