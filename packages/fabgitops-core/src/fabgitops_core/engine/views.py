"""Objects that resources look at and do not own: a Service, a route.

A watch tells of all there are of a kind, and a record is kept of those alone that somebody regards: a cluster has
thousands of Services, of which few are. One that comes to be regarded later is not known then, and is looked at once;
from there on the watch tells of it.
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Child
from fabgitops_core.engine.family import Family, Told

Regarded = frozenset[Key]

NOTHING: Regarded = frozenset()


class Views:
    """What is known of them: each is a family of its own, and many resources may regard it.

    Args:
        changed: Told of each resource that regards what is news.
    """

    def __init__(self, changed: Told) -> None:
        self._changed = changed
        self.family = Family(self._news)
        self._regarded: dict[Key, Regarded] = {}
        self._by: dict[Key, set[Key]] = {}
        self._known: set[Key] = set()
        self._doing: Key | None = None

    def __contains__(self, key: Key) -> bool:
        """Return whether somebody regards an object."""
        return key in self._by

    def point(self, resource: Key, regarded: Regarded) -> None:
        """Note what a resource regards now."""
        before = self._regarded.pop(resource, NOTHING)
        if regarded:
            self._regarded[resource] = regarded
        for key in regarded - before:
            self._by.setdefault(key, set()).add(resource)
        for key in before - regarded:
            self._by[key].discard(resource)
            if not self._by[key]:
                del self._by[key]
                self._known.discard(key)
                self.family.forget(key)

    def sought(self, resource: Key) -> list[Key]:
        """Return what a resource regards of which nothing is known, though it could be."""
        return [key for key in self._each(resource) if key not in self._known and self._unseen(key) == {}]

    def unseen(self, resource: Key) -> Mapping[str, str] | None:
        """Return of which kinds that a resource regards not all is known, and why; None while one is not listed yet.

        Of another namespace it is not waited for that it is listed: it may be one that is not looked after.
        """
        found: dict[str, str] = {}
        for key in self._each(resource):
            why = self._unseen(key)
            if why is None and key.namespace == resource.namespace:
                return None
            found |= {key.kind: f"nothing is known of namespace {key.namespace}"} if why is None else why
        return found

    def of(self, resource: Key) -> dict[Key, Child]:
        """Return what a resource regards, as far as it is there.

        Raises:
            Exception: What kept a record from being made of one of them.
        """
        return {key: child for each in self._each(resource) for key, child in self.family.of(each).items()}

    def child(self, resource: Key, key: Key) -> Child | None:
        """Return an object that a resource regards, if it is one."""
        return self.family.child(key, key) if key in self._regarded.get(resource, NOTHING) else None

    # --- what is told of them -----------------------------------------------------------------------------------------

    @contextmanager
    def told_by(self, resource: Key) -> Iterator[None]:
        """Take what is told meanwhile from one resource that regards it, and tell the others alone."""
        self._doing = resource
        try:
            yield
        finally:
            self._doing = None

    def known(self, key: Key) -> None:
        """Note that of an object it is known how it stands, or that it is not there."""
        if key in self:
            self._known.add(key)

    def listed(self, kind: str, namespace: str | None, shown: Container[Key]) -> None:
        """Note that a kind was listed whole; what was shown before somebody regarded it is not known by that."""
        for key in self._of(kind, namespace):
            if key not in shown or self.family.known(key):
                self._known.add(key)

    def news(self, kind: str, namespace: str | None) -> set[str]:
        """Return of which kinds resources are that regard an object of a kind in a namespace, or (None) in any.

        Those that regard it from another namespace are told that more is known of it.
        """
        regarding = {resource for key in self._of(kind, namespace) for resource in self._by[key]}
        near = {resource for resource in regarding if namespace in {None, resource.namespace}}
        for resource in regarding - near:
            self._changed(resource)
        return {resource.kind for resource in near}

    def _of(self, kind: str, namespace: str | None) -> Iterator[Key]:
        return (key for key in self._by if key.kind == kind and namespace in {None, key.namespace})

    def _unseen(self, key: Key) -> Mapping[str, str] | None:
        return self.family.unseen((key.kind,), key.namespace)

    def _each(self, resource: Key) -> list[Key]:
        return sorted(self._regarded.get(resource, NOTHING))

    def _news(self, key: Key) -> None:
        for resource in self._by.get(key, set()) - {self._doing}:
            self._changed(resource)
