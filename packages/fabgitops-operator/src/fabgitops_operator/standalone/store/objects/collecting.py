"""What owners left is collected: found in the state alone, so that an end between two deletions loses nothing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.objects import deleting, owning
from fabgitops_operator.standalone.store.objects.dropping import drop
from fabgitops_operator.standalone.store.record import Record
from fabgitops_operator.standalone.store.store import Store

AT_ONCE = 25
"""Objects that are looked at before others get a turn."""


class Collecting:
    """Looks through what has owners and what waits to go, until nothing is left to do."""

    def __init__(self, store: Store, resources: Sequence[Resource], turn: Callable[[], Any]) -> None:
        """Have them at hand.

        Args:
            store: What is kept.
            resources: Every kind that is.
            turn: Waits until something may be changed.
        """
        self._store = store
        self._kinds = {(each.api_version, each.kind): each for each in resources}
        self._turn = turn

    async def sweep(self) -> int:
        """Collect what is to be collected; return how many objects it changed.

        Raises:
            UnavailableError: It cannot be stored now; the next sweep finds the rest.
        """
        changed = 0
        while found := await self._round():
            changed += found
        return changed

    async def _round(self) -> int:
        stored: list[asyncio.Future[None]] = []
        for number, record in enumerate((*self._store.owned(), *self._store.going()), 1):
            await self._turn()
            stored += self._looked_at(record)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*stored)
        return len(stored)

    def _looked_at(self, seen: Record) -> list[asyncio.Future[None]]:
        """Do what is to be done about an object, as it is by now."""
        draft = self._store.draft()
        record = draft.get(seen.resource, *seen.key)
        if record is None or record.uid != seen.uid:
            return []
        dependants = self._dependants(draft, record)
        for each in owning.orphans(record, dependants):
            self._lose(draft, each, owning.Fate(without=(record.uid,)))
        fate = owning.of_owned(record, self._finding(draft), owns=bool(dependants))
        fate = fate or owning.of_going(record, dependants)
        if fate.goes:
            drop(draft, record, {"propagationPolicy": fate.policy})
        elif fate and draft.empty:
            self._lose(draft, record, fate)
        return [] if draft.empty else [self._store.submit(draft)]

    def _dependants(self, draft: Draft, record: Record) -> list[Record]:
        """Return what names an object as its owner, as far as it will be there."""
        latest = (draft.get(each.resource, *each.key) for each in self._store.dependants(record.uid))
        return [each for each in latest if each is not None and record.uid in each.owners]

    def _finding(self, draft: Draft) -> owning.Find:
        def find(reference: Mapping[str, Any], namespace: str) -> Record | None:
            resource = self._kinds[reference["apiVersion"], reference["kind"]]
            return draft.get(resource, namespace if resource.namespaced else "", reference["name"])

        return find

    @staticmethod
    def _lose(draft: Draft, record: Record, fate: owning.Fate) -> None:
        body = owning.changed(record.decoded(), fate)
        if deleting.is_over(body):
            draft.remove(record, body)
        else:
            draft.put(record.resource, body, record.origin, record.given)
