"""Which objects there are, and which version of each was seen last: keeps what is stale from the engine.

A watch and a listing tell of the same objects at their own pace. An older version is never believed after a newer one:
it would bring an old target back, and that would be written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.intake import declared
from fabgitops_core.engine.engine import Engine

Body = Mapping[str, Any]


@dataclass(slots=True)
class _Seen:
    uid: str
    version: int


class Inventory:
    """Passes what is new of each object to the engine; `forgotten` is told the uid of each that is gone."""

    def __init__(self, engine: Engine, forgotten: Callable[[str], None]) -> None:
        self._engine = engine
        self._forgotten = forgotten
        self._seen: dict[Key, _Seen] = {}
        self._deleted: set[str] | None = None

    def uid(self, key: Key) -> str | None:
        """Return the uid of an object that is there."""
        seen = self._seen.get(key)
        return seen.uid if seen else None

    def present(self, controller: Controller[Any], body: Body) -> None:
        """Take an object as it stands, unless a newer version of it was seen or it is known to be gone.

        One that is being deleted, and only waits for a finalizer of somebody else's, counts as gone.
        """
        if body["metadata"].get("deletionTimestamp"):
            self.deleted(controller, body)
            return
        key, uid, version = _identity(controller, body)
        if self._deleted is not None and uid in self._deleted:
            return
        seen = self._seen.get(key)
        if seen is not None and version < seen.version:
            return
        if seen is not None and seen.uid != uid:
            self.lost(key)
        self._seen[key] = _Seen(uid, version)
        self._engine.declare(key, controller, declared(controller.kind, body, datetime.now(UTC)))

    def deleted(self, controller: Controller[Any], body: Body) -> None:
        """Take the news that an object is gone."""
        key, uid, _version = _identity(controller, body)
        if self._deleted is not None:
            self._deleted.add(uid)
        seen = self._seen.get(key)
        if seen is not None and seen.uid == uid:
            self.lost(key)

    def lost(self, key: Key) -> None:
        """Forget an object that turned out to be gone."""
        seen = self._seen.pop(key, None)
        self._engine.remove(key)
        if seen is not None:
            self._forgotten(seen.uid)

    def listing_begins(self) -> dict[Key, str]:
        """Return the objects, with their uids, that a complete listing must show if they still are there."""
        self._deleted = set()
        return {key: seen.uid for key, seen in self._seen.items()}

    def listing_ends(self, missing: Mapping[Key, str]) -> None:
        """Forget the objects that a complete listing did not show, but not one made anew under the same name since."""
        self._deleted = None
        for key, uid in missing.items():
            if self.uid(key) == uid:
                self.lost(key)


def key_of(controller: Controller[Any], body: Body) -> Key:
    """Return the full name of an object."""
    metadata = body["metadata"]
    return Key(controller.kind.name, _field(metadata, "namespace"), _field(metadata, "name"))


def _identity(controller: Controller[Any], body: Body) -> tuple[Key, str, int]:
    metadata = body["metadata"]
    return key_of(controller, body), _field(metadata, "uid"), int(_field(metadata, "resourceVersion"))


def _field(metadata: Mapping[str, Any], name: str) -> str:
    return str(metadata[name])
