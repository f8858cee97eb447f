"""Work for many resources, one in each turn of the event loop, so that what is due meanwhile is not late.

A PLC takes 35 ms to resolve a template of 500 registers: told in one go, a hundred PLCs that use it would hold up every
poll for seconds. Who waits for a turn may be about to write what it no longer wants, or turn out to want what
another is about to write: so nothing is written where it would write, and everywhere else all goes on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable

from fabgitops_core.api.meta import Key
from fabgitops_core.control.plc.requests import Endpoint

log = logging.getLogger(__name__)


class Errands:
    """Calls `do` for each key that was added, in that order; one that waits is not added twice.

    Args:
        do: What to do for a key.
        site: Where the resource of a key wants to write, None for nowhere; asked when it is added.
        done: Told after each turn.
        what: What it is that they are told, as people are told of it.
    """

    def __init__(
        self,
        do: Callable[[Key], None],
        site: Callable[[Key], Endpoint | None],
        done: Callable[[], None],
        what: str = "a template has changed",
    ) -> None:
        self._do = do
        self._site = site
        self._done = done
        self._what = what
        self._waiting: dict[Key, Endpoint | None] = {}
        self._sites: Counter[Endpoint] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def why_not(self, site: Endpoint) -> str:
        """Return what speaks against a write to a site: somebody there waits for its turn."""
        if site not in self._sites:
            return ""
        return f"{self._what}, and not every resource that writes to {site} has taken that in yet"

    def add(self, keys: Iterable[Key]) -> None:
        """Let keys have their turn."""
        if self._stopped:
            return
        for key in keys:
            if key not in self._waiting:
                site = self._waiting[key] = self._site(key)
                if site is not None:
                    self._sites[site] += 1
        if self._waiting and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def drop(self, key: Key) -> None:
        """Do nothing for a key that waits."""
        site = self._waiting.pop(key, None)
        if site is not None:
            self._sites[site] -= 1
            if not self._sites[site]:
                del self._sites[site]

    async def stop(self) -> None:
        """Do nothing more; who waits goes on waiting."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                for key in list(self._waiting):
                    if key in self._waiting:
                        await self._turn(key)
            self._waiting.clear()  # what ten thousand took is given back
            self._sites.clear()
        finally:
            self._task = None

    async def _turn(self, key: Key) -> None:
        self.drop(key)
        try:
            self._do(key)
            self._done()
        except Exception:
            log.exception("%s: not told that %s, by a fault of our own", key, self._what)
        await asyncio.sleep(0)
