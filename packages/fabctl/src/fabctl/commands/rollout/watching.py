"""`fabctl rollout get --watch` of a workload: by one watch of the Rollout, one of its ReplicaSets, one of its pods."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fabctl.commands.following import beside, while_read
from fabctl.commands.rollout.owned import owned, selectors
from fabctl.fields import key_of
from fabctl.lineage import lineage
from fabctl.names import WORKLOAD
from fabctl.render.telling import open_tree
from fabctl.workloads import workload_view

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from fabctl.cluster.client import Cluster, Key
    from fabctl.commands.rollout.owned import Owned
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.render.telling import Told

TOGETHER_SECS = 0.1
"""Changes that come within this time are drawn at once."""


async def watch(cluster: Cluster, rollout: Body, interval: float, *, wide: bool) -> None:
    """Draw a rollout whenever it, one of its ReplicaSets or one of its pods has changed, until nobody reads.

    Args:
        cluster: Where it is.
        rollout: It, as it stands.
        interval: Seconds after which it is drawn anew where nothing has changed, for ages go on.
        wide: Whether to say more of each.
    """
    found = await owned(cluster, rollout)
    with open_tree() as told:
        watching = _Watching(cluster, rollout, found, told, wide=wide)
        await while_read(beside(watching.draw(interval), watching.follow(), *watching.follow_owned()))


class _Watching:
    def __init__(self, cluster: Cluster, rollout: Body, found: Owned, told: Told, *, wide: bool) -> None:
        self._cluster, self._rollout, self._found = cluster, rollout, found
        self._told, self._wide = told, wide
        self._changed = asyncio.Event()
        self._trouble = ""

    async def draw(self, interval: float) -> None:
        """Draw it, without end."""
        while True:
            self._changed.clear()
            if self._trouble:
                self._told.trouble(self._trouble)
            else:
                self._show()
            await asyncio.sleep(min(TOGETHER_SECS, interval))
            try:
                async with asyncio.timeout(interval):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _show(self) -> None:
        rollout = workload_view(self._rollout)
        tree = lineage(rollout, self._found.of(rollout.uid), datetime.now(UTC), self._found.missing.items())
        self._told.show(rollout.decisions, tree, wide=self._wide)

    async def follow(self) -> None:
        """Keep up with the Rollout, without end."""
        namespace, name = key = key_of(self._rollout)
        changes = self._cluster.follow(namespace, {key}, name, WORKLOAD, trouble=self._say)
        async with aclosing(changes):
            async for _, body in changes:
                self._say("" if body else f'no Rollout "{name}" in namespace {namespace}: it was deleted')
                self._rollout = body or self._rollout

    def follow_owned(self) -> list[Coroutine[Any, Any, None]]:
        """Return what keeps up with ReplicaSets and pods, as far as they may be looked at."""
        into = (self._found.sets, self._found.pods)
        watched = zip(selectors(self._rollout), into, strict=True)
        return [
            self._follow(kind, selector, known)
            for (kind, selector), known in watched
            if kind.plural not in self._found.missing
        ]

    async def _follow(self, kind: Kind, selector: str, known: dict[Key, Body]) -> None:
        namespace, _ = key_of(self._rollout)
        async with aclosing(self._cluster.follow(namespace, known, None, kind, selector)) as changes:
            async for key, body in changes:
                if body is None:
                    known.pop(key, None)
                else:
                    known[key] = body
                self._changed.set()

    def _say(self, trouble: str) -> None:
        self._trouble = trouble
        self._changed.set()
