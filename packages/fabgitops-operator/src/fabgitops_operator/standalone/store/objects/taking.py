"""A revision of the source, drafted: what it names is put in place, what it names no more is let go of."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from fabgitops_operator.standalone.resources import NAMESPACE, Resource
from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.namespaces import namespace
from fabgitops_operator.standalone.store.objects import deleting, metadata, sourced, updating
from fabgitops_operator.standalone.store.objects.asking import Judge, Wanted
from fabgitops_operator.standalone.store.objects.refusals import invalid, not_handled
from fabgitops_operator.standalone.store.record import Record, same

SOURCE = "the source"
"""In whose name it is asked whether an object may be stored."""

AT_ONCE = 8
"""Objects that are worked out before others get a turn: two or three milliseconds."""


class Taking:
    """Drafts a revision, with pauses in which others read but nobody drafts."""

    def __init__(self, draft: Draft, judge: Judge, now: str) -> None:
        self._draft = draft
        self._judge = judge
        self._now = now

    async def take(self, wanted: Sequence[Wanted], gone: Sequence[Record]) -> None:
        """Draft all of it.

        Raises:
            RefusedError: The metadata of an object is refused.
        """
        for number, each in enumerate(wanted, 1):
            if each.resource.namespaced:
                self.namespace(each.namespace)
            self._want(each)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        named = {(each.resource, each.namespace, each.name) for each in wanted}
        for number, record in enumerate(gone, 1):
            if (record.resource, *record.key) not in named:
                self._let_go(record)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def namespace(self, name: str) -> None:
        """Have a namespace, if it is not there."""
        if self._draft.get(NAMESPACE, "", name) is None:
            self._draft.put(NAMESPACE, namespace(name, self._now))

    def _want(self, wanted: Wanted) -> None:
        record = self._draft.get(wanted.resource, wanted.namespace, wanted.name)
        given = _metadata(wanted)
        if record is None:
            self._draft.put(wanted.resource, self._new(wanted, given), wanted.origin, _names(given))
        else:
            self._change(record, wanted, given)

    def _new(self, wanted: Wanted, given: Mapping[str, Any]) -> dict[str, Any]:
        whole = {**given, "uid": str(uuid4()), "creationTimestamp": self._now}
        if wanted.resource.definition is not None:
            whole["generation"] = 1
        return self._judged(wanted, {**_declared(wanted.resource, wanted.body), "metadata": whole}, None)

    def _change(self, record: Record, wanted: Wanted, given: Mapping[str, Any]) -> None:
        old = record.decoded()
        body, stopped = sourced.still_stopped(wanted.resource, wanted.body, old)
        annotations, names = sourced.annotations(
            old["metadata"].get("annotations", {}), record.given, given.get("annotations", {}), stopped=stopped
        )
        kept = {name: value for name, value in old["metadata"].items() if name not in {"labels", "annotations"}}
        new_metadata = {**kept, **given} | ({"annotations": annotations} if annotations else {})
        new = {**_declared(wanted.resource, body), "metadata": new_metadata}
        if wanted.resource.has_status and "status" in old:
            new["status"] = old["status"]
        new = self._judged(wanted, new, old)
        if (grown := updating.generation(new, old)) is not None:
            new_metadata["generation"] = grown
        if not same(new, old):
            self._draft.put(record.resource, new, wanted.origin, names)
        elif (record.origin, record.given) != (wanted.origin, names):
            self._draft.mark(record, wanted.origin, names)

    def _judged(self, wanted: Wanted, new: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
        """Return an object with its defaults; what is in the store already was judged with them."""
        resource = wanted.resource
        operation: Literal["CREATE", "UPDATE"] = "CREATE" if old is None else "UPDATE"
        judged = self._judge.judge(resource, new, old, operation, "", "Strict", SOURCE)
        if judged.unknown:
            raise not_handled(resource, f"strict decoding error: {', '.join(judged.unknown)}")
        if judged.causes:
            raise invalid(resource, resource.kind, wanted.name, judged.causes)
        return {**judged.body, "metadata": new["metadata"]}

    def _let_go(self, seen: Record) -> None:
        record = self._draft.get(seen.resource, *seen.key)
        if record is None or record.uid != seen.uid:
            return
        held = deleting.held(record.decoded(), {"propagationPolicy": "Background"}, self._now)
        if held is None:
            self._draft.remove(record)
        elif held != record.decoded():
            self._draft.put(record.resource, held, record.origin, record.given)


def _metadata(wanted: Wanted) -> dict[str, Any]:
    """Return what the source says of metadata: name, labels, annotations, owners and finalizers."""
    try:
        given, _ = metadata.read(wanted.body)
    except metadata.MisreadError as error:
        raise not_handled(wanted.resource, str(error)) from None
    named = {"name": wanted.name} | ({"namespace": wanted.namespace} if wanted.resource.namespaced else {})
    kept: dict[str, Any] = {
        name: given[name] for name in ("labels", "annotations", "ownerReferences", "finalizers") if name in given
    }
    if causes := metadata.faults({**kept, **named}):
        raise invalid(wanted.resource, wanted.resource.kind, wanted.name, causes)
    return sourced.without_note({**kept, **named})


def _names(given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(given.get("annotations", {})))


def _declared(resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
    passed_over = {"metadata", "status"} if resource.has_status else {"metadata"}
    return {name: value for name, value in body.items() if name not in passed_over}
