"""Watches: what is there (where that is asked for), then each change, one JSON object a line.

A reader that is too slow is
ended by the store's bounded queue, or by the connection that takes nothing any more; it lists and watches anew.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api.accept import Form
from fabgitops_operator.standalone.api.frames import ADDED, ERROR, Frames, Told, line_of, told
from fabgitops_operator.standalone.api.listing import ROWS
from fabgitops_operator.standalone.api.options import ListOptions
from fabgitops_operator.standalone.api.paths import Target
from fabgitops_operator.standalone.api.refusals import expired
from fabgitops_operator.standalone.api.served import Served
from fabgitops_operator.standalone.api.tables import Tables
from fabgitops_operator.standalone.store import ExpiredError, Happened, Record, Store, Watch

BOOKMARK_SECS = 30.0
"""How often a watch that wants bookmarks is told how far it is."""

LONGEST_SECS = 3600
"""How long a watch may be, and is when nothing else is asked for: half of it, and up to as much again."""


class Watching:
    """Serves watches on the store until it is told to end them."""

    def __init__(self, store: Store, tables: Tables, spread: Callable[[], float]) -> None:
        self._store = store
        self._frames = Frames(tables)
        self._spread = spread
        self._ending = asyncio.Event()
        self.open = 0
        """How many there are."""

    def end(self) -> None:
        """End all watches; a new one ends at once."""
        self._ending.set()

    async def lines(self, target: Target, options: ListOptions, form: Form) -> AsyncIterator[bytes]:
        """Tell a watch, line by line; a version that is not remembered any more is told in a line, too."""
        self.open += 1
        try:
            begun = self._begun(target, options)
            if isinstance(begun, bytes):
                yield begun
                return
            telling = _Telling(self._frames, target.served, options, form)
            watch, there, version = begun
            async for line in telling.initial(there, version):
                yield line
            async for line in self._changes(telling, watch, options, version):
                yield line
        finally:
            self.open -= 1

    def _begun(self, target: Target, options: ListOptions) -> tuple[Watch, Sequence[Record], int] | bytes:
        """Return the watch, what is there before it, and the version that both meet at; or why there is none."""
        resource, namespace = target.served.resource, target.namespace or None
        now = self._store.version
        if options.at > now:  # of a store that was restored since: what it knows may be of another history
            return _gone(f"too large resource version: {options.at} ({now})")
        shows = options.initial_events or options.at == 0
        since = now if shows else options.at
        try:
            watch = self._store.watch(resource, namespace, since)
        except ExpiredError:
            return _gone(f"too old resource version: {since} ({now})")
        return watch, self._store.list(resource, namespace) if shows else (), since

    async def _changes(
        self, telling: "_Telling", watch: Watch, options: ListOptions, version: int
    ) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        until = clock() + self._duration(options)
        reading = _Reading(watch, self._ending)
        reached, bookmark_at, seen = version, clock() + BOOKMARK_SECS, version
        try:
            while not reading.ended and clock() < until:
                happened = await reading.next(min(bookmark_at, until) - clock())
                if happened is not None:
                    reached = happened.version
                    if line := telling.change(happened):
                        yield line
                elif clock() >= bookmark_at:
                    # What had happened a turn ago has been told by now; what happens just now may be on its way.
                    reached, seen, bookmark_at = max(reached, seen), self._store.version, clock() + BOOKMARK_SECS
                    if options.bookmarks:
                        yield telling.bookmark(reached)
            if options.bookmarks and not reading.ended:
                yield telling.bookmark(reached)
        finally:
            await reading.close()

    def _duration(self, options: ListOptions) -> float:
        return options.timeout_secs or LONGEST_SECS / 2 * (1 + self._spread())


def _gone(message: str) -> bytes:
    return line_of(ERROR, encoded(expired(message).status))


class _Telling:
    """Writes what one watch is told."""

    def __init__(self, frames: Frames, served: Served, options: ListOptions, form: Form) -> None:
        self._frames = frames
        self._served = served
        self._options = options
        self._form = form
        self._first = True

    async def initial(self, there: Sequence[Record], version: int) -> AsyncIterator[bytes]:
        """Tell what is there, a few objects at a time, and that this was it, where that was asked for."""
        chunk: list[bytes] = []
        for looked, record in enumerate(there, 1):
            if self._options.selected.takes(record):
                told_ = Told(ADDED, record)
                chunk.append(
                    self._frames.line(self._served, told_, self._form, self._options.include, first=self._is_first())
                )
            if looked % ROWS == 0:
                if chunk:
                    yield b"".join(chunk)
                chunk = []
                await asyncio.sleep(0)
        if self._options.initial_events and self._options.bookmarks:
            chunk.append(self.bookmark(version, initial=True))
        if chunk:
            yield b"".join(chunk)

    def change(self, happened: Happened) -> bytes:
        """Return the line of a change, or nothing."""
        each = told(happened, self._options.selected)
        if each is None:
            return b""
        return self._frames.change(self._served, each, self._form, self._options.include, first=self._is_first())

    def bookmark(self, version: int, *, initial: bool = False) -> bytes:
        """Return the line of a bookmark."""
        return self._frames.bookmark(self._served, version, self._form, first=self._is_first(), initial=initial)

    def _is_first(self) -> bool:
        first, self._first = self._first, False
        return first


class _Reading:
    """Reads the store's watch with patience: waiting for a change never loses one."""

    def __init__(self, watch: Watch, ending: asyncio.Event) -> None:
        self._watch = watch
        self._end = asyncio.ensure_future(ending.wait())
        self._next: asyncio.Future[Happened | None] | None = None
        self.ended = False

    async def next(self, patience: float) -> Happened | None:
        """Return the next change, or nothing when none came in time or the watch has ended."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._read())
        waiting: set[asyncio.Future[Any]] = {self._next, self._end}
        await asyncio.wait(waiting, timeout=max(0.0, patience), return_when=asyncio.FIRST_COMPLETED)
        if self._end.done():
            self.ended = True
            return None
        if not self._next.done():
            return None
        happened, self._next = self._next.result(), None
        self.ended = happened is None
        return happened

    async def close(self) -> None:
        """Let go of the watch."""
        waiting: list[asyncio.Future[Any]] = [self._end, *([self._next] if self._next else [])]
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self._watch.close()

    async def _read(self) -> Happened | None:
        return await anext(self._watch, None)
