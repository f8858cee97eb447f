"""What is known of the objects that resources own: fed by watch and listings from outside, and by our own requests.

An owner is told that something has changed, never what: it looks at all that it owns, and from whatever it sees it
comes to the same end.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Child, Watched
from fabgitops_core.engine.family import Family, Unread

log = logging.getLogger(__name__)

Body = Mapping[str, Any]


class Families:
    """The family of each kind of owner.

    Args:
        changed: Told of each owner of whose objects something is news.
        complete: Told the kind of owner and the namespace (None: all) of which something was listed for the first time,
            or is known not to be.
    """

    def __init__(self, changed: Callable[[Key], None], complete: Callable[[str, str | None], None]) -> None:
        self._changed = changed
        self._complete = complete
        self._families: dict[str, Family] = {}

    def of(self, owner_kind: str) -> Family:
        """Return what is known of the objects that resources of a kind own."""
        family = self._families.get(owner_kind)
        if family is None:
            family = self._families[owner_kind] = Family(self._changed)
        return family

    def seen(self, watched: Watched, body: Body) -> None:
        """Take an object as the watch tells of it."""
        _take(self.of(watched.owner_kind), watched, body)

    def lost(self, key: Key, uid: str) -> None:
        """Take the news that an object is gone, or does not carry the label any more."""
        for family in self._families.values():
            family.lost(key, uid)

    def refused(self, watched: Watched, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list a kind: who has nothing to do with it need not wait for it."""
        if self.of(watched.owner_kind).refused(watched.kind.name, namespace, why):
            self._complete(watched.owner_kind, namespace)

    def has(self, kind: str, namespace: str | None) -> bool:
        """Return whether an object of a kind is known, in a namespace or (None) in any."""
        return any(family.has(kind, namespace) for family in self._families.values())

    def listing(self, watched: Watched, namespace: str | None) -> "Listing":
        """Begin a listing of all objects that carry the label, in one namespace or (None) in all."""
        complete = partial(self._complete, watched.owner_kind, namespace)
        return Listing(self.of(watched.owner_kind), watched, namespace, complete)


class Listing:
    """A listing under way: shown each object in turn, then completed; one that is left before that forgets nothing.

    What it does not show is gone, unless it was made after the listing. A listing is of a moment after it began; one of
    an older moment than what was known by then says that the store was set back, and counts for all that there is.
    """

    def __init__(self, family: Family, watched: Watched, namespace: str | None, first: Callable[[], None]) -> None:
        self._family = family
        self._watched = watched
        self._namespace = namespace
        self._first = first
        self._known = family.newest(watched.kind.name)
        self._shown: dict[Key, tuple[Key, Child] | None] = {}

    def __enter__(self) -> Self:
        self._family.begins()
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: object, _traceback: TracebackType | None) -> None:
        self._family.ends()

    def show(self, body: Body) -> None:
        """Take one of the objects listed."""
        self._shown[_key(self._watched, body)] = _take(self._family, self._watched, body)

    def complete(self, version: int) -> None:
        """Take it that all is shown that there was at this version, the resourceVersion of the list."""
        family, kind = self._family, self._watched.kind.name
        if version < self._known:
            log.warning("the API server has an older list of %s than was seen before: taken for restored", kind)
            family.begin_anew(kind, self._namespace, filter(None, self._shown.values()))
        family.missed(kind, self._namespace, self._shown, version)
        if family.listed(kind, self._namespace):
            self._first()


def _take(family: Family, watched: Watched, body: Body) -> tuple[Key, Child] | None:
    """Take an object, and return its owner and its record where it has both."""
    owner = owner_of(watched, body)
    if owner is None:
        log.error("a %s that says neither namespace nor %s is passed over", watched.kind.name, watched.label)
        return None
    try:
        child = watched.seen(body)
    except Exception as error:  # noqa: BLE001 - the pass of its owner logs it, and does nothing
        metadata = _metadata(body)
        version = _text(metadata.get("resourceVersion"))
        unread = Unread(_text(metadata.get("uid")), int(version) if version.isdecimal() else 0, error)
        family.unreadable(owner, _key(watched, body), unread)
        return None
    family.take(owner, child)
    return owner, child


def owner_of(watched: Watched, body: Body) -> Key | None:
    """Return the full name of the resource that an object says it belongs to; None where it says none."""
    metadata = _metadata(body)
    labels = metadata.get("labels")
    name = _text(labels.get(watched.label)) if isinstance(labels, Mapping) else ""
    namespace = _text(metadata.get("namespace"))
    return Key(watched.owner_kind, namespace, name) if name and namespace else None


def _key(watched: Watched, body: Body) -> Key:
    metadata = _metadata(body)
    return Key(watched.kind.name, _text(metadata.get("namespace")), _text(metadata.get("name")))


def _metadata(body: Body) -> Mapping[str, Any]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
