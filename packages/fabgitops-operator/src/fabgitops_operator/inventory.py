"""Which objects there are, and which version of each was seen last: keeps what is stale from the engine.

A watch and a listing tell of the same objects at their own pace. An older version is never believed after a newer one:
it would bring an old target back, and that would be written. There is one exception: a listing shows what is stored at
some moment after it began, so a complete one that shows an older version than was seen before says that the store was
set back, as by a restore of etcd from a backup. Such an object is begun anew, as by a restart.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.intake import declared
from fabgitops_core.engine.engine import Engine

Body = Mapping[str, Any]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seen:
    uid: str
    version: int


@dataclass(slots=True)
class _Listing:
    """What happens while a listing runs: the newest that the watch told, and what was listed older than it was seen."""

    deleted: set[str] = field(default_factory=set)
    told: dict[Key, Body] = field(default_factory=dict)
    set_back: dict[Key, tuple[Controller[Any], Body]] = field(default_factory=dict)


class Inventory:
    """Passes what is new of each object to the engine; `forgotten` is told the uid of each that is gone."""

    def __init__(self, engine: Engine, forgotten: Callable[[str], None]) -> None:
        self._engine = engine
        self._forgotten = forgotten
        self._seen: dict[Key, _Seen] = {}
        self._listing: _Listing | None = None

    def uid(self, key: Key) -> str | None:
        """Return the uid of an object that is there."""
        seen = self._seen.get(key)
        return seen.uid if seen else None

    def present(self, controller: Controller[Any], body: Body) -> None:
        """Take an object as the watch tells of it, unless a newer version of it was seen or it is known to be gone.

        One that is being deleted, and only waits for a finalizer of somebody else's, counts as gone.
        """
        if self._listing is not None:
            key = key_of(controller, body)
            before = self._listing.told.get(key)
            if before is None or _version(before) <= _version(body):
                self._listing.told[key] = body
        self._take(controller, body)

    def listed(self, controller: Controller[Any], body: Body) -> None:
        """Take an object as a listing shows it; one older than it was seen before waits until that is complete."""
        key, uid, version = _identity(controller, body)
        seen = self._seen.get(key)
        if self._listing is not None and seen is not None and version < seen.version:
            if uid not in self._listing.deleted:
                self._listing.set_back[key] = controller, body
            return
        self._take(controller, body)

    def _take(self, controller: Controller[Any], body: Body) -> None:
        if body["metadata"].get("deletionTimestamp"):
            self.deleted(controller, body)
            return
        key, uid, version = _identity(controller, body)
        if self._listing is not None and uid in self._listing.deleted:
            return
        seen = self._seen.get(key)
        if seen is not None and version < seen.version:
            return
        if seen is not None and seen.uid != uid:
            self.lost(key, seen.uid)
        self._seen[key] = _Seen(uid, version)
        self._engine.declare(key, controller, declared(controller.kind, body, datetime.now(UTC)))

    def deleted(self, controller: Controller[Any], body: Body) -> None:
        """Take the news that an object is gone."""
        key, uid, _version = _identity(controller, body)
        if self._listing is not None:
            self._listing.deleted.add(uid)
        self.lost(key, uid)

    def lost(self, key: Key, uid: str) -> None:
        """Forget the object of this uid, which turned out to be gone; another of its name stays."""
        if self.uid(key) == uid:
            del self._seen[key]
            self._engine.remove(key)
            self._forgotten(uid)

    def listing_begins(self) -> dict[Key, str]:
        """Return the objects, with their uids, that a complete listing must show if they still are there."""
        self._listing = _Listing()
        return {key: seen.uid for key, seen in self._seen.items()}

    def listing_ends(self, missing: Mapping[Key, str], *, complete: bool) -> None:
        """Forget what a complete listing did not show, and begin anew what it showed older than it was seen before.

        What the watch told of an object while the listing ran goes before both.
        """
        listing, self._listing = self._listing, None
        if listing is None or not complete:
            return
        for key, uid in missing.items():
            self.lost(key, uid)
        for key, (controller, body) in listing.set_back.items():
            self._set_back(key, controller, body, listing)

    def _set_back(self, key: Key, controller: Controller[Any], body: Body, listing: _Listing) -> None:
        uid = _field(body["metadata"], "uid")
        seen = self._seen.get(key)
        if uid in listing.deleted or seen is None:
            return
        told = listing.told.get(key)
        if told is not None:
            if _version(told) >= seen.version:
                return
            body = max(told, body, key=_version)
        log.warning("%s: the API server has an older version than was seen before: taken for restored", key)
        self.lost(key, seen.uid)
        self._take(controller, body)


def key_of(controller: Controller[Any], body: Body) -> Key:
    """Return the full name of an object."""
    metadata = body["metadata"]
    return Key(controller.kind.name, _field(metadata, "namespace"), _field(metadata, "name"))


def _identity(controller: Controller[Any], body: Body) -> tuple[Key, str, int]:
    return key_of(controller, body), _field(body["metadata"], "uid"), _version(body)


def _version(body: Body) -> int:
    return int(_field(body["metadata"], "resourceVersion"))


def _field(metadata: Mapping[str, Any], name: str) -> str:
    return str(metadata[name])
