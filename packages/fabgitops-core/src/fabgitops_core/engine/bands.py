"""Those who lead, each with those it leads."""

from collections.abc import Iterator
from math import inf

from fabgitops_core.api.meta import Key
from fabgitops_core.control.members import Leading, Selects
from fabgitops_core.engine.entries import Entry

UNPLACED = object()
"""The plan of one that has none, or whose members may know another one."""


class Band:
    """One who leads resources of a kind, and those it leads, by name.

    `untold` are those who do not know it yet, `places` tells its plan from others. `known` is how it is told of by
    place, and `began` when it looked last, by the loop's clock.
    """

    __slots__ = ("began", "entry", "kind", "known", "led", "places", "selects", "untold")

    def __init__(self, entry: Entry, kind: str) -> None:
        self.entry = entry
        self.kind = kind
        self.selects: Selects | None = None
        self.led: dict[str, Entry] = {}
        self.untold: set[str] = set()
        self.places: object = UNPLACED
        self.known: dict[str, tuple[Leading, ...]] = {}
        self.began = -inf

    @property
    def namespace(self) -> str:
        """Return where they are."""
        return self.entry.key.namespace


class Bands:
    """All of them."""

    def __init__(self) -> None:
        self._of: dict[Key, Band] = {}
        self._about: dict[tuple[str, str], list[Band]] = {}

    def __iter__(self) -> Iterator[Band]:
        """Go through all."""
        return iter(list(self._of.values()))

    def of(self, entry: Entry) -> Band | None:
        """Return the band of a leader."""
        return self._of.get(entry.key)

    def add(self, entry: Entry, kind: str) -> Band:
        """Return a new band of one who leads resources of a kind."""
        band = self._of[entry.key] = Band(entry, kind)
        self._about.setdefault((kind, band.namespace), []).append(band)
        return band

    def drop(self, key: Key) -> Band | None:
        """Forget the band of a leader, and return it."""
        band = self._of.pop(key, None)
        if band is not None:
            others = self.beside(band)
            others.remove(band)
            if not others:
                del self._about[band.kind, band.namespace]
        return band

    def about(self, key: Key) -> list[Band]:
        """Return the bands that a resource might be in."""
        return self._about.get((key.kind, key.namespace), [])

    def beside(self, band: Band) -> list[Band]:
        """Return the bands that might have the same members, itself among them as long as it is there."""
        return self._about.get((band.kind, band.namespace), [])

    def rivals(self, band: Band) -> dict[str, str]:
        """Return by member of a band who else leads it."""
        found: dict[str, str] = {}
        for other in sorted(self.beside(band), key=lambda each: each.entry.key):
            if other is not band:
                for name in band.led.keys() & other.led.keys():
                    also = found.get(name)
                    found[name] = f"{also}, {other.entry.key.name}" if also else other.entry.key.name
        return found
