"""The outbox: events wait here until the bus has them for good, and nothing else waits for it.

Of one partition one event is under way at a time, and the next one goes out when the bus has it: what is of one Rack
arrives in order. Partitions do not wait for each other. What is not taken is sent again, the same with the same id,
after 0.5, 1, 2 … 30 seconds; while the bus is away only one at a time is tried. What is refused is given up, so that it
stops nothing. What is lost with the process is told again by the next: controllers keep what was not taken (ADR 34).
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.happenings import Happening

from fabgitops_operator.bus.address import Address
from fabgitops_operator.bus.carrying import Carrier, Taken
from fabgitops_operator.bus.envelope import Envelope
from fabgitops_operator.bus.errors import Away, Later, NotTaken, Refused
from fabgitops_operator.bus.line import Line
from fabgitops_operator.bus.pace import backoff
from fabgitops_operator.bus.queues import LIMIT, Partition, Waiting
from fabgitops_operator.bus.standing import Result, Standing

DELIVER_SECS = 30.0
"""How long one attempt may take at most, whatever a client library does."""

CLOSE_SECS = 2.0
"""How long the connection may take to be given up."""

TICK_SECS = 0.001
"""By how much a timer of the loop may be early."""

log = logging.getLogger(__name__)


class Outbox:
    """A bus that is somewhere else (`engine.ports.Bus`)."""

    def __init__(self, address: Address, carrier: Carrier, envelope: Envelope) -> None:
        """Have nothing waiting.

        Args:
            address: Where the bus is.
            carrier: Takes messages there.
            envelope: Makes them.
        """
        self._address, self._carrier, self._envelope = address, carrier, envelope
        self._loop = asyncio.get_running_loop()
        self._partitions: dict[str, Partition] = {}
        self._ready: deque[Partition] = deque()
        self._line = Line()
        self._stuck: dict[str, str] = {}  # why the first of a partition waits while others do not
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._results: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closed = False
        self._later: asyncio.Handle = self._loop.call_soon(self._begin)
        self._start(self._reach())

    def publish(
        self, key: Key, happening: Happening, taken: Callable[[], None], refused: Callable[[str], None] | None = None
    ) -> None:
        """Pass a happening on, as the port says."""
        if self._closed:
            return
        name, new = happening.partition, happening.partition not in self._partitions
        partition = self._partitions.setdefault(name, Partition(name))
        if not partition.add(Waiting(happening, taken, refused, self._loop.time())):
            self._results[Result.OVERFLOW] += 1
            log.error("%s: %s %s is not told: %d events of %s wait", key, happening.type, happening.id, LIMIT, name)
        elif new:
            self._empty.clear()
            self._ready.append(partition)
            self._begin()

    def standing(self) -> Standing:
        """Return how it stands."""
        heads = [partition.head for partition in self._partitions.values()]
        return Standing(
            self._address.kind,
            sum(len(partition.events) for partition in self._partitions.values()),
            self._loop.time() - min((head.since for head in heads), default=self._loop.time()),
            self._results,
            self._trouble(),
        )

    async def close(self, limit: float) -> None:
        """Wait until the bus has all, at most `limit` seconds, and give up the connection; again changes nothing."""
        if self._closed:
            return
        try:
            async with asyncio.timeout(limit):
                await self._empty.wait()
        except TimeoutError:
            left = self.standing()
            log.warning(
                "%s has not taken %d event(s): they are told after the next start", self._address.shown, left.waiting
            )
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECS):
                await self._carrier.close()

    def _trouble(self) -> str:
        if self._line.why:
            return f"{self._address.shown} is away: {self._line.why}"
        return next((f"{self._address.shown}: {name}: {why}" for name, why in self._stuck.items()), "")

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin(self) -> None:
        """Send the first of each partition that is ready, as far as the line is open."""
        while self._ready and not self._closed and self._line.open_for(self._under_way, self._loop.time()):
            self._under_way += 1
            self._start(self._send(self._ready.popleft()))
        if self._ready and self._under_way == 0 and not self._closed:
            self._later.cancel()
            self._later = self._loop.call_at(self._line.not_before + TICK_SECS, self._begin)

    async def _reach(self) -> None:
        """See at the start whether the bus is there: a wrong one shows before there is anything to tell."""
        while not self._results[Result.TAKEN]:
            try:
                async with asyncio.timeout(DELIVER_SECS):
                    await self._carrier.reach()
            except (NotTaken, TimeoutError) as error:
                self._away(Away(str(error) or "no answer"))
                await asyncio.sleep(self._line.not_before - self._loop.time())
            else:
                self._there()
                return

    async def _send(self, partition: Partition) -> None:
        """Send the first event of a partition, and see to what comes next."""
        waiting = partition.head
        try:
            result = await self._deliver(waiting.happening)
        except (Away, Later) as error:
            self._again(partition, error)
        except Refused as error:
            log.error("%s refuses %s %s: %s", self._address.shown, waiting.happening.type, waiting.happening.id, error)
            self._done(partition, Result.REFUSED, str(error))
        else:
            self._done(partition, Result.TAKEN if result is Taken.NOW else Result.DUPLICATE)
        finally:
            self._under_way -= 1
        self._begin()

    async def _deliver(self, happening: Happening) -> Taken:
        """Have an event carried.

        Raises:
            NotTaken: It was not taken; what else went wrong is a fault of ours or a library's, and told as well.
        """
        try:
            message = self._envelope.seal(happening)
        except (TypeError, ValueError) as error:
            raise Refused(f"it is no CloudEvent: {error}") from error
        try:
            async with asyncio.timeout(DELIVER_SECS):
                return await self._carrier.deliver(message)
        except TimeoutError as error:
            raise Away(f"no answer within {DELIVER_SECS:.0f} s") from error
        except NotTaken:
            raise
        except Exception as error:
            why = f"a fault: {error!r}"
            if self._stuck.get(happening.partition) != why:
                log.exception("%s: %s %s met a fault", self._address.shown, happening.type, happening.id)
            raise Later(why) from error

    def _done(self, partition: Partition, result: Result, refused: str = "") -> None:
        """Go on to the next of a partition, and tell that the first is done with, or why it is given up."""
        self._results[result] += 1
        self._there()
        self._stuck.pop(partition.name, None)
        waiting = partition.advance()
        if partition.events:
            self._ready.append(partition)
        else:
            del self._partitions[partition.name]
            if not self._partitions:
                self._empty.set()
        try:
            waiting.done(refused)
        except Exception:
            log.exception("whoever told of %s is not told that it is done with", waiting.happening.id)

    def _again(self, partition: Partition, error: Away | Later) -> None:
        """Send the first of a partition again, later."""
        self._results[Result.FAILED] += 1
        partition.failures += 1
        if isinstance(error, Away):
            self._away(error)
        elif self._stuck.get(partition.name) != str(error):
            self._stuck[partition.name] = str(error)
            log.warning("%s: events of %s wait: %s", self._address.shown, partition.name, error)
        self._loop.call_later(max(error.pause, backoff(partition.failures)), self._is_ready, partition)

    def _is_ready(self, partition: Partition) -> None:
        self._ready.append(partition)
        self._begin()

    def _away(self, error: Away) -> None:
        if self._line.away(str(error), error.pause, self._loop.time()):
            log.warning("%s is away, events wait: %s", self._address.shown, error)

    def _there(self) -> None:
        if self._line.there():
            log.info("%s takes events again", self._address.shown)
