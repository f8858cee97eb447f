"""What suspend, resume and approve share: objects that are annotated, each, and what the operator makes of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fabctl.errors import FAILED, TIMED_OUT, Denied, FabctlError
from fabctl.model import view
from fabctl.names import PLC, Kind
from fabctl.render.progress import spinner
from fabctl.render.shapes import print_line
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fabctl.cluster.client import Cluster, Key
    from fabctl.fields import Body
    from fabctl.model import View

AT_ONCE = 16
"""Requests to the API server under way at a time."""

Annotations = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the operator has made of it, in a sentence, and whether that is what was wanted."""

    sentence: str
    fine: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """A change of annotations, and how to tell that the operator has heard of it."""

    annotations: Mapping[Key, Annotations]
    asked: str
    """What is said of a PLC where nobody waits, as in "asked to be suspended"."""
    answer: Callable[[View, Body], Answer | None]
    """What a PLC says of it, None while it says nothing of it yet; of another kind its body counts alone."""
    kind: Kind = PLC
    uids: Mapping[Key, str] = field(default_factory=dict)
    """Which objects are meant, as far as it matters that they are the same."""
    spec: Body = field(default_factory=dict)
    """What is changed in the spec of each, instead of annotations."""
    gone: str = ""
    """What is said of one that is deleted meanwhile, where that is as wanted."""
    late: str = ""
    """What else is said where the operator does not answer."""
    anyway: str = ""
    """What is said of one that may not be changed, where the operator answers all the same."""


def which(key: Key, *, namespaces: bool) -> str:
    """Return what an object is called in a line."""
    return "/".join(key) if namespaces else key[1]


async def carry_out(cluster: Cluster, acts: Act | Sequence[Act], namespace: str | None, timeout: float | None) -> int:
    """Annotate the objects and say of each what came of it; return 1 when one is not as wanted, 6 when one is late.

    Args:
        cluster: Where they are.
        acts: What to do; of several all objects are annotated before any is waited for.
        namespace: Where all of them are, None when that is several namespaces.
        timeout: Seconds to wait for the operator; None: not at all.

    Raises:
        FabctlError: There is but one, and the API server does not let it be annotated.
    """
    given = [acts] if isinstance(acts, Act) else acts
    one = sum(len(act.annotations) for act in given) == 1
    acting = [_Acting(cluster, act, namespace, alone=one) for act in given]
    asked = await asyncio.gather(*(each.ask() for each in acting))
    codes = [await each.hear(those, timeout) for each, those in zip(acting, asked, strict=True)]
    return FAILED if FAILED in codes else max(codes, default=0)


class _Acting:
    def __init__(self, cluster: Cluster, act: Act, namespace: str | None, *, alone: bool) -> None:
        self._cluster, self._act, self._namespace, self._alone = cluster, act, namespace, alone
        self._print: Callable[[str], None] = print_line
        self._failed = self._late = False
        self._anyway: set[Key] = set()

    async def hear(self, asked: set[Key], timeout: float | None) -> int:
        """Say of each object that was annotated what came of it, and return the exit code."""
        if timeout is None:
            for key in sorted(asked - self._anyway):
                self._print(f"{self._name(key)}: {self._act.asked}")
        elif asked:
            await self._wait(asked, timeout)
        return FAILED if self._failed else TIMED_OUT if self._late else 0

    async def ask(self) -> set[Key]:
        """Annotate the objects, and return those that the API server let."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(key: Key, annotations: Annotations) -> Key | None:
            async with slots:
                try:
                    await self._change(key, annotations)
                except FabctlError as error:
                    return self._refused(key, error)
            return key

        given = self._act.annotations.items()
        return {key for key in await asyncio.gather(*(one(*each) for each in given)) if key}

    def _refused(self, key: Key, error: FabctlError) -> Key | None:
        """Say that one was not changed, and return it where it is waited for all the same."""
        if isinstance(error, Denied) and self._act.anyway:
            self._anyway.add(key)
            self._complain(key, f"{self._act.anyway}: {error}")
            return key
        if self._alone:
            raise error
        self._fail(key, str(error))
        return None

    async def _change(self, key: Key, annotations: Annotations) -> None:
        act, uid = self._act, self._act.uids.get(key, "")
        if act.spec:
            same = {"metadata": {"uid": uid}} if uid else {}
            await self._cluster.patch(key, {**same, "spec": dict(act.spec)}, act.kind)
        else:
            await self._cluster.annotate(key, annotations, act.kind, uid)

    async def _wait(self, pending: set[Key], timeout: float) -> None:
        each = "PLCs" if self._act.kind is PLC else f"{self._act.kind.title}s"
        many = f"{len(pending)} {each}" if len(pending) > 1 else next(iter(pending))[1]
        try:
            with spinner(f"waiting for the operator to hear of {many}") as self._print:
                async with asyncio.timeout(timeout):
                    await self._collect(pending)
        except TimeoutError:
            for key in sorted(pending):
                late = f"the operator did not answer within {timeout:g} s: is it running?{self._act.late}"
                self._complain(key, late if key in self._anyway else f"{self._act.asked}, but {late}")
            self._late = bool(pending)

    async def _collect(self, pending: set[Key]) -> None:
        name = next(iter(pending))[1] if len(pending) == 1 else None
        async with aclosing(self._cluster.follow(self._namespace, pending, name, self._act.kind)) as changes:
            async for key, body in changes:
                if key not in pending:
                    continue
                if body is None and self._act.gone:
                    pending.discard(key)
                    self._print(f"{self._name(key)}: {self._act.gone}")
                elif body is None:
                    pending.discard(key)
                    self._fail(key, "it was deleted meanwhile")
                elif answer := self._act.answer(view(body), body):
                    pending.discard(key)
                    self._failed |= not answer.fine
                    self._print(f"{self._name(key)}: {answer.sentence}")
                if not pending:
                    return

    def _fail(self, key: Key, why: str) -> None:
        self._failed = True
        self._complain(key, why)

    def _complain(self, key: Key, why: str) -> None:
        complain(f"fabctl: {self._name(key)}: {why}")

    def _name(self, key: Key) -> str:
        return which(key, namespaces=self._namespace is None)
