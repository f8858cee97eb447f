"""The source kept in force: looked at, read, judged, planned, and taken whole or not at all.

What was taken last is in the state, so a start waits for no source, and one that is away changes nothing. A revision
that was judged once is not judged again.
"""

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import replace

from fabgitops_operator.hosting.ports import Events
from fabgitops_operator.standalone.source.accepting import accepted
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.standing import Standing, Why, matter
from fabgitops_operator.standalone.source.taking import Rules, Taker
from fabgitops_operator.standalone.source.telling import Teller
from fabgitops_operator.standalone.source.tree import Revision
from fabgitops_operator.standalone.source.troubles import AwayError, HeldError, RevisionError
from fabgitops_operator.standalone.store import Objects, Store

log = logging.getLogger(__name__)

FIRST_SECS = 0.2
"""Seconds between two looks until the source was looked at once: a folder takes two."""

WOKEN_SECS = 5.0
"""Seconds between two looks when somebody wakes us, at least."""

MOST_BETWEEN_SECS = 600.0
"""Seconds between two looks at a source that stays away, at most."""


class Syncer:
    """Keeps the source in force."""

    def __init__(self, objects: Objects, store: Store, rules: Rules, settings: SourceSettings, events: Events) -> None:
        self._settings = settings
        self._rules = rules
        self._source = settings.opened()
        self._taker = Taker(objects, store, rules, settings)
        self._teller = Teller(events, str(self._source))
        self._standing = Standing(str(self._source), self._taker.taken)
        self._waits = settings.secs
        self._woken = asyncio.Event()
        self._looked = asyncio.Event()

    # --- what others see ----------------------------------------------------------------------------------------------

    def status(self) -> Standing:
        """Return how it stands."""
        return self._standing

    async def looked(self) -> None:
        """Wait until the source was looked at once, whatever came of it."""
        await self._looked.wait()

    def wake(self) -> None:
        """Look soon: somebody says that there is something new; between two looks lie five seconds at least."""
        self._woken.set()

    async def run(self) -> None:
        """Look, again and again, until cancelled; no fault of the source ends it."""
        while True:
            await self.look()
            await self._pause()

    async def _pause(self) -> None:
        clock = asyncio.get_running_loop().time
        looked_at, secs = clock(), self._waits * random.uniform(0.9, 1.1)  # noqa: S311 - so that many boxes do not ask at once
        if not self._looked.is_set():
            secs = min(secs, FIRST_SECS)
        with suppress(TimeoutError):
            async with asyncio.timeout(secs):
                await self._woken.wait()
                await asyncio.sleep(WOKEN_SECS - (clock() - looked_at))
        self._woken.clear()

    # --- one look -----------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Look once, and take what is new; a fault of our own is told, and costs this look alone."""
        try:
            await self._look()
        except AwayError as error:
            self._source.again()
            await self._is_away(str(error))
        except Exception as error:  # what runs goes on, whatever is wrong here
            self._source.again()
            log.exception("source %s: a fault of the operator's own", self._standing.where)
            await self._is_away(f"a fault of the operator's own: {type(error).__name__}: {error}")

    async def _look(self) -> None:
        """Look once.

        Raises:
            AwayError: The source cannot be read, or nothing can be stored.
        """
        if self._is_accepted():
            self._source.again()
        try:
            revision = await self._source.look(self._known())
            if revision is not None:
                await self._take(revision)
            elif self._source.seen:
                await self._nothing_new()
            await self._is_there()
        except RevisionError as error:
            await self._is_there()
            await self._reject(Why.REFUSED, str(error))
        except HeldError as error:
            await self._is_there()
            await self._reject(Why.HELD, str(error))
        if self._source.seen:
            self._looked.set()

    def _known(self) -> str:
        """Return the revision that is in force, if it was taken from here and by the rules that stand."""
        taken = self._standing.taken
        same = (taken.where, taken.rules) == (self._standing.where, self._rules.name)
        return taken.revision if same else ""

    def _is_accepted(self) -> bool:
        """Return whether somebody has accepted on this machine what is held back."""
        rejected = self._standing.rejected
        if rejected is None or rejected.why is not Why.HELD:
            return False
        return accepted(self._settings.folder, rejected.revision) is not None

    # --- how it stands ------------------------------------------------------------------------------------------------

    async def _is_away(self, why: str) -> None:
        """Take note that the source cannot be read, and look less and less often; the revision is read again then."""
        self._waits = min(self._waits * 2, max(MOST_BETWEEN_SECS, self._settings.secs))
        before = self._standing.away
        after = matter(before, Why.AWAY, why)
        self._standing = replace(self._standing.counted("away"), away=after)
        self._looked.set()
        if before is None or before.text != why:
            await self._teller.matter(after)

    async def _is_there(self) -> None:
        """Take note that the source can be read."""
        self._waits = self._settings.secs
        if (away := self._standing.away) is not None:
            self._standing = replace(self._standing, away=None)
            await self._teller.back(away)

    async def _reject(self, why: Why, text: str) -> None:
        """Take note that the revision which the source names is not taken."""
        before = self._standing.rejected
        after = matter(before, why, text, self._source.seen)
        self._standing = replace(self._standing.counted(why), rejected=after)
        self._looked.set()
        if before is None or (before.revision, before.text) != (after.revision, text):
            await self._teller.matter(after)

    async def _nothing_new(self) -> None:
        """Take note that the source is as it was; what was rejected stays so while the source names it."""
        self._standing = self._standing.counted("same")
        rejected = self._standing.rejected
        if rejected is not None and self._source.seen == self._known():
            self._standing = replace(self._standing, rejected=None)
            await self._teller.back(rejected)

    async def _take(self, revision: Revision) -> None:
        """Take a revision, and tell of it.

        Raises:
            RevisionError: Something is wrong with it.
            HeldError: Too much would vanish.
            AwayError: It cannot be read any more.
        """
        outcome = await self._taker.take(revision, self._standing.where)
        self._standing = replace(self._standing.counted("taken"), taken=outcome.taken, rejected=None)
        self._teller.passed_over(outcome.passed_over)
        self._teller.warnings(outcome.warnings)
        await self._teller.taken(revision, outcome.plan, outcome.gone)
