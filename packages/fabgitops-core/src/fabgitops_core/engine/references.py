"""Who refers to whom, as a PLC does to its template."""

from collections import defaultdict

from fabgitops_core.api.meta import Key

Reference = tuple[str, str]
"""Kind and name of a resource in the same namespace."""


class References:
    """Keeps the reference of each resource that has one."""

    def __init__(self) -> None:
        self._from: dict[Key, Key] = {}
        self._to: defaultdict[Key, set[Key]] = defaultdict(set)

    def point(self, key: Key, reference: Reference | None) -> Key | None:
        """Note what a resource refers to now; return its full name."""
        before = self._from.pop(key, None)
        if before is not None:
            self._to[before].discard(key)
            if not self._to[before]:
                del self._to[before]
        if reference is None:
            return None
        kind, name = reference
        target = self._from[key] = Key(kind, key.namespace, name)
        self._to[target].add(key)
        return target

    def target(self, key: Key) -> Key | None:
        """Return what a resource refers to."""
        return self._from.get(key)

    def count(self, key: Key) -> int:
        """Return how many refer to a resource."""
        return len(self._to.get(key, ()))

    def to(self, key: Key) -> list[Key]:
        """Return who refers to a resource."""
        return sorted(self._to.get(key, ()))
