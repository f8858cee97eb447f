"""Who consults whom: what others offer comes with a pass of who wants to know it, and a change of it begins another."""

from collections.abc import Callable, Collection, Mapping

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.isolation import Isolation

Consulted = frozenset[tuple[str, str]]
Offer = tuple[ApiModel | None, str]

NOBODY: Consulted = frozenset()


class Consulting:
    """Keeps it, by kind and name in the namespace of who consults, or of the cluster.

    Args:
        isolation: Asks resources.
        offered: What a resource offers to those who refer to it or consult it.
        changed: Told of each resource that consults one which offers something else now.
        clusterwide: The kinds of which objects are in no namespace.
    """

    def __init__(
        self,
        isolation: Isolation,
        offered: Callable[[Key], Offer],
        changed: Callable[[Key], None],
        clusterwide: Collection[str] = (),
    ) -> None:
        self._isolation = isolation
        self._offered = offered
        self._changed = changed
        self._clusterwide = clusterwide
        self._of: dict[Key, Consulted] = {}
        self._by: dict[Key, set[Key]] = {}

    def settle(self, entry: Entry) -> None:
        """Note whom a resource consults now; one that is gone consults nobody."""
        if entry.consultant is None:
            return
        key, before = entry.key, self._of.pop(entry.key, NOBODY)
        whom = NOBODY
        if not entry.gone:
            whom = self._isolation.ask_of(
                entry, "consults", entry.consultant, lambda it: it.consults(entry.state), before
            )
        if whom:
            self._of[key] = whom
        for each in whom - before:
            self._by.setdefault(self._named(key, each), set()).add(key)
        for each in before - whom:
            by = self._by[self._named(key, each)]
            by.discard(key)
            if not by:
                del self._by[self._named(key, each)]

    def offers(self, key: Key) -> Mapping[tuple[str, str], Offer]:
        """Return what those offer whom a resource consults, or None with the reason why not."""
        return {each: self._offered(self._named(key, each)) for each in sorted(self._of.get(key, NOBODY))}

    def changed(self, key: Key) -> None:
        """Take it that a resource offers something else now."""
        for each in sorted(self._by.get(key, ())):
            self._changed(each)

    def _named(self, key: Key, whom: tuple[str, str]) -> Key:
        kind, name = whom
        return Key(kind, "" if kind in self._clusterwide else key.namespace, name)
