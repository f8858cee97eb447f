"""What is known of the objects that resources own or regard: fed by watch, listings, and our own requests.

A resource is told that something has changed, never what: it looks at all that it owns and regards, and from whatever
it sees it comes to the same end.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Child, Viewed, Watched
from fabgitops_core.engine.family import Family, Told, Unread
from fabgitops_core.engine.views import Views

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
What = Watched | Viewed


class Families:
    """The family of each kind of owner, and `views`: what resources regard.

    Args:
        changed: Told of each owner of whose objects something is news, and of each resource that regards what is news.
        complete: Told the kind of owner and the namespace (None: all) of which something was listed for the first time,
            or is known not to be.
    """

    def __init__(self, changed: Told, complete: Callable[[str, str | None], None]) -> None:
        self._changed = changed
        self._complete = complete
        self._families: dict[str, Family] = {}
        self.views = Views(changed)

    def of(self, owner_kind: str) -> Family:
        """Return what is known of the objects that resources of a kind own."""
        family = self._families.get(owner_kind)
        if family is None:
            family = self._families[owner_kind] = Family(self._changed)
        return family

    def seen(self, what: What, body: Body) -> None:
        """Take an object as the watch tells of it, or somebody who has looked at it."""
        self.take(what, body)

    def lost(self, key: Key, uid: str, what: What | None = None) -> None:
        """Take the news that an object is gone, or of one kind of watch: it does not carry its label any more."""
        for family in self._all() if what is None else (self.family_of(what),):
            family.lost(key, uid)

    def refused(self, what: What, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list a kind: who has nothing to do with it need not wait for it."""
        if self.family_of(what).refused(what.kind.name, namespace, why):
            self.complete(what, namespace)

    def absent(self, what: What, namespace: str | None, why: str) -> None:
        """Take it that the API server has no such kind, for now: nobody need wait for it, and none of it is there."""
        if self.family_of(what).absent(what.kind.name, namespace, why):
            self.complete(what, namespace)

    def has(self, kind: str, namespace: str | None) -> bool:
        """Return whether an object of a kind is known, in a namespace or (None) in any."""
        return any(family.has(kind, namespace) for family in self._all())

    def listing(self, what: What, namespace: str | None) -> "Listing":
        """Begin a listing of all objects that carry the label, in one namespace or (None) in all."""
        return Listing(self, what, namespace)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Note that a request is under way, whose answer may tell of what is gone by then."""
        families = self._all()
        for family in families:
            family.begins()
        try:
            yield
        finally:
            for family in families:
                family.ends()

    # --- what both are to who tells of them ---------------------------------------------------------------------------

    def family_of(self, what: What) -> Family:
        """Return where it is kept."""
        return self.views.family if isinstance(what, Viewed) else self.of(what.owner_kind)

    def complete(self, what: What, namespace: str | None) -> None:
        """Tell whom it concerns that of a kind something is known for the first time, or known not to be."""
        kinds = {what.owner_kind} if isinstance(what, Watched) else self.views.news(what.kind.name, namespace)
        for kind in kinds:
            self._complete(kind, namespace)

    def take(self, what: What, body: Body) -> tuple[Key, Child] | None:
        """Take an object, and return whose it is and its record, where it is kept and that can be made."""
        owner = self._owner(what, body)
        if owner is not None:
            return _taken(self.family_of(what), owner, what, body)
        if isinstance(what, Watched) and what.owner is not None:  # it carries the label, and may have had another owner
            self.lost(full_name(what, body), _text(_metadata(body).get("uid")), what)
        return None

    def _owner(self, what: What, body: Body) -> Key | None:
        """Return whose an object is; what is regarded is its own, and what nobody regards is nobody's."""
        if isinstance(what, Viewed):
            key = full_name(what, body)
            return key if key in self.views else None
        owner = owner_of(what, body)
        if owner is None and what.owner is None:
            log.error("a %s that says neither namespace nor %s is passed over", what.kind.name, what.label)
        return owner

    def _all(self) -> tuple[Family, ...]:
        return (*self._families.values(), self.views.family)


class Listing:
    """A listing under way: shown each object in turn, then completed; one that is left before that forgets nothing.

    What it does not show is gone, unless it was made after the listing. A listing is of a moment after it began; one of
    an older moment than what was known by then says that the store was set back, and counts for all that there is.
    """

    def __init__(self, families: Families, what: What, namespace: str | None) -> None:
        self._families = families
        self._family = families.family_of(what)
        self._what = what
        self._namespace = namespace
        self._known = self._family.newest(what.kind.name)
        self._shown: dict[Key, tuple[Key, Child] | None] = {}

    def __enter__(self) -> Self:
        self._family.begins()
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: object, _traceback: TracebackType | None) -> None:
        self._family.ends()

    def show(self, body: Body) -> None:
        """Take one of the objects listed."""
        self._shown[full_name(self._what, body)] = self._families.take(self._what, body)

    def complete(self, version: int) -> None:
        """Take it that all is shown that there was at this version, the resourceVersion of the list."""
        family, kind = self._family, self._what.kind.name
        if version < self._known:
            log.warning("the API server has an older list of %s than was seen before: taken for restored", kind)
            family.begin_anew(kind, self._namespace, filter(None, self._shown.values()))
        family.missed(kind, self._namespace, self._shown, version)
        if isinstance(self._what, Viewed):
            self._families.views.listed(kind, self._namespace, self._shown)
        if family.listed(kind, self._namespace):
            self._families.complete(self._what, self._namespace)


def _taken(family: Family, owner: Key, what: What, body: Body) -> tuple[Key, Child] | None:
    """Take an object of an owner, and return both where a record of it can be made."""
    try:
        child = what.seen(body)
    except Exception as error:  # noqa: BLE001 - the pass of its owner logs it, and does nothing
        metadata = _metadata(body)
        version = _text(metadata.get("resourceVersion"))
        unread = Unread(_text(metadata.get("uid")), int(version) if version.isdecimal() else 0, error)
        family.unreadable(owner, full_name(what, body), unread)
        return None
    family.take(owner, child)
    return owner, child


def owner_of(watched: Watched, body: Body) -> Key | None:
    """Return the full name of the resource that an object says it belongs to; None where it says none."""
    metadata = _metadata(body)
    labels = metadata.get("labels")
    if watched.owner is not None:
        name = watched.owner(body)
    else:
        name = _text(labels.get(watched.label)) if isinstance(labels, Mapping) else ""
    namespace = _text(metadata.get("namespace"))
    return Key(watched.owner_kind, namespace, name) if name and namespace else None


def full_name(what: What, body: Body) -> Key:
    """Return the full name of an object."""
    metadata = _metadata(body)
    return Key(what.kind.name, _text(metadata.get("namespace")), _text(metadata.get("name")))


def _metadata(body: Body) -> Mapping[str, Any]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
