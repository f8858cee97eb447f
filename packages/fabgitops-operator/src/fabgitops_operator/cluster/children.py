"""What kinds own or look at, watched: of each object only a small record is kept, for there may be many thousands.

Each kind of them has a watch of its own in each namespace looked after. It begins with a complete listing, and goes on
from there for as long as nothing may have been missed; after a gap, and once an hour, there is another listing.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

from fabgitops_operator.cluster.rest import Change, Rest
from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.errors import ApiError, Gone, Outdated, Unavailable
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.owned import Shown, Told

SWEEP_SECS = 3600.0
"""Between two complete listings of what the watch tells of anyway."""

BREATH_SECS = 1.0
"""The least time between two watches of one scope: a server that ends each at once is not asked in a circle."""

MAX_PAUSE_SECS = 15.0
"""The longest pause before it is tried again after a failure."""

ABSENT_SECS = 30.0
"""The longest time until it is found that a kind has come to be there that the API server did not have."""

AFTER_FAILURES = 2
"""A listing that is refused for the third time in a row is told: at a start rights may come a moment later."""

AT_A_TIME = 50
"""Objects of a listing that are taken before others get their turn."""

log = logging.getLogger(__name__)


class Children:
    """Keeps watching what kinds own, and what they look at.

    Args:
        rest: The way to the API server.
        hearing: Is told what becomes of each watch.
        owned: By scope who is told of what is there; all scopes of the hearing.
    """

    def __init__(self, rest: Rest, hearing: Hearing, owned: Mapping[Scope, Told]) -> None:
        self._lines = [_Line(rest, hearing, scope, owned[scope]) for scope in hearing.scopes]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch until the block ends."""
        one_at_a_time = asyncio.Lock()  # a listing stands in memory whole for a moment
        async with beside(*(line.forever(one_at_a_time) for line in self._lines)):
            yield


class _Line:
    """One watch: of a kind in one namespace, or in all."""

    def __init__(self, rest: Rest, hearing: Hearing, scope: Scope, owned: Told) -> None:
        self._rest = rest
        self._hearing = hearing
        self._scope = scope
        self._owned = owned
        self._since = ""
        """The resourceVersion up to which everything is known; "" when it takes a listing to know."""
        self._listed = 0.0
        self._failures = 0

    async def forever(self, listing: asyncio.Lock) -> None:
        """Watch, and begin anew whenever that ends."""
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            try:
                await self._once(listing)
                pause = 0.0
            except Outdated:
                self._since, pause = "", 0.0
            except Gone as error:
                pause = self._absent(str(error)) if self._scope.kind.optional else self._lost(str(error), refused=False)
            except ApiError as error:
                pause = max(error.pause, self._lost(str(error), refused=not isinstance(error, Unavailable)))
            except Exception as error:
                log.exception("a fault of our own over the watch of %s", self._scope)
                pause = self._lost(f"a fault of our own: {error!r}", refused=False)
            await asyncio.sleep(max(pause, begun + BREATH_SECS - clock()))

    def _lost(self, why: str, *, refused: bool) -> float:
        """Note that nothing is heard, and return how long to wait: everything is listed then, for much may change."""
        self._since = ""
        self._hearing.unheard(self._scope, why, refused=refused)
        return self._pause(MAX_PAUSE_SECS)

    def _absent(self, why: str) -> float:
        """Note that the API server does not have the kind, and return how long to wait: nobody else need do so."""
        self._since = ""
        self._hearing.absent(self._scope, why)
        self._owned.absent(self._scope.namespace, why)
        return self._pause(ABSENT_SECS)

    def _pause(self, longest: float) -> float:
        """Return how long to wait after one more failure: a longer time after each."""
        self._failures += 1
        return min(longest, 0.5 * 2.0 ** min(self._failures, 10)) * random.uniform(0.5, 1)  # noqa: S311

    async def _once(self, listing: asyncio.Lock) -> None:
        """List, where that is due, and watch until the API server ends it."""
        now = asyncio.get_running_loop().time()
        if not self._since or now > self._listed + SWEEP_SECS:
            async with listing:
                self._since = await self._list()
            self._listed = now
        kind, namespace, label = self._scope.kind, self._scope.namespace, self._owned.label
        async with aclosing(self._rest.changes(kind, namespace, label, self._since)) as changes:
            async for change in changes:
                if change is None:
                    self._failures = 0
                    self._hearing.heard(self._scope)
                else:
                    self._take(change)

    def _take(self, change: Change) -> None:
        """Take what the watch tells, in the order in which it became so."""
        if change.what == "DELETED":
            self._owned.gone(change.body)
        elif change.what != "BOOKMARK":
            self._owned.seen(change.body)
        self._since = change.version

    async def _list(self) -> str:
        """List everything, and return the resourceVersion of which that is."""
        try:
            with self._owned.listing(self._scope.namespace) as listing:
                version = await self._pages(listing)
                listing.complete(int(version))
        except ApiError as error:
            if isinstance(error, Gone) and self._scope.kind.optional:
                raise
            self._hearing.unlisted(self._scope, str(error), refused=not isinstance(error, Unavailable | Gone))
            if self._failures >= AFTER_FAILURES and not isinstance(error, Unavailable):
                self._owned.refused(self._scope.namespace, str(error))
            raise
        self._hearing.listed(self._scope)
        return version

    async def _pages(self, listing: Shown) -> str:
        kind, namespace, label = self._scope.kind, self._scope.namespace, self._owned.label
        version, token = "", ""
        while True:
            page = await self._rest.page(kind, namespace, label, token)
            version = version or page["metadata"]["resourceVersion"]
            for number, body in enumerate(page["items"], 1):
                listing.show(body)
                if number % AT_A_TIME == 0:
                    await asyncio.sleep(0)
            token = page["metadata"].get("continue") or ""
            if not token:
                return version
