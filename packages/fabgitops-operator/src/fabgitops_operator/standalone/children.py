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

AGAIN_SECS = 5.0
"""After a fault over a listing there is another: what happens in the store is not told of meanwhile."""

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
            if not self._listed(scope, told):
                await asyncio.sleep(AGAIN_SECS)
                continue
            watch = self._store.watch(kept(scope.kind.name), None, self._store.version)
            async for happened in watch:
                try:
                    self._take(told, happened)
                except Exception:
                    log.exception("a fault of our own over an object of %s that the store told of", scope.kind.plural)
            if not watch.slow:
                return  # the store is closed
            self._hearing.unheard(scope, "more happened at once than could be followed", refused=False)

    def _listed(self, scope: Scope, told: Told) -> bool:
        """Show all there is, and return whether that is known whole now; it is said why not."""
        try:
            self._list(scope, told)
        except Exception as error:
            log.exception("a fault of our own over the listing of %s", scope)
            self._hearing.unheard(scope, f"a fault of our own: {error!r}", refused=False)
            return False
        self._hearing.listed(scope)
        self._hearing.heard(scope)
        return True

    def _list(self, scope: Scope, told: Told) -> None:
        """Show all there is; nothing is stored meanwhile, for nothing is waited for.

        A fault over one object keeps no other from being shown, but nothing is taken for gone then: whoever counts what
        it has would have another made.
        """
        version, faults = self._store.version, list[Exception]()
        with told.listing(scope.namespace) as listing:
            for record in self._store.list(kept(scope.kind.name), None):
                try:
                    listing.show(record.decoded())
                except Exception as error:  # noqa: BLE001 - raised when the others are shown
                    faults.append(error)
            if faults:
                raise faults[0]
            listing.complete(version)

    def _take(self, told: Told, happened: Happened) -> None:
        body = happened.record.decoded()
        if happened.type == "DELETED":
            self._local.forget(happened.record.uid)
            told.gone(body)
        else:
            told.seen(body)
