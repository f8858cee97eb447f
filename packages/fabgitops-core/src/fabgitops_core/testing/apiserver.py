"""A small API server in memory, true as far as kinds that own objects can tell.

It has uids, resource versions, managers of fields, owners, finalizers, deletions and, when asked to, a garbage
collector. Here is what people and controllers do to it; what the engine asks of it comes by `FakeObjects`, and what it
tells goes by `FakeWatch`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.testing.managed import Managed, body_of, fields_of, shown

Body = dict[str, Any]


@dataclass(slots=True)
class Stored:
    """An object; `leaving` is its deletionTimestamp."""

    kind: Kind
    uid: str
    created: str
    managed: Managed
    version: int = 0
    generation: int = 1
    leaving: str = ""
    status: Mapping[str, Any] = field(default_factory=dict)


class Watcher(Protocol):
    """Whoever is told of each change: the object before and after it, None where it is not there."""

    def changed(self, key: Key, before: Body | None, after: Body | None) -> None:
        """Note a change."""
        ...


class FakeApiServer:
    """Objects of some kinds, and whoever watches them.

    `version` is the resourceVersion of what changed last.

    Args:
        kinds: Which kinds there are.
        now: The time of day.
    """

    def __init__(self, kinds: Iterable[Kind], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self.watchers: list[Watcher] = []
        self.version = 0
        self._now = now
        self._stored: dict[Key, Stored] = {}
        self._uids = 0

    def __getitem__(self, key: Key) -> Body:
        """Return an object as it is shown."""
        stored = self._stored[key]
        body = body_of(stored.managed.fields)
        metadata = {
            **body.pop("metadata", {}),
            "name": key.name,
            "namespace": key.namespace,
            "uid": stored.uid,
            "resourceVersion": str(stored.version),
            "generation": stored.generation,
            "creationTimestamp": stored.created,
            **({"deletionTimestamp": stored.leaving} if stored.leaving else {}),
        }
        status = {"status": deepcopy(stored.status)} if stored.status else {}
        return {"apiVersion": stored.kind.api_version, "kind": stored.kind.kind, "metadata": metadata, **body, **status}

    def __contains__(self, key: Key) -> bool:
        """Return whether an object is there."""
        return key in self._stored

    def __len__(self) -> int:
        """Return how many objects there are."""
        return len(self._stored)

    def keys(self, *kinds: str) -> list[Key]:
        """Return the full names of the objects of these kinds, or of all."""
        return sorted(key for key in self._stored if not kinds or key.kind in kinds)

    def key_of(self, body: Mapping[str, Any]) -> Key:
        """Return the full name of an object; one of no kind that there is has what it says for its kind's name."""
        kind = next((name for name, each in self.kinds.items() if each.matches(body)), body["kind"])
        return Key(kind, body["metadata"]["namespace"], body["metadata"]["name"])

    def managers(self, key: Key) -> dict[str, list[str]]:
        """Return by manager the fields that are its own."""
        managed = self._stored[key].managed
        return {manager: sorted(map(shown, paths)) for manager, paths in managed.managers.items() if paths}

    def create(self, body: Mapping[str, Any], manager: str = "kubectl") -> Body:
        """Let somebody create an object.

        Raises:
            KeyError: There is no such kind, or the object is there already.
        """
        key = self.key_of(body)
        if key in self._stored:
            raise KeyError(f"{key.kind} {key} is there already")
        managed = Managed()
        managed.update(fields_of(body), manager)
        self.add(key, managed, body.get("status") or {})
        return self[key]

    def edit(self, key: Key, patch: Mapping[str, Any], manager: str = "kubectl") -> Body:
        """Let somebody change an object by a merge patch (RFC 7386): a None takes a field away."""
        return self.replace(key, merged(body_of(self._stored[key].managed.fields), patch), manager)

    def replace(self, key: Key, body: Mapping[str, Any], manager: str = "kubectl") -> Body:
        """Let somebody give an object another body; status and metadata that it has no say in are passed over."""
        before = self._stored[key]
        managed = before.managed.copy()
        managed.update(fields_of(body), manager)
        if managed != before.managed:
            self.change(key, managed=managed)
        after = self[key]
        if before.leaving and not _finalizers(managed):
            self._drop(key)
        return after

    def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Let a status be stored."""
        if status != self._stored[key].status:
            self.change(key, status=deepcopy(status))

    def remove(self, key: Key) -> None:
        """Let an object be deleted, whichever it is; one with finalizers stays until it has none."""
        stored = self._stored[key]
        if not _finalizers(stored.managed):
            self._drop(key)
        elif not stored.leaving:
            self.change(key, leaving=_rfc3339(self._now()), generation=stored.generation + 1)

    def collect(self) -> int:
        """Let the garbage collector delete what has owners of which none is there, and return how many were."""
        removed = 0
        while orphans := list(self._orphans()):
            for key in orphans:
                self.remove(key)
            removed += len(orphans)
        return removed

    def backup(self) -> tuple[int, dict[Key, Any]]:
        """Return all there is, to be restored at any time."""
        return self.version, {
            key: replace(stored, managed=stored.managed.copy()) for key, stored in self._stored.items()
        }

    def restore(self, backup: tuple[int, dict[Key, Any]]) -> None:
        """Set everything back, as from a backup of etcd: no watch hears of it, so each has to be cut."""
        self.version = backup[0]
        self._stored = {key: replace(stored, managed=stored.managed.copy()) for key, stored in backup[1].items()}

    def _orphans(self) -> Iterator[Key]:
        uids = {stored.uid for stored in self._stored.values()}
        for key, stored in self._stored.items():
            owners = [each["uid"] for each in owners_of(stored.managed)]
            if owners and not stored.leaving and not uids.intersection(owners):
                yield key

    # --- what all of it comes to --------------------------------------------------------------------------------------

    def stored(self, key: Key) -> Stored | None:
        """Return what is kept of an object, not to be changed."""
        return self._stored.get(key)

    def add(self, key: Key, managed: Managed, status: Mapping[str, Any]) -> None:
        """Store a new object of these fields."""
        self._uids += 1
        self.version += 1
        uid = f"00000000-0000-4000-8000-{self._uids:012x}"
        self._stored[key] = Stored(
            self.kinds[key.kind], uid, _rfc3339(self._now()), managed, self.version, status=deepcopy(status)
        )
        self._tell(key, None)

    def change(self, key: Key, **changes: Any) -> None:
        """Store what of an object is another now; another spec is another generation."""
        before, stored = self[key] if self.watchers else None, self._stored[key]
        self.version += 1
        after = replace(stored, **changes, version=self.version)
        if _spec(after.managed) != _spec(stored.managed):
            after.generation += 1
        self._stored[key] = after
        self._tell(key, before)

    def _drop(self, key: Key) -> None:
        before = self[key]
        self.version += 1
        del self._stored[key]
        self._tell(key, before)

    def _tell(self, key: Key, before: Body | None) -> None:
        if self.watchers:
            after = self[key] if key in self._stored else None
            for watcher in self.watchers:
                watcher.changed(key, before, after)


def merged(body: Mapping[str, Any], patch: Mapping[str, Any]) -> Body:
    """Return an object after a merge patch (RFC 7386)."""
    after = dict(body)
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, Mapping):
            part = after.get(name)
            after[name] = merged(part if isinstance(part, Mapping) else {}, value)
        else:
            after[name] = value
    return after


def owners_of(managed: Managed) -> list[Mapping[str, Any]]:
    """Return the owner references of an object."""
    return [value for path, value in managed.fields.items() if path[:2] == ("metadata", "ownerReferences")]


def _finalizers(managed: Managed) -> list[str]:
    return [path[-1] for path in managed.fields if path[:2] == ("metadata", "finalizers")]


def _spec(managed: Managed) -> Body:
    return {name: part for name, part in body_of(managed.fields).items() if name != "metadata"}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
