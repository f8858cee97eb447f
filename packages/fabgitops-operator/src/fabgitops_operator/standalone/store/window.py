"""What happened lately, for those who watch: kept in memory only, and read by everybody at a pace of their own.

Nobody has a queue: a watch is a place in the window. Whoever is so slow that the window has gone past that place is
ended, and lists anew, as after a start.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.errors import ExpiredError
from fabgitops_operator.standalone.store.record import Change, Record

SIZE = 10_000
"""How many changes are remembered."""

Type = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Happened:
    """A change that is on the disk."""

    type: Type
    record: Record
    """The object then; of one that is deleted as it went, with the version of its end."""
    before: Record | None
    version: int


def happened(change: Change) -> Happened:
    """Return what a change is to those who watch."""
    kind: Type = "DELETED" if change.gone else "ADDED" if change.before is None else "MODIFIED"
    return Happened(kind, change.record, change.before, change.record.version)


class Window:
    """The latest changes, in the order of their versions."""

    def __init__(self, version: int, size: int = SIZE) -> None:
        """Begin.

        Args:
            version: The latest version; nothing is known of what led to it.
            size: How many changes are remembered.
        """
        self._size = size
        self._changes: list[Happened] = []
        self._dropped = 0
        self._since = version
        self._watches: set[Watch] = set()
        self._like: dict[Resource, bytes] = {}
        """An object of each resource, by which those that are not in force any more are packed."""

    def add(self, changes: Sequence[Happened]) -> None:
        """Remember changes, and wake those who wait for one of them."""
        self._pack(changes)
        self._changes.extend(changes)
        if len(self._changes) > self._size + self._size // 10:  # not one by one
            self._forget(len(self._changes) - self._size)
        resources = {each.record.resource for each in changes}
        for watch in self._watches:
            if watch.resource in resources:
                watch.wake()

    def _pack(self, changes: Sequence[Happened]) -> None:
        """Have those that are in force no more take less memory; they stay for those who are behind alone."""
        for each in changes:
            over = (each.before, each.record if each.type == "DELETED" else None)
            for record in filter(None, over):
                record.pack(self._like.setdefault(record.resource, each.record.body))

    def _forget(self, count: int) -> None:
        self._since = self._changes[count - 1].version
        del self._changes[:count]
        self._dropped += count

    def watch(self, resource: Resource, namespace: str | None, since: int) -> "Watch":
        """Return a watch of what happens after a version.

        Raises:
            ExpiredError: That is not remembered any more.
        """
        if since < self._since:
            raise ExpiredError(f"version {since} is older than what is remembered (since {self._since})")
        place = self._dropped + bisect_right(self._changes, since, key=lambda each: each.version)
        watch = Watch(self, resource, namespace, place)
        self._watches.add(watch)
        return watch

    def next(self, watch: "Watch") -> Happened | None:
        """Return the next change for a watch, if it has happened; moves the watch on."""
        index = watch.place - self._dropped
        if index < 0:
            watch.slow = True
            self.leave(watch)
            return None
        for at in range(index, len(self._changes)):
            if watch.takes(self._changes[at]):
                watch.place = self._dropped + at + 1
                return self._changes[at]
        watch.place = self._dropped + len(self._changes)
        return None

    def leave(self, watch: "Watch") -> None:
        """Have one that watches less; it ends."""
        self._watches.discard(watch)
        watch.ended = True
        watch.wake()

    def close(self) -> None:
        """End all watches."""
        for watch in list(self._watches):
            self.leave(watch)


class Watch:
    """An asynchronous iterator over what happens to objects of a resource; it ends when it is closed or too slow."""

    def __init__(self, window: Window, resource: Resource, namespace: str | None, place: int) -> None:
        self._window = window
        self._namespace = namespace
        self._news = asyncio.Event()
        self.resource = resource
        self.place = place
        """Where in all that ever happened it is."""
        self.slow = False
        """Whether it ended because it was too slow: something happened that it did not tell."""
        self.ended = False

    def takes(self, change: Happened) -> bool:
        """Return whether it tells of this."""
        record = change.record
        return record.resource == self.resource and (self._namespace is None or record.namespace == self._namespace)

    def wake(self) -> None:
        """Have it look again."""
        self._news.set()

    async def close(self) -> None:
        """End it."""
        self._window.leave(self)

    def __aiter__(self) -> "Watch":
        return self

    async def __anext__(self) -> Happened:
        while not self.ended:
            if (found := self._window.next(self)) is not None:
                return found
            if not self.ended:
                self._news.clear()
                await self._news.wait()
        raise StopAsyncIteration
