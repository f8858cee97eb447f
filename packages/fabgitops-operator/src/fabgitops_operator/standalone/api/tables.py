"""Tables (meta.k8s.io): what `kubectl get` prints, one row an object.

To find the cells an object is decoded, so what came of it is kept for as long as the object stays as it is: a row of
bytes in which only the ages are open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api.ages import age
from fabgitops_operator.standalone.api.columns import Shown, columns
from fabgitops_operator.standalone.api.served import Served
from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store import Record

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of rows that are kept, some 700 each."""

Include = str
"""What a row has of its object: "Metadata", "Object" or "None"."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What does not change with time."""

    version: int
    cells: tuple[bytes | datetime, ...]
    metadata: bytes

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        return len(self.metadata) + sum(len(cell) if isinstance(cell, bytes) else 48 for cell in self.cells)


class Tables:
    """Makes Tables; keeps what rows are made of."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._columns: dict[tuple[str, str], tuple[Shown, ...]] = {}
        self._rows: dict[str, _Row] = {}
        self._bytes = 0

    def columns(self, served: Served) -> bytes:
        """Return the definitions of the columns, as a JSON array."""
        return encoded([shown.definition for shown in self._of(served.resource)])

    def row(self, served: Served, record: Record, include: Include, version: str = "v1", *, keep: bool = True) -> bytes:
        """Return the row of an object.

        Args:
            served: What it is shown as.
            record: The object.
            include: What the row has of it.
            version: Of meta.k8s.io.
            keep: Whether what it is made of is kept: not of a record that the store does not have.
        """
        kept = self._kept(record) if keep else self._made(record)
        now = self._now()
        cells = b",".join(cell if isinstance(cell, bytes) else encoded(age(cell, now)) for cell in kept.cells)
        return b'{"cells":[' + cells + b'],"object":' + self._object(served, record, kept, include, version) + b"}"

    def metadata(self, record: Record, version: str = "v1", *, keep: bool = True) -> bytes:
        """Return the metadata of an object alone (PartialObjectMetadata)."""
        kept = self._kept(record) if keep else self._made(record)
        return _partial(kept.metadata, version)

    def bookmark(self, served: Served, metadata: dict[str, Any], version: str) -> bytes:
        """Return the row of a bookmark, which has no cells but the name's."""
        cells = encoded(["", *([None] * (len(self._of(served.resource)) - 1))])
        return b'{"cells":' + cells + b',"object":' + _partial(encoded(metadata), version) + b"}"

    def _object(self, served: Served, record: Record, kept: _Row, include: Include, version: str) -> bytes:
        if include == "None":
            return b"null"
        return served.body(record) if include == "Object" else _partial(kept.metadata, version)

    def _kept(self, record: Record) -> _Row:
        row = self._rows.get(record.uid)
        if row is None or row.version != record.version:
            self._forget(record.uid)
            row = self._rows[record.uid] = self._made(record)
            self._bytes += row.size
            while self._bytes > MOST_BYTES:
                self._forget(next(iter(self._rows)))
        return row

    def _forget(self, uid: str) -> None:
        row = self._rows.pop(uid, None)
        self._bytes -= row.size if row else 0

    def _made(self, record: Record) -> _Row:
        body = record.decoded()
        found = (shown.cell(body) for shown in self._of(record.resource))
        cells = tuple(cell if isinstance(cell, datetime) else encoded(cell) for cell in found)
        return _Row(record.version, cells, encoded(body["metadata"]))

    def _of(self, resource: Resource) -> tuple[Shown, ...]:
        key = (resource.group, resource.plural)
        if key not in self._columns:
            self._columns[key] = columns(resource)
        return self._columns[key]


def head(version: str, definitions: bytes) -> bytes:
    """Return a Table up to its rows; its metadata stands behind them."""
    start = f'{{"kind":"Table","apiVersion":"meta.k8s.io/{version}","columnDefinitions":'
    return start.encode() + definitions + b',"rows":['


def _partial(metadata: bytes, version: str) -> bytes:
    start = f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/{version}","metadata":'
    return start.encode() + metadata + b"}"
