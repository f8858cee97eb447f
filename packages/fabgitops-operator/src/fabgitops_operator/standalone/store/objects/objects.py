"""What a request does to an object, with Kubernetes' semantics.

Each request is worked out in one go, on the objects as they will be when what is on its way is stored, then waited for:
what is answered is on the disk. The rules are pure functions beside this (`creating`, `updating`, `deleting`,
`patching`, `sourced`); here they are put in order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from fabgitops_operator.standalone.resources import NAMESPACE, RESOURCES, Resource
from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.errors import RefusedError
from fabgitops_operator.standalone.store.namespaces import namespace
from fabgitops_operator.standalone.store.objects import creating, deleting, metadata, patching, sourced, updating
from fabgitops_operator.standalone.store.objects.asking import Actor, Cause, How, Judge, Outcome, Wanted
from fabgitops_operator.standalone.store.objects.collecting import Collecting
from fabgitops_operator.standalone.store.objects.dropping import drop
from fabgitops_operator.standalone.store.objects.refusals import (
    STOPPED,
    Fault,
    absent,
    bad_patch,
    bad_request,
    exists,
    forbidden,
    invalid,
    not_handled,
    too_large,
)
from fabgitops_operator.standalone.store.objects.taking import Taking
from fabgitops_operator.standalone.store.record import Record, encoded
from fabgitops_operator.standalone.store.store import Store
from fabgitops_operator.standalone.store.times import timestamp

MOST_BYTES = 1_572_864
"""Bytes of an object, as many as etcd takes."""

_BLOCKING = ("FieldValueRequired", "FieldValueTooLong")
"""Kinds of trouble with metadata over which the API server does not ask the rules any more."""

_STATUS_OF = (Actor.OPERATOR, Actor.CONTROLLER)


class Objects:
    """Creates, changes and deletes objects of a store."""

    def __init__(self, store: Store, judge: Judge, resources: Sequence[Resource] = RESOURCES) -> None:
        self.store = store
        self.resources = resources
        self.collecting = Collecting(store, resources, self.turn)
        """Collects what owners left."""
        self._judge = judge
        self._free = asyncio.Event()
        self._free.set()
        self.vanished = asyncio.Event()
        """Set when an owner went, or something was made that names one: there may be something to collect."""

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any], how: How) -> Outcome:
        """Make an object.

        Raises:
            RefusedError: It is refused; the Status says why.
            UnavailableError: It cannot be stored now.
        """
        await self.turn()
        draft = self.store.draft()
        made, unknown = creating.made(resource, namespace, body, timestamp(), str(uuid4()))
        self._check_place(draft, resource, namespace, made)
        name = made["metadata"].get("name", "")
        faults = metadata.faults(made["metadata"])
        made, warnings = self._judged(resource, name, made, None, how, faults, unknown, patched=False)
        if (found := draft.get(resource, namespace, name)) is not None:
            raise exists(resource, name, going="deletionTimestamp" in found.decoded()["metadata"])
        self._make_room(draft, resource)
        return await self._stored(draft, resource, made, how, warnings, created=True)

    async def replace(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any], how: How
    ) -> Outcome:
        """Put an object, or its status, in the place of what is there.

        Raises:
            RefusedError: It is refused; the Status says why.
            UnavailableError: It cannot be stored now.
        """
        await self.turn()
        draft = self.store.draft()
        return await self._changed(draft, resource, namespace, name, body, how, patched=False)

    async def patch(
        self, resource: Resource, namespace: str, name: str, patch: Any, kind: Literal["merge", "json"], how: How
    ) -> Outcome:
        """Change parts of an object, or of its status.

        Raises:
            RefusedError: It is refused; the Status says why.
            UnavailableError: It cannot be stored now.
        """
        await self.turn()
        draft = self.store.draft()
        record = draft.get(resource, namespace, name)
        if record is None:
            raise absent(resource, name)
        apply = patching.merged if kind == "merge" else patching.stepped
        return await self._changed(draft, resource, namespace, name, apply(record.decoded(), patch), how, patched=True)

    async def delete(
        self, resource: Resource, namespace: str, name: str, options: Mapping[str, Any] | None, how: How
    ) -> Outcome:
        """Delete an object; one that finalizers hold is only marked.

        Args:
            resource: Of what kind it is.
            namespace: Where it is.
            name: Its name.
            options: DeleteOptions: preconditions, propagationPolicy, orphanDependents.
            how: Who asks.

        Raises:
            RefusedError: It is refused; the Status says why.
            UnavailableError: It cannot be stored now.
        """
        await self.turn()
        draft, options = self.store.draft(), options or {}
        deleting.check(options)
        dry_run = how.dry_run or bool(options.get("dryRun"))
        record = draft.get(resource, namespace, name)
        if record is None:
            raise absent(resource, name)
        deleting.check_preconditions(record, options)
        self._check_made_by_use(resource, name)
        if (refused := sourced.refusal(record, how.actor, None)) is not None:
            raise refused
        outcome = drop(draft, record, options)
        if draft.empty:
            await self._on_disk(record)
        elif not dry_run:
            await self._committed(draft)
        return outcome

    async def take(self, revision: str, wanted: Sequence[Wanted], gone: Sequence[Record]) -> None:
        """Take a revision of the source, whole or not at all, in one commit; nothing else is changed meanwhile.

        Args:
            revision: What it is called; kept as the fact `revision`.
            wanted: The objects that it names: all, or those that are not as they were.
            gone: Those that it names no more.

        Raises:
            UnavailableError: It cannot be stored now.
            RefusedError: An object has metadata that is refused, or is too large.
        """
        await self.turn()
        self._free.clear()
        try:
            draft = self.store.draft()
            await Taking(draft, self._judge, timestamp()).take(wanted, gone)
            draft.note("revision", revision)
            stored = self.store.submit(draft)
        finally:
            self._free.set()
        await stored
        self.vanished.set()

    async def use(self, name: str) -> None:
        """Have a namespace, if it is not there.

        Raises:
            UnavailableError: It cannot be stored now.
        """
        await self.turn()
        draft = self.store.draft()
        if draft.get(NAMESPACE, "", name) is None:
            draft.put(NAMESPACE, namespace(name, timestamp()))
            await self.store.commit(draft)

    async def turn(self) -> None:
        """Wait until nobody takes a revision."""
        while not self._free.is_set():
            await self._free.wait()

    def _check_place(self, draft: Draft, resource: Resource, namespace: str, body: Mapping[str, Any]) -> None:
        self._check_made_by_use(resource, body["metadata"].get("name", ""))
        if resource.namespaced and draft.get(NAMESPACE, "", namespace) is None:
            raise absent(NAMESPACE, namespace)

    def _check_made_by_use(self, resource: Resource, name: str) -> None:
        if resource.made_by_use:
            raise forbidden(resource, name, "it is there for as long as the source names objects in it")

    async def _changed(
        self,
        draft: Draft,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        how: How,
        *,
        patched: bool,
    ) -> Outcome:
        new, unknown = updating.read(resource, namespace, name, body, patched=patched)
        record = draft.get(resource, namespace, name)
        self._check_made_by_use(resource, name)
        _check_subresource(resource, name, how)
        new, faults = updating.updated(resource, record, name, new, how.subresource, patched=patched)
        assert record is not None  # noqa: S101 - it would have been refused
        old = record.decoded()
        new, warnings = self._judged(resource, name, new, old, how, faults, unknown, patched=patched)
        if not how.subresource and (refused := sourced.refusal(record, how.actor, new)) is not None:
            raise refused
        if not how.subresource:
            new = sourced.noted(record, old, new, timestamp())
        if (grown := updating.generation(new, old)) is not None and not how.subresource:
            new["metadata"] = {**new["metadata"], "generation": grown}
        if _written(resource, new) == record.body:
            await self._on_disk(record)
            return Outcome(record.body, warnings=warnings)
        if deleting.is_over(new):
            if not how.dry_run:
                draft.remove(record, new)
                await self._committed(draft)
            return Outcome(encoded(new), gone=True, warnings=warnings)
        return await self._stored(draft, resource, new, how, warnings, record)

    def _judged(
        self,
        resource: Resource,
        name: str,
        new: dict[str, Any],
        old: dict[str, Any] | None,
        how: How,
        faults: Sequence[Fault],
        unknown: Sequence[str],
        *,
        patched: bool,
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return an object as it is stored, and what is to be told about it."""
        operation: Literal["CREATE", "UPDATE"] = "CREATE" if old is None else "UPDATE"
        judged = self._judge.judge(resource, new, old, operation, how.subresource, how.validation, how.who)
        odd = (*judged.unknown, *(unknown if how.validation == "Strict" else ()))
        if odd:
            why = f"strict decoding error: {', '.join(sorted(odd))}"
            raise bad_patch(why) if patched else not_handled(resource, why)
        causes: list[Cause] = [*faults, *judged.causes]
        if any(each.reason in _BLOCKING for each in faults) and not any(each.field == "<nil>" for each in causes):
            causes.append(STOPPED)
        warnings = (*(unknown if how.validation == "Warn" else ()), *judged.warnings)
        if causes:
            raise RefusedError(invalid(resource, new["kind"], name, causes).status, warnings)
        return {**judged.body, "metadata": new["metadata"]}, warnings

    async def _stored(
        self,
        draft: Draft,
        resource: Resource,
        body: Mapping[str, Any],
        how: How,
        warnings: tuple[str, ...],
        before: Record | None = None,
        *,
        created: bool = False,
    ) -> Outcome:
        written = _written(resource, body)
        if how.dry_run:
            return Outcome(written, created=created, warnings=warnings)
        origin, given = ("", ()) if before is None else (before.origin, before.given)
        record = draft.put(resource, body, origin, given)
        await self._committed(draft)
        return Outcome(record.body, created=created, warnings=warnings)

    def _make_room(self, draft: Draft, resource: Resource) -> None:
        """Have the oldest go where only so many are kept."""
        oldest = self.store.oldest(resource, resource.most) if resource.most else None
        if oldest is not None and draft.get(resource, *oldest.key) is oldest:
            draft.remove(oldest)

    async def _on_disk(self, record: Record) -> None:
        """Wait until an object that is answered as it is can be lost no more."""
        if self.store.get(record.resource, *record.key) is not record:
            await self.store.commit(self.store.draft())

    async def _committed(self, draft: Draft) -> None:
        stored = self.store.submit(draft)
        await stored
        for change in draft.changes:
            if (
                change.record.owners
                or (change.gone and self.store.dependants(change.record.uid))
                or _waits(change.record)
            ):
                self.vanished.set()


def _waits(record: Record) -> bool:
    return b'"deletionTimestamp"' in record.body


def _check_subresource(resource: Resource, name: str, how: How) -> None:
    if how.subresource not in {"", "status"} or (how.subresource and not resource.has_status):
        raise absent(resource, name)
    if how.subresource == "status" and how.actor not in _STATUS_OF:
        raise forbidden(resource, name, "its status is the operator's, and says what it has found")


def _written(resource: Resource, body: Mapping[str, Any]) -> bytes:
    """Return an object as bytes; refuse one that is too large, or holds what is no number."""
    try:
        written = encoded(body)
    except ValueError as error:
        raise bad_request(f"the object cannot be written as JSON: {error}") from None
    if len(written) > MOST_BYTES:
        raise too_large(resource, len(written), MOST_BYTES)
    return written
