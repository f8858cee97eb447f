"""Which objects there are, and which version of each was seen last: keeps what is stale from the engine.

A watch and a listing tell of the same objects at their own pace. An older version is never believed after a newer one:
it would bring an old target back, and that would be written. There is one exception: a listing shows what is stored at
some moment after it began, so a complete one that shows an older version than was seen before says that the store was
set back, as by a restore of etcd from a backup. Such an object is begun anew, as by a restart.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Declared
from fabgitops_core.control.intake import declared, generation_of, looked_at, status_of
from fabgitops_core.engine.engine import Engine

from fabgitops_operator.hosting.echoes import digest_of, version_of
from fabgitops_operator.hosting.lasting import Lasting
from fabgitops_operator.hosting.origins import Origins
from fabgitops_operator.hosting.ports import Body
from fabgitops_operator.hosting.standby import Standby

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seen:
    """The version of an object that was seen last, and what it declared; `status` is what that was, None if unknown."""

    uid: str
    version: int
    declares: bytes
    status: bytes


@dataclass(slots=True)
class _Listing:
    """What happens while a listing runs: the newest that the watch told, and what was listed older than it was seen.

    Of what was told that is the version, and the object where it was older than one that was seen before: no other one
    is asked for. At a start the watch may tell of everything during one listing, and to keep that takes much memory.
    """

    deleted: set[str] = field(default_factory=set)
    told: dict[Key, tuple[int, Body | None]] = field(default_factory=dict)
    set_back: dict[Key, tuple[Controller[Any], Body]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What `Inventory.read` made of an object: the digest of its declaration, and the event where that is news."""

    declares: bytes
    event: Declared[Any, Any] | None


class Inventory:
    """Passes what is new of each object to the engine.

    Args:
        engine: Who looks after them.
        forgotten: Told the uid of each that is gone.
        echoed: Whether the status of an object is what we wrote into it; told key, uid, version and the status' digest.
        origins: Is told where each object comes from, where anybody asks.
        led: The kinds of which objects are led by others, by their labels.
    """

    def __init__(
        self,
        engine: Engine,
        forgotten: Callable[[str], None],
        echoed: Callable[[Key, str, int, bytes], bool] = lambda *_: False,
        origins: Origins | None = None,
        led: Collection[str] = (),
    ) -> None:
        self._engine = engine
        self._forgotten = forgotten
        self._echoed = echoed
        self._origins = origins
        self._led = led
        self._whole: set[tuple[str, str | None]] = set()
        self._seen: dict[Key, _Seen] = {}
        self._listings: dict[str, _Listing] = {}
        self._lasting = Lasting()
        self._standby = Standby()
        self.news = 0
        """How often an object was declared, anew or for the first time."""

    def stand_by(self) -> None:
        """Keep from now on what is told, and let the engine know nothing of it until `begin`."""
        self._standby.on = True

    @property
    def stands_by(self) -> bool:
        """Return whether the engine knows of nothing yet."""
        return self._standby.on

    @property
    def waiting(self) -> int:
        """Return how many objects are kept that the engine does not know of."""
        return len(self._standby)

    async def begin(self) -> None:
        """Declare to the engine what is kept, as it stood when it was seen last; what is told now is taken at once."""
        self._standby.on = False
        for controller, body, since in self._standby.taken_out():
            del self._seen[key_of(controller.kind, body)]
            self._take(controller, body, self._read(controller, body, since))
            await asyncio.sleep(0)
        for each in self._whole:
            self._engine.listed(*each)

    def uid(self, key: Key) -> str | None:
        """Return the uid of an object that is there."""
        seen = self._seen.get(key)
        return seen.uid if seen else None

    def version(self, key: Key) -> int:
        """Return the resourceVersion of an object as it was declared, or seen to declare the same; 0 for none."""
        seen = self._seen.get(key)
        return seen.version if seen else 0

    def anew(self, controller: Controller[Any], body: Body) -> bool:
        """Declare an object once more, though nothing of it may be news; False where it is older than was seen."""
        key, uid, version = _identity(controller, body)
        seen = self._seen.get(key)
        if seen is not None and seen.uid == uid:
            if version < seen.version:
                return False
            seen.declares = b""
        self._take(controller, body)
        return True

    def read(self, controller: Controller[Any], body: Body) -> Reading | None:
        """Return what an object declares, to be given to `present` or `listed` in a later turn of the event loop.

        A map of 500 registers takes as long to read as to be taken; apart, no poll waits for both. None is returned
        for a version that was seen, or what cannot be read: whoever takes it finds that out, and says so.
        """
        key, uid, version = _identity(controller, body)
        seen = self._seen.get(key)
        if seen is not None and (seen.uid, version) == (uid, seen.version):
            return None
        try:
            declares = self._digest(controller.kind, body)
            if self._standby.has(key):
                return Reading(declares, None)
            if seen is not None and declares and declares == seen.declares and not self._engine.is_struck(key):
                return Reading(declares, None)
            return Reading(declares, self._declared(controller.kind, body, datetime.now(UTC)))
        except Exception:  # noqa: BLE001 - it is read again where the engine logs that
            return None

    def _read(self, controller: Controller[Any], body: Body, since: datetime) -> Reading | None:
        """Return what an object declares that has wanted the same since a moment."""
        try:
            return Reading(self._digest(controller.kind, body), self._declared(controller.kind, body, since))
        except Exception:  # noqa: BLE001 - as above
            return None

    def _digest(self, kind: Kind, body: Body) -> bytes:
        return digest_of(looked_at(kind, body, led=kind.name in self._led))

    def _declared(self, kind: Kind, body: Body, at: datetime) -> Declared[Any, Any]:
        return declared(kind, body, at, led=kind.name in self._led)

    def present(self, controller: Controller[Any], body: Body, reading: Reading | None = None) -> None:
        """Take an object as the watch tells of it, unless a newer version of it was seen or it is known to be gone.

        One that is being deleted, and only waits for a finalizer of somebody else's, counts as gone, and so does one
        without the label of its kind, which is somebody else's. `reading` is what `read` made of it, where somebody
        asked.
        """
        if not _names_itself(controller, body):
            return
        listing = self._listings.get(controller.kind.name)
        if listing is not None:
            key, _uid, version = _identity(controller, body)
            if key not in listing.told or listing.told[key][0] <= version:
                seen = self._seen.get(key)
                listing.told[key] = version, body if seen is not None and version < seen.version else None
        self._take(controller, body, reading)

    def listed(self, controller: Controller[Any], body: Body, reading: Reading | None = None) -> None:
        """Take an object as a listing shows it; one older than it was seen before waits until that is complete."""
        if not _names_itself(controller, body):
            return
        key, uid, version = _identity(controller, body)
        seen, listing = self._seen.get(key), self._listings.get(key.kind)
        if listing is not None and seen is not None and version < seen.version:
            if uid not in listing.deleted:
                listing.set_back[key] = controller, body
            return
        self._take(controller, body, reading)

    def _take(self, controller: Controller[Any], body: Body, reading: Reading | None = None) -> None:
        if controller.kind.is_going(body) or not controller.kind.is_ours(body):
            self.deleted(controller, body)
            return
        key, uid, version = _identity(controller, body)
        seen, listing = self._seen.get(key), self._listings.get(key.kind)
        if listing is not None and uid in listing.deleted:
            return
        if seen is not None and version < seen.version:
            return
        if seen is not None and seen.uid != uid:
            self.lost(key, seen.uid)
            seen = None
        if self._origins is not None:
            self._origins.note(key, body)
        try:
            declares = reading.declares if reading else self._digest(controller.kind, body)
            now = _Seen(uid, version, declares, digest_of(body.get("status")))
            if self._standby.has(key):
                same = seen is not None and declares == seen.declares
                self._standby.keep(key, controller, body, wants_the_same=same)
                self._seen[key] = now
                return
            if seen is None or self._is_news(key, seen, now):
                self._seen[key] = now
                self._lasting.grown_to(len(self._seen))
                self.news += 1
                event = (reading and reading.event) or self._declared(controller.kind, body, datetime.now(UTC))
                self._engine.declare(key, controller, event)
            self._seen[key] = now
        except Exception as error:  # noqa: BLE001 - logged by the engine
            self._seen[key] = _Seen(uid, version, b"", b"")
            status = status_of(controller.kind, body)
            self._engine.unreadable(key, controller, generation_of(body), error, status)

    def _is_news(self, key: Key, before: _Seen, now: _Seen) -> bool:
        """Return whether there is anything to look into: another declaration, or a status that is to be put right."""
        if now.declares != before.declares or not now.declares or self._engine.is_struck(key):
            return True
        return now.status != before.status and not self._echoed(key, now.uid, now.version, now.status)

    def deleted(self, controller: Controller[Any], body: Body) -> None:
        """Take the news that an object is gone."""
        if not _names_itself(controller, body):
            return
        key, uid, _version = _identity(controller, body)
        if (listing := self._listings.get(key.kind)) is not None:
            listing.deleted.add(uid)
        self.lost(key, uid)

    def lost(self, key: Key, uid: str) -> None:
        """Forget the object of this uid, which turned out to be gone; another of its name stays."""
        if self.uid(key) == uid:
            del self._seen[key]
            self._standby.drop(key)
            self._engine.remove(key)
            if self._origins is not None:
                self._origins.forget(key)
            self._forgotten(uid)

    def listing_begins(self, kind: str, namespace: str | None) -> dict[Key, str]:
        """Return the objects, with their uids, that a complete listing must show if they still are there.

        Of one kind there is one listing at a time; of several there may be some.

        Args:
            kind: The kind that is listed.
            namespace: Where; None is everywhere.
        """
        self._listings[kind] = _Listing()
        return {key: seen.uid for key, seen in self._seen.items() if _within(key, kind, namespace)}

    def whole(self, kind: str, namespace: str | None) -> None:
        """Take it that a listing has shown all objects of a kind, in one namespace or (None) everywhere."""
        self._whole.add((kind, namespace))
        if not self._standby.on and not len(self._standby):
            self._engine.listed(kind, namespace)

    def was_whole(self, kind: str, namespace: str | None) -> bool:
        """Return whether a listing ever has."""
        return (kind, namespace) in self._whole

    def any(self, kind: str, namespace: str | None) -> bool:
        """Return whether there is an object of a kind in one namespace or (None) anywhere."""
        return any(_within(key, kind, namespace) for key in self._seen)

    def listing_ends(self, kind: str, missing: Mapping[Key, str], *, complete: bool) -> None:
        """Forget what a complete listing did not show, and begin anew what it showed older than it was seen before.

        What the watch told of an object while the listing ran goes before both.
        """
        listing = self._listings.pop(kind, None)
        if listing is None or not complete:
            return
        for key, uid in missing.items():
            self.lost(key, uid)
        for key, (controller, body) in listing.set_back.items():
            self._set_back(key, controller, body, listing)

    def _set_back(self, key: Key, controller: Controller[Any], body: Body, listing: _Listing) -> None:
        uid = uid_of(body)
        seen = self._seen.get(key)
        if uid in listing.deleted or seen is None:
            return
        version, told = listing.told.get(key, (-1, None))
        if version >= seen.version:
            return
        if version >= version_of(body):
            if told is None:  # it was newer than all that was seen then, and the next listing shows what is stored now
                return
            body = told
        log.warning("%s: the API server has an older version than was seen before: taken for restored", key)
        self.lost(key, seen.uid)
        self._take(controller, body)


def _names_itself(controller: Controller[Any], body: Body) -> bool:
    """Return whether an object says which one it is; one that does not is told of in the log, and passed over."""
    key, uid, _version = _identity(controller, body)
    if not (key.name and uid and (key.namespace or not controller.kind.namespaced)):
        log.error("a %s without namespace, name or uid is passed over", controller.kind.name)
        return False
    return True


def _within(key: Key, kind: str, namespace: str | None) -> bool:
    return key.kind == kind and namespace in {None, key.namespace}


def key_of(kind: Kind, body: Body) -> Key:
    """Return the full name of an object."""
    return Key(kind.name, sys.intern(_field(body, "namespace")), _field(body, "name"))


def uid_of(body: Body) -> str:
    """Return the uid of an object, "" where it says none."""
    return _field(body, "uid")


def _identity(controller: Controller[Any], body: Body) -> tuple[Key, str, int]:
    return key_of(controller.kind, body), uid_of(body), version_of(body)


def _field(body: Body, name: str) -> str:
    metadata = body.get("metadata")
    value = metadata.get(name) if isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) else ""
