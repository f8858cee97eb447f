"""Changes that are put together, to be stored whole or not at all."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.record import Change, Record, encoded, owners


class Latest(Protocol):
    """Where the objects are found as they will be when all that is on its way is stored."""

    def latest(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return an object, if it will be there."""
        ...


class Draft:
    """What is to be changed; each change has a version of its own, and sees those before it."""

    def __init__(self, latest: Latest, base: int, now: float) -> None:
        """Begin.

        Args:
            latest: What is there.
            base: The version that it goes on from.
            now: Seconds since 1970.
        """
        self._latest = latest
        self._now = now
        self._changes: dict[tuple[Resource, str, str], Change] = {}
        self._facts: dict[str, str] = {}
        self.base = base
        self.version = base

    @property
    def changes(self) -> Sequence[Change]:
        """Return the changes, in the order of their versions."""
        return tuple(self._changes.values())

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Return the small facts that go with them."""
        return tuple(self._facts.items())

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to store."""
        return not self._changes and not self._facts

    def note(self, key: str, value: str) -> None:
        """Have a small fact stored with the changes."""
        self._facts[key] = value

    def get(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return an object as it is after what was drafted."""
        change = self._changes.get((resource, namespace, name))
        if change is not None:
            return None if change.gone else change.record
        return self._latest.latest(resource, namespace, name)

    def put(self, resource: Resource, body: Mapping[str, Any], origin: str = "", given: tuple[str, ...] = ()) -> Record:
        """Put an object in the place of what has its name, if anything has; it gets the next version.

        Raises:
            ValueError: A number in it is none.
        """
        origin = origin.encode(errors="replace").decode()  # names of files need not be texts
        metadata = {**body["metadata"], "resourceVersion": str(self.version + 1)}
        whole = {**body, "metadata": metadata}
        namespace, name = sys.intern(metadata.get("namespace", "")), metadata["name"]
        record = Record(
            resource,
            namespace,
            name,
            metadata["uid"],
            self.version + 1,
            origin,
            encoded(whole),
            given,
            self._now,
            owners(whole),
        )
        self._add(Change(record, self.get(resource, namespace, name)))
        return record

    def mark(self, record: Record, origin: str, given: tuple[str, ...]) -> None:
        """Note where the source names an object now, which is the same otherwise: nobody is told."""
        moved = Record(
            record.resource,
            record.namespace,
            record.name,
            record.uid,
            record.version,
            origin,
            record.body,
            given,
            record.at,
            record.owners,
        )
        self._changes[(record.resource, *record.key)] = Change(moved, record)

    def remove(self, record: Record, body: Mapping[str, Any] | None = None) -> Record:
        """Take an object away; return it as it went."""
        whole = dict(record.decoded() if body is None else body)
        whole["metadata"] = {**whole["metadata"], "resourceVersion": str(self.version + 1)}
        gone = Record(
            record.resource,
            record.namespace,
            record.name,
            record.uid,
            self.version + 1,
            record.origin,
            encoded(whole),
            record.given,
            self._now,
            owners(whole),
        )
        self._add(Change(gone, record, gone=True))
        return gone

    def _add(self, change: Change) -> None:
        key = (change.record.resource, *change.record.key)
        if key in self._changes:
            raise RuntimeError(f"{change.record} is changed twice in one draft")
        self._changes[key] = change
        self.version += 1
