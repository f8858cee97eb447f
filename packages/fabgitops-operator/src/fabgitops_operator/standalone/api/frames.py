"""The lines that watches are told: what a change is to whom, written once for all who watch in the same form."""

from dataclasses import dataclass, replace
from typing import Any

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api.accept import Form, Shape
from fabgitops_operator.standalone.api.selectors import Selection
from fabgitops_operator.standalone.api.served import Served
from fabgitops_operator.standalone.api.tables import Tables, head
from fabgitops_operator.standalone.store import Happened, Record

MOST_BYTES = 4 * 1024 * 1024
"""Bytes of changes that are kept as they were written: who is further behind has them written anew."""

ADDED, MODIFIED, DELETED, BOOKMARK, ERROR = "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"
"""The types of lines."""

_INITIAL_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a watch tells: a type, the record, and whether the store has it."""

    type: str
    record: Record
    stored: bool = True


def told(happened: Happened, selected: Selection) -> Told | None:
    """Return what a change is to a watch with selectors, if it is anything.

    What ceases to match is deleted for it, as it was and with the version of the change; what begins to match is added.
    """
    if not selected:
        return Told(happened.type, happened.record)
    matched = happened.before is not None and selected.takes(happened.before)
    if happened.type == DELETED:
        return Told(DELETED, happened.record) if matched else None
    if selected.takes(happened.record):
        return Told(MODIFIED if matched else ADDED, happened.record)
    if happened.before is None or not matched:
        return None
    return Told(DELETED, _at(happened.before, happened.version), stored=False)


def _at(record: Record, version: int) -> Record:
    """Return an object as it was, with the version of what ended it."""
    body = record.decoded()
    body["metadata"] = {**body["metadata"], "resourceVersion": str(version)}
    return replace(record, version=version, kept=encoded(body))


class Frames:
    """The lines that watches are told, each written once."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept: dict[tuple[object, ...], bytes] = {}
        self._bytes = 0

    def change(self, served: Served, each: Told, form: Form, include: str, *, first: bool) -> bytes:
        """Return the line of a change; the first of a Table says which columns there are."""
        record = each.record
        key = (served.group_version, form, include, first, each.type, record.uid, record.version, each.stored)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self.line(served, each, form, include, first=first)
            self._bytes += len(found)
            while self._bytes > MOST_BYTES:
                self._bytes -= len(self._kept.pop(next(iter(self._kept))))
        return found

    def line(self, served: Served, each: Told, form: Form, include: str, *, first: bool) -> bytes:
        """Return the line of an object, without keeping it."""
        if form.shape is Shape.TABLE:
            row = self._tables.row(served, each.record, include, form.version, keep=each.stored)
            body = self._table(served, row, form, each.record.version, first=first)
        elif form.shape is Shape.METADATA:
            body = self._tables.metadata(each.record, form.version, keep=each.stored)
        else:
            body = served.body(each.record)
        return line_of(each.type, body)

    def bookmark(self, served: Served, version: int, form: Form, *, first: bool, initial: bool = False) -> bytes:
        """Return the line that says up to which version everything was told."""
        metadata: dict[str, Any] = {"resourceVersion": str(version)} | (
            {"annotations": _INITIAL_END} if initial else {}
        )
        if form.shape is Shape.TABLE:
            row = self._tables.bookmark(served, metadata, form.version)
            return line_of(BOOKMARK, self._table(served, row, form, version, first=first))
        start = {"apiVersion": served.group_version, "kind": served.kind}
        if form.shape is Shape.METADATA:
            start = {"apiVersion": f"meta.k8s.io/{form.version}", "kind": "PartialObjectMetadata"}
        return line_of(BOOKMARK, encoded(start | {"metadata": metadata}))

    def _table(self, served: Served, row: bytes, form: Form, version: int, *, first: bool) -> bytes:
        definitions = self._tables.columns(served) if first else b"[]"
        return (
            head(form.version, definitions) + row + b'],"metadata":' + encoded({"resourceVersion": str(version)}) + b"}"
        )


def line_of(type_: str, body: bytes) -> bytes:
    """Return a line of a watch (meta/v1 WatchEvent)."""
    return b'{"type":"' + type_.encode() + b'","object":' + body + b"}\n"
