"""What kinds own, as the store tells of it: what the watches of the API server are on Kubernetes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.owned import Told
from fabgitops_operator.standalone.following import LOOK_SECS
from fabgitops_operator.standalone.local import Local, kept
from fabgitops_operator.standalone.store import Happened, Store

log = logging.getLogger(__name__)


class StoreChildren:
    """Follows what is owned.

    Args:
        store: What is kept.
        local: Who writes statuses.
        hearing: Is told that each is heard of.
        owned: By scope who is told of what is there; all scopes of the hearing.
    """

    def __init__(self, store: Store, local: Local, hearing: Hearing, owned: Mapping[Scope, Told]) -> None:
        self._store, self._local, self._hearing, self._owned = store, local, hearing, owned

    @asynccontextmanager
    async def running(self, looked: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
        """Follow until the block ends; nothing is acted on before `looked` returns, or for a moment."""
        async with beside(*(self._follow(scope, told, looked) for scope, told in self._owned.items())):
            yield

    async def _follow(self, scope: Scope, told: Told, looked: Callable[[], Awaitable[object]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECS):
                await looked()
        while True:
            watch = self._store.watch(kept(scope.kind.name), None, self._store.version)
            self._list(scope, told)
            self._hearing.listed(scope)
            self._hearing.heard(scope)
            async for happened in watch:
                try:
                    self._take(told, happened)
                except Exception:
                    log.exception("a fault of our own over an object of %s that the store told of", scope.kind.plural)
            if not watch.slow:
                return  # the store is closed
            self._hearing.unheard(scope, "more happened at once than could be followed", refused=False)

    def _list(self, scope: Scope, told: Told) -> None:
        """Show all there is; nothing is stored meanwhile, for nothing is waited for."""
        version = self._store.version
        with told.listing(scope.namespace) as listing:
            for record in self._store.list(kept(scope.kind.name), None):
                listing.show(record.decoded())
            listing.complete(version)

    def _take(self, told: Told, happened: Happened) -> None:
        body = happened.record.decoded()
        if happened.type == "DELETED":
            self._local.forget(happened.record.uid)
            told.gone(body)
        else:
            told.seen(body)
