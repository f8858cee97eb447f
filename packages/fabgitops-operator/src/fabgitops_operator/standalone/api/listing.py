"""Listings: whole or in pages, as objects, as a Table, or as metadata alone.

They go out in chunks of a few rows, with a turn for everybody else in between, so that a listing of thousands keeps no
poll waiting, and is never held in memory as a whole.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api.accept import Form, Shape
from fabgitops_operator.standalone.api.options import EXACT, ListOptions
from fabgitops_operator.standalone.api.pages import ANY_VERSION, Scope, Snapshots, Token, token, too_old
from fabgitops_operator.standalone.api.paths import Target
from fabgitops_operator.standalone.api.refusals import expired, too_large_version
from fabgitops_operator.standalone.api.tables import Tables, head
from fabgitops_operator.standalone.store import Record, Store

ROWS = 25
"""Rows in a chunk: about a millisecond of work."""

FUTURE_SECS = 3.0
"""How long a listing waits for a version that there was none of yet."""

_LOOK_SECS = 0.05


@dataclass(frozen=True, slots=True)
class Page:
    """The records that a listing looks through, and what it goes on from."""

    records: Sequence[Record]
    version: int
    start: int
    scope: Scope
    continued: bool = False


class Listing:
    """Lists what is in the store."""

    def __init__(self, store: Store, tables: Tables, clock: Callable[[], float]) -> None:
        self._store = store
        self._tables = tables
        self._snapshots = Snapshots(clock)

    async def chunks(self, target: Target, options: ListOptions, form: Form) -> AsyncIterator[bytes]:
        """Return a listing, part by part; what is wrong with the request is told before.

        Raises:
            RefusedError: The version is not remembered any more (410), or there was none of it yet (504).
        """
        page = await self.page(target, options)
        return self._parts(page, target, options, form)

    async def page(self, target: Target, options: ListOptions) -> Page:
        """Return where a listing begins.

        Raises:
            RefusedError: As `chunks`.
        """
        scope = (target.served.resource.group, target.served.plural, target.namespace)
        if options.continue_at:
            return self._continued(target, scope, token(options.continue_at))
        await self._reached(options.at)
        now = self._store.version
        exact = options.match == EXACT or (options.limit > 0 and not options.match and options.at > 0)
        if exact and options.at < now:
            kept = self._snapshots.find(scope, options.at)
            if kept is None:
                raise expired(f"The resourceVersion for the provided list is too old: {options.at} ({now})")
            return Page(kept, options.at, 0, scope)
        return Page(self._records(target, options), now, 0, scope)

    def _records(self, target: Target, options: ListOptions) -> Sequence[Record]:
        name = options.selected.exactly("metadata.name")
        if name and (target.namespace or not target.served.resource.namespaced):
            found = self._store.get(target.served.resource, target.namespace, name)
            return (found,) if found else ()
        return self._store.list(target.served.resource, target.namespace or None)

    def _continued(self, target: Target, scope: Scope, at: Token) -> Page:
        if at.version == ANY_VERSION:
            records, version = self._store.list(target.served.resource, target.namespace or None), self._store.version
        else:
            kept = self._snapshots.find(scope, at.version)
            if kept is None:
                raise too_old(at)
            records, version = kept, at.version
        start = bisect_right(records, at.after, key=lambda record: (record.namespace, record.name))
        return Page(records, version, start, scope, continued=True)

    async def _reached(self, version: int) -> None:
        """Wait until the store has reached a version, or refuse it."""
        clock = asyncio.get_running_loop().time
        until = clock() + FUTURE_SECS
        while version > self._store.version:
            if clock() >= until:
                raise too_large_version(version, self._store.version)
            await asyncio.sleep(_LOOK_SECS)

    async def _parts(self, page: Page, target: Target, options: ListOptions, form: Form) -> AsyncIterator[bytes]:
        first, row = self._written(target, options, form)
        chunk, shown = [first], 0
        for at in range(page.start, len(page.records)):
            if options.selected.takes(page.records[at]):
                if options.limit and shown == options.limit:
                    yield b"".join(chunk) + self._end(page, at, options)
                    return
                chunk.append((b"," if shown else b"") + row(page.records[at]))
                shown += 1
            if (at - page.start + 1) % ROWS == 0:
                yield b"".join(chunk)
                chunk = []
                await asyncio.sleep(0)
        yield b"".join(chunk) + self._end(page, len(page.records), options)

    def _written(self, target: Target, options: ListOptions, form: Form) -> tuple[bytes, Callable[[Record], bytes]]:
        """Return what a listing begins with, and how each object of it is written."""
        served, tables = target.served, self._tables
        if form.shape is Shape.TABLE:
            start = head(form.version, tables.columns(served))
            return start, lambda record: tables.row(served, record, options.include, form.version)
        if form.shape is Shape.METADATA:
            opening = f'{{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/{form.version}","items":['
            return opening.encode(), lambda record: tables.metadata(record, form.version)
        opening = f'{{"apiVersion":"{served.group_version}","kind":"{served.kind}List","items":['
        return opening.encode(), served.body

    def _end(self, page: Page, at: int, options: ListOptions) -> bytes:
        metadata: dict[str, object] = {"resourceVersion": str(page.version)}
        if at < len(page.records):
            last = page.records[at - 1]
            self._snapshots.keep(page.scope, page.version, page.records, begun=not page.continued)
            metadata["continue"] = Token(page.version, (last.namespace, last.name)).written()
            if not options.selected:
                metadata["remainingItemCount"] = len(page.records) - at
        elif page.continued:
            self._snapshots.ended(page.scope, page.version)
        return b'],"metadata":' + encoded(metadata) + b"}"
