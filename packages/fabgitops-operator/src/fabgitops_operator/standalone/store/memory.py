"""Everything that is on the disk, in memory, and the ways in which it is found."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.record import Change, Record


class Memory:
    """Objects by name, by uid and by owner."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_name: dict[Resource, dict[tuple[str, str], Record]] = {}
        self._by_uid: dict[str, Record] = {}
        self._by_owner: dict[str, dict[str, Record]] = {}
        self._going: dict[str, Record] = {}
        self._keys: dict[Resource, list[tuple[str, str]]] = {}
        self._sorted: dict[Resource, tuple[Record, ...]] = {}
        for record in records:
            self._put(record)

    def get(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return an object, if it is there."""
        return self._by_name.get(resource, {}).get((namespace, name))

    def list(self, resource: Resource, namespace: str | None) -> Sequence[Record]:
        """Return the objects of a resource by namespace and name; it is kept until one of them changes."""
        found = self._sorted.get(resource)
        if found is None:
            by_name = self._by_name.get(resource, {})
            found = self._sorted[resource] = tuple(by_name[key] for key in self._in_order(resource, by_name))
        return found if namespace is None else tuple(record for record in found if record.namespace == namespace)

    def oldest(self, resource: Resource, most: int) -> Record | None:
        """Return the object that was made first, where there are `most` or more."""
        found = self._by_name.get(resource, {})
        return next(iter(found.values())) if len(found) >= most else None

    def _in_order(self, resource: Resource, by_name: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Return the names in their order, which a change to an object leaves as it is."""
        if resource not in self._keys:
            self._keys[resource] = sorted(by_name)
        return self._keys[resource]

    def find(self, uid: str) -> Record | None:
        """Return the object of a uid, if it is there."""
        return self._by_uid.get(uid)

    def dependants(self, uid: str) -> Sequence[Record]:
        """Return the objects that name an owner of this uid."""
        return tuple(self._by_owner.get(uid, {}).values())

    def owned(self) -> Sequence[Record]:
        """Return the objects that name an owner."""
        return tuple({record.uid: record for found in self._by_owner.values() for record in found.values()}.values())

    def going(self) -> Sequence[Record]:
        """Return the objects that are to go, and wait for something."""
        return tuple(self._going.values())

    def take_in(self, change: Change) -> None:
        """Make a change that is on the disk."""
        if change.before is not None:
            self._drop(change.before, name=change.gone)
        if not change.gone:
            self._put(change.record)
        self._sorted.pop(change.record.resource, None)
        if change.gone or change.before is None:
            self._reorder(change)

    def _reorder(self, change: Change) -> None:
        keys = self._keys.get(change.record.resource)
        if keys is None:
            return
        if change.gone:
            del keys[bisect_left(keys, change.record.key)]
        else:
            insort(keys, change.record.key)

    def _put(self, record: Record) -> None:
        self._by_name.setdefault(record.resource, {})[record.key] = record
        self._by_uid[record.uid] = record
        if b'"deletionTimestamp"' in record.body:
            self._going[record.uid] = record
        for owner in record.owners:
            self._by_owner.setdefault(owner, {})[record.uid] = record

    def _drop(self, record: Record, *, name: bool) -> None:
        if name:  # else it keeps its place among those that are older and younger
            self._by_name[record.resource].pop(record.key, None)
        self._by_uid.pop(record.uid, None)
        self._going.pop(record.uid, None)
        for owner in record.owners:
            named = self._by_owner.get(owner, {})
            named.pop(record.uid, None)
            if not named:
                self._by_owner.pop(owner, None)
