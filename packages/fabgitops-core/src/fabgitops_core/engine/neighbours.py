"""Who looks at whom, as a PLC does whose interlocks name another: what each shows, and how old that is."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.neighbours import NOBODY, Neighbour, Neighbours
from fabgitops_core.engine.entries import Entry

_Entries = Mapping[Key, Entry]


class Neighbourhood:
    """Keeps whom resources look at, and tells what those show.

    Args:
        entries: All resources.
        time: The loop's clock, in seconds: nobody sets it.
    """

    def __init__(self, entries: _Entries, time: Callable[[], float]) -> None:
        self._entries = entries
        self._time = time
        self._seen: dict[Key, dict[str, Key]] = {}

    def point(self, key: Key, names: Iterable[str]) -> None:
        """Note whom a resource looks at from now on, by their names in its namespace."""
        if now := {name: Key(key.kind, key.namespace, name) for name in names}:
            self._seen[key] = now
        else:
            self._seen.pop(key, None)

    def of(self, entry: Entry) -> Neighbours:
        """Return what those show whom a resource looks at; nearly always there is nobody."""
        if not (seen := self._seen.get(entry.key)):
            return NOBODY
        there = {name: self._entries.get(key) for name, key in seen.items()}
        return {name: self._shown(other) for name, other in there.items() if other is not None}

    def ended(self, entry: Entry, began: float) -> None:
        """Note the end of a pass that began at a time by the loop's clock."""
        side = entry.at_device
        entry.looked = began if side is not None and not entry.fault and side.looked(entry.state) else None

    def _shown(self, other: Entry) -> Neighbour:
        state: Any = other.state
        return Neighbour(state, age_of(other, self._time()))


def age_of(entry: Entry, now: float) -> float | None:
    """Return how many seconds ago the pass began in which a device was looked at last; None where that is not known."""
    if entry.gone or entry.fault or entry.dead or entry.looked is None:
        return None
    return now - entry.looked
