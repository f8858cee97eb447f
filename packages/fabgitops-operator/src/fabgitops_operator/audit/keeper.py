"""Keeps the records of an operator's writes: the engine's `Audit`, over a thread that stores them.

Records are stored in the order in which they came, as many together as wait. While they cannot be, nothing is written
to devices or, where that is wanted, writes go on and an alarm is given; what waits is stored as soon as there is a way.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.requests import Change
from fabgitops_core.engine.holds import Holds
from fabgitops_core.engine.ports import UnrecordedError, WriteResult

from fabgitops_operator.audit import records
from fabgitops_operator.audit.aside import Aside
from fabgitops_operator.audit.records import UNKNOWN, Origin
from fabgitops_operator.audit.writer import Writer
from fabgitops_operator.settings import Outage

LIMIT_SECS = 5.0
"""How long a write waits for its record, and the end of the process for those that are left."""

RETRY_SECS = 5.0
"""After a failure, storing is tried again so much later."""

MOST_WAITING = 10_000
"""Records that wait in memory while none can be stored; how many more there were is stored in their place."""

HOLD = "audit"
"""The name of the hold under which no write goes out."""

log = logging.getLogger(__name__)

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record on its way, and who waits for it to be stored."""

    fields: Fields
    stored: asyncio.Future[bool] | None = None


class Kept:
    """The record of one write, to be completed."""

    def __init__(self, keeper: "Keeper", write: str) -> None:
        self._keeper = keeper
        self._write = write

    def ended(self, at: datetime, result: WriteResult, why: str = "") -> None:
        """Say what came of the write."""
        self._keeper.put(records.outcome(at, self._write, result, why))

    def read_back(self, at: datetime, words: tuple[int, ...], proven: bool) -> None:
        """Say what a reading after it showed."""
        self._keeper.put(records.proof(at, self._write, words, proven))


class Keeper:
    """Keeps records.

    Args:
        writer: Chains and stores them; it blocks.
        outage: What becomes of writes while that fails.
        origin: Where a resource came from.
        now: The time of day.
        limit: Seconds that a write waits for its record.
        retry: Seconds until storing is tried again.
    """

    def __init__(
        self,
        writer: Writer,
        outage: Outage = Outage.HOLD,
        origin: Callable[[Key], Origin] = lambda _: UNKNOWN,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limit: float = LIMIT_SECS,
        retry: float = RETRY_SECS,
    ) -> None:
        self._writer = writer
        self._outage = outage
        self._now = now
        self._limit, self._retry = limit, retry
        self._holds: Holds | None = None
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._queue: list[Waiting] = []
        self._lost = 0
        self._news = asyncio.Event()
        self._ending = False
        self._pumping: asyncio.Task[None] | None = None
        self._thread = Aside("audit")
        self.origin = origin
        """Where a resource came from: to be set by who knows."""
        self.trouble = ""
        """Why nothing can be stored, "" while it can."""
        self.unrecorded = 0
        """Writes that went out while their record could not be stored."""
        self.counts = dict.fromkeys((records.ATTEMPT, records.OUTCOME, records.PROOF), 0)
        """How many records were stored, by kind."""

    @property
    def waiting(self) -> int:
        """Return how many records are not stored yet, or were lost."""
        return len(self._queue) + self._lost

    @property
    def seq(self) -> int:
        """Return the number of the last record that is stored."""
        return self._writer.seq

    def guard(self, holds: Holds) -> None:
        """Say where it is to be heard that no write may go out."""
        self._holds = holds

    async def attempt(self, at: datetime, key: Key, change: Change, facts: WriteFacts) -> Kept:
        """Store that a resource is about to write, and return its record.

        Raises:
            UnrecordedError: It could not be stored, and writes are held then.
        """
        held = self._outage is Outage.HOLD
        if self.trouble and held:
            raise UnrecordedError(self.trouble)
        kept = Kept(self, write := f"{self._run}-{next(self._numbers)}")
        stored = asyncio.get_running_loop().create_future()
        self.put(records.attempt(at, write, key, change, facts, self.origin(key)), stored)
        if self.trouble or not await self._is_stored(stored):
            if held:
                if stored.cancelled():  # it may be stored yet
                    kept.ended(self._now(), WriteResult.WITHDRAWN, self.trouble)
                raise UnrecordedError(self.trouble)
            self.unrecorded += 1
        return kept

    async def _is_stored(self, stored: asyncio.Future[bool]) -> bool:
        """Wait for a record to be stored, and return whether it is."""
        try:
            async with asyncio.timeout(self._limit):
                return await stored
        except TimeoutError:
            self._in_trouble(f"to store it takes longer than {self._limit:g} s")
            return False

    def put(self, fields: Fields, stored: "asyncio.Future[bool] | None" = None) -> None:
        """Have a record stored soon."""
        if len(self._queue) >= MOST_WAITING:
            self._lost += 1
        else:
            self._queue.append(Waiting(fields, stored))
            self._news.set()

    # --- storing ------------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Take the place, tell of what an earlier process left open, and store what comes from now on."""
        await self._store()
        self._tell_what_was_left_open()
        self._pumping = asyncio.get_running_loop().create_task(self._pump())

    async def end(self) -> None:
        """Store what is left, as far as that can be done soon, and give the place up."""
        if self._pumping is None:
            return
        self.put(records.end(self._now()))
        self._ending = True
        await asyncio.wait([self._pumping], timeout=self._limit)
        self._pumping.cancel()
        await asyncio.gather(self._pumping, return_exceptions=True)
        if self.waiting:
            log.error("%d audit record(s) were not stored", self.waiting)
        self._thread.submit(self._writer.close)
        self._thread.end()

    async def _pump(self) -> None:
        """Store what comes until the end has come, and all is stored or nothing can be."""
        while True:
            if self._queue or self.trouble:
                well = await self._store()
                if self._ending and not well:
                    return
                await asyncio.sleep(0.0 if well else self._retry)
            elif self._ending:
                return
            else:
                await self._news.wait()
                self._news.clear()

    async def _store(self) -> bool:
        """Store what waits, and return whether that went well."""
        batch = list(self._queue)
        gap = [records.gap(self._now(), self._lost)] if self._lost else []
        lost, fields = self._lost, [*gap, *(each.fields for each in batch)]
        try:
            await asyncio.wrap_future(self._thread.submit(partial(self._writer.write, fields)))
        except OSError as error:
            self._failed(batch, error.strerror or str(error))
            return False
        except Exception as error:  # whatever it is: what is not recorded is not written
            log.exception("a fault of our own in the audit")
            self._failed(batch, f"a fault of the operator's own: {type(error).__name__}: {error}")
            return False
        del self._queue[: len(batch)]
        self._lost -= lost
        for each in batch:
            self._stored(each)
        if self.trouble:
            log.warning("audit records are stored again")
            self.trouble = ""
            if self._holds is not None:
                self._holds.lift(HOLD)
        return True

    def _stored(self, waiting: Waiting) -> None:
        kind = waiting.fields["record"]
        if kind in self.counts:
            self.counts[kind] += 1
        if waiting.stored is not None and not waiting.stored.done():
            waiting.stored.set_result(True)

    def _failed(self, batch: list[Waiting], why: str) -> None:
        """Let those go whose record could not be stored: where writes are held then, nothing will be sent for it."""
        self._in_trouble(why)
        for each in batch:
            if each.stored is not None and not each.stored.done():
                each.stored.set_result(False)
                if self._outage is Outage.HOLD:
                    self._queue.remove(each)

    def _in_trouble(self, why: str) -> None:
        said = f"its audit record cannot be stored: {why}"
        if said != self.trouble:
            held = self._outage is Outage.HOLD
            log.error("audit records cannot be stored, %s: %s", "nothing is written" if held else "writes go on", why)
        self.trouble = said
        if self._holds is not None and self._outage is Outage.HOLD:
            self._holds.put(HOLD, said, HoldReason.AUDIT)
        self._news.set()

    def _tell_what_was_left_open(self) -> None:
        """Tell of what an earlier process was about to write when it ended."""
        for write, about in self._writer.found.open.items():
            log.warning(
                "%s/%s: the operator ended before it was known what came of a write (%s, %s): it may have been carried "
                "out, and the next reading shows it",
                about.get("namespace", "?"),
                about.get("name", "?"),
                write,
                about.get("at", "?"),
            )
