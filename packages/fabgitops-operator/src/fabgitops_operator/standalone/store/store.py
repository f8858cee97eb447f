"""The store: everything in memory as bytes, every change on the disk before anybody hears of it.

There are two states. Readers see what is on the disk. Whoever changes something sees what is on its way there, too
(`Draft`), or two changes in a row would be made of the same object. What cannot be stored takes with it all that was
drafted after it, because that may build on it.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from fabgitops_operator.standalone.resources import NAMESPACE, RESOURCES, Resource
from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.errors import StateError
from fabgitops_operator.standalone.store.memory import Memory
from fabgitops_operator.standalone.store.namespaces import DEFAULT, namespace
from fabgitops_operator.standalone.store.opening import Opened, opened
from fabgitops_operator.standalone.store.record import Record
from fabgitops_operator.standalone.store.times import timestamp
from fabgitops_operator.standalone.store.window import Watch, Window, happened
from fabgitops_operator.standalone.store.writer import Batch, Outcome, Writer


class Store:
    """What is kept, for one process and one event loop."""

    def __init__(self, found: Opened) -> None:
        self._opened = found
        self._memory = Memory(found.records)
        found.records = ()  # or each object as it was at the start would be kept beside what it is by now
        self._facts = found.facts
        self._coming: dict[tuple[Resource, str, str], Record | None] = {}
        self._coming_facts: dict[str, str] = {}
        self._next = self.version = found.version
        self._generation = 0
        self._window = Window(found.version)
        self._closed = False
        self._writer = Writer(found.connection, found.path, self._told)

    @classmethod
    async def open(cls, folder: Path, resources: Sequence[Resource] = RESOURCES) -> "Store":
        """Take a folder's state, or begin one there.

        Raises:
            StateError: It is in use, damaged, of a newer program, or cannot be written.
        """
        store = cls(await asyncio.to_thread(opened, folder, resources))
        if NAMESPACE in resources and store.get(NAMESPACE, "", DEFAULT) is None:
            draft = store.draft()
            draft.put(NAMESPACE, namespace(DEFAULT, timestamp()))
            try:
                await store.commit(draft)
            except BaseException:
                await store.close()
                raise
        return store

    @property
    def epoch(self) -> int:
        """Return how often the state was begun anew after an unclean end or a restore."""
        return int(self._facts["epoch"])

    def get(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return an object, if it is there."""
        return self._memory.get(resource, namespace, name)

    def list(self, resource: Resource, namespace: str | None) -> Sequence[Record]:
        """Return the objects of a resource as they are now, by namespace and name; of all namespaces for None."""
        return self._memory.list(resource, namespace)

    def find(self, uid: str) -> Record | None:
        """Return the object of a uid, if it is there."""
        return self._memory.find(uid)

    def dependants(self, uid: str) -> Sequence[Record]:
        """Return the objects that name an owner of this uid, whether it is there or not."""
        return self._memory.dependants(uid)

    def oldest(self, resource: Resource, most: int) -> Record | None:
        """Return the object of a resource that was made first, where there are `most` or more."""
        return self._memory.oldest(resource, most)

    def owned(self) -> Sequence[Record]:
        """Return all objects that name an owner."""
        return self._memory.owned()

    def going(self) -> Sequence[Record]:
        """Return all objects that are to go, and wait for something."""
        return self._memory.going()

    @property
    def is_busy(self) -> bool:
        """Return whether something is on its way to the disk."""
        return bool(self._coming)

    def watch(self, resource: Resource, namespace: str | None, since: int) -> Watch:
        """Return what happens after a version, one change after the other.

        Raises:
            ExpiredError: That is not remembered any more.
        """
        return self._window.watch(resource, namespace, since)

    def meta(self, key: str) -> str | None:
        """Return a small fact, if it is there."""
        return self._facts.get(key)

    async def set_meta(self, key: str, value: str) -> None:
        """Store a small fact.

        Raises:
            UnavailableError: It cannot be stored now.
        """
        draft = self.draft()
        draft.note(key, value)
        await self.commit(draft)

    async def answered(self) -> None:
        """Return when everything that was handed over before is stored or refused: the writer lives."""
        with suppress(StateError):
            await self.commit(self.draft())

    def draft(self) -> Draft:
        """Return what changes are put together in, to be committed before anything else is awaited."""
        return Draft(self, self._next, time.time())

    def latest(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return an object as it will be when all that is on its way is stored."""
        key = (resource, namespace, name)
        return self._coming[key] if key in self._coming else self._memory.get(*key)

    async def commit(self, draft: Draft) -> None:
        """Store what was drafted, whole or not at all; readers and watches see it from then on.

        Raises:
            UnavailableError: It cannot be stored now; nothing of it is.
        """
        await self.submit(draft)

    def submit(self, draft: Draft) -> "asyncio.Future[None]":
        """Have what was drafted stored, before what comes after it; the future ends as `commit` does."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            done.set_exception(StateError(f"the state {self._opened.path} is closed"))
            return done
        if draft.base != self._next:
            raise RuntimeError("something else was drafted meanwhile: a draft is committed before anything is awaited")
        self._next = draft.version
        for change in draft.changes:
            self._coming[(change.record.resource, *change.record.key)] = None if change.gone else change.record
        self._writer.submit(Batch(draft.version, self._generation, draft.changes, draft.facts, done))
        return done

    def _told(self, outcomes: Sequence[Outcome]) -> None:
        """Take in what became of batches."""
        stored = [batch for batch, error in outcomes if error is None]
        for batch in stored:
            self._take_in(batch)
        for batch, error in outcomes:
            if error is not None and batch.generation == self._generation:
                self._coming.clear()  # all of it came after what failed, or is stored
                self._generation += 1
            if not batch.done.done():
                batch.done.set_exception(error) if error is not None else batch.done.set_result(None)

    def _take_in(self, batch: Batch) -> None:
        for change in batch.changes:
            self._memory.take_in(change)
            key = (change.record.resource, *change.record.key)
            after = None if change.gone else change.record
            if key in self._coming and self._coming[key] is after:
                del self._coming[key]
        self._facts.update(batch.facts)
        self.version = batch.version
        if told := [happened(change) for change in batch.changes if not change.quiet]:
            self._window.add(told)

    async def close(self) -> None:
        """Store what waits, end the watches, and let others have the folder."""
        if not self._closed:
            self._closed = True
            await self._writer.close()
            await asyncio.to_thread(self._opened.close)
            self._window.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
