"""Who looks at whom, as a PLC does whose interlocks name another: what each shows, and how old that is."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.neighbours import NOBODY, Neighbour, Neighbours
from fabgitops_core.engine.entries import Entry

_Entries = Mapping[Key, Entry]


class Neighbourhood:
    """Keeps whom resources look at, and when each of those has looked at its device last.

    Args:
        entries: All resources.
        time: The loop's clock, in seconds: nobody sets it.
    """

    def __init__(self, entries: _Entries, time: Callable[[], float]) -> None:
        self._entries = entries
        self._time = time
        self._seen: dict[Key, dict[str, Key]] = {}
        self._by: dict[Key, set[Key]] = {}
        self._looked: dict[Key, float] = {}

    def point(self, key: Key, names: Iterable[str]) -> None:
        """Note whom a resource looks at from now on, by their names in its namespace."""
        now = {name: Key(key.kind, key.namespace, name) for name in names}
        before = self._seen.get(key, {})
        if now == before:
            return
        for gone in before.values():
            self._by[gone].discard(key)
            if not self._by[gone]:
                del self._by[gone]
                self._looked.pop(gone, None)
        for other in now.values():
            self._by.setdefault(other, set()).add(key)
        if now:
            self._seen[key] = now
        else:
            del self._seen[key]

    def forget(self, key: Key) -> None:
        """Note that a resource is gone: who comes under its name was never looked at."""
        self._looked.pop(key, None)

    def of(self, entry: Entry) -> Neighbours:
        """Return what those show whom a resource looks at; nearly always there is nobody."""
        if not (seen := self._seen.get(entry.key)):
            return NOBODY
        there = {name: self._entries.get(key) for name, key in seen.items()}
        return {name: self._shown(other) for name, other in there.items() if other is not None}

    def ended(self, entry: Entry, began: float) -> list[Key]:
        """Note the end of a pass that began at a time by the loop's clock; return who looks at its resource."""
        by = self._by.get(entry.key)
        if not by:
            return []
        if entry.gone or entry.fault or entry.at_device is None or not entry.at_device.looked(entry.state):
            self._looked.pop(entry.key, None)
        else:
            self._looked[entry.key] = began
        return list(by)

    def _shown(self, other: Entry) -> Neighbour:
        looked = None if other.fault or other.dead else self._looked.get(other.key)
        state: Any = other.state
        return Neighbour(state, None if looked is None else self._time() - looked)
