"""The store's news into the inventory: what the watch of the API server is on Kubernetes.

What was declared is declared again only when its generation, labels or annotations changed: each status that is stored
here comes back as news, and to read the declaration anew for that would cost more than the poll that it is of.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from fabgitops_core.control.controller import Controller

from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.standalone.local import Local, kept
from fabgitops_operator.standalone.store import Happened, Store

LOOK_SECS = 8.0
"""How long the source is waited for before what is kept is acted on: less than `start.HEARD_SECS`."""

log = logging.getLogger(__name__)


class Following:
    """Follows the store, and begins anew when it was too slow; what it missed meanwhile is listed (`sweep`)."""

    def __init__(
        self,
        store: Store,
        local: Local,
        hearing: Hearing,
        inventory: Inventory,
        controllers: Sequence[Controller[Any]],
    ) -> None:
        self._store = store
        self._local = local
        self._hearing = hearing
        self._inventory = inventory
        self._controllers = controllers

    @asynccontextmanager
    async def running(self, looked: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
        """Follow until the block ends; `looked` returns when the source was looked at once, whatever came of it.

        Nothing counts as heard before that: what is kept may be older than what the source says by now, and a write
        that it takes back had better not go out. A source that is away keeps nobody waiting for longer than a moment.
        """
        async with beside(*(self._follow(controller, looked) for controller in self._controllers)):
            yield

    async def _follow(self, controller: Controller[Any], looked: Callable[[], Awaitable[object]]) -> None:
        scope = Scope(controller.kind)
        first = asyncio.create_task(self._heard_after(scope, looked))
        try:
            while True:
                watch = self._store.watch(kept(controller.kind.name), None, self._store.version)
                if first.done():
                    self._hearing.heard(scope)
                async for happened in watch:
                    await self._guarded(controller, happened)
                if not watch.slow:
                    return  # the store is closed
                self._hearing.unheard(scope, "more happened at once than could be followed", refused=False)
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    async def _heard_after(self, scope: Scope, looked: Callable[[], Awaitable[object]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECS):
                await looked()
        self._hearing.heard(scope)

    async def _guarded(self, controller: Controller[Any], happened: Happened) -> None:
        try:
            await self._take(controller, happened)
        except Exception:
            log.exception("a fault of our own over an object of %s that the store told of", controller.kind.plural)

    async def _take(self, controller: Controller[Any], happened: Happened) -> None:
        record = happened.record
        if happened.type == "DELETED":
            self._local.forget(record.uid)
            self._inventory.deleted(controller, record.decoded())
            return
        body = record.decoded()
        before = happened.before if self._local.is_ours(record.uid, record.version) else None
        if before is not None and _declares(before.decoded()) == _declares(body):
            return
        reading = self._inventory.read(controller, body)
        await asyncio.sleep(0)
        self._inventory.present(controller, body, reading)


def _declares(body: dict[str, Any]) -> tuple[Any, ...]:
    """Return what changes with every declaration, and never with a status."""
    metadata = body["metadata"]
    return tuple(metadata.get(name) for name in ("uid", "generation", "labels", "annotations", "deletionTimestamp"))
