"""Which old value a new one comes from, and whether it is the same: what did not change is not refused again.

The API server calls it ratcheting (KEP-4008); its apiserver, pkg/cel/common/equality.go, is followed here.
"""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.admission.structure import Structure


class Correlation:
    """A new value beside the old one in its place."""

    def __init__(self, new: Any, old: Any, structure: Structure) -> None:
        self._new, self._old, self._structure = new, old, structure
        self._children: dict[str | int, Correlation | None] = {}
        self._old_items: Mapping[Any, Any] | None = None
        self._same: bool | None = None

    @property
    def old(self) -> Any:
        """Return the old value."""
        return self._old

    def key(self, name: str) -> "Correlation | None":
        """Return the same of a property; nothing where it was not there, or is not known."""
        if name not in self._children:
            self._children[name] = self._of_property(name)
        return self._children[name]

    def index(self, place: int) -> "Correlation | None":
        """Return the same of an item; nothing where the items are not told apart by a key, or it was not there."""
        if place not in self._children:
            self._children[place] = self._of_item(place)
        return self._children[place]

    def same(self) -> bool:
        """Return whether the new value is the old one; the order of items that have a key does not matter."""
        if self._same is None:
            self._same = self._compared()
        return self._same

    def _of_property(self, name: str) -> "Correlation | None":
        inner = self._structure.child(name)
        if inner is None or not isinstance(self._new, dict) or not isinstance(self._old, dict):
            return None
        if name not in self._new or name not in self._old:
            return None
        return Correlation(self._new[name], self._old[name], inner)

    def _of_item(self, place: int) -> "Correlation | None":
        inner = self._structure.items
        if inner is None or not isinstance(self._new, list) or not isinstance(self._old, list):
            return None
        if self._structure.list_type != "map" or not self._old:
            return None
        if self._old_items is None:
            keyed = ((self._key_of(item), item) for item in reversed(self._old))
            self._old_items = {key: item for key, item in keyed if key is not None}
        key = self._key_of(self._new[place])
        return Correlation(self._new[place], self._old_items[key], inner) if key in self._old_items else None

    def _key_of(self, item: Any) -> Any:
        if not isinstance(item, dict):
            return None
        values = [item.get(name) for name in self._structure.list_keys]
        if not all(isinstance(value, (bool, int, float, str)) for value in values):
            return None
        return tuple((type(value), value) for value in values)

    def _compared(self) -> bool:
        new, old = self._new, self._old
        if type(new) is not type(old) or not isinstance(new, (list, dict)):
            return identical(new, old)
        if len(new) != len(old):
            return False
        if isinstance(new, dict):
            children = [self.key(name) for name in new]
            return all(child is not None and child.same() for child in children)
        if self._structure.list_type != "map":
            return identical(new, old)
        items = [self.index(place) for place in range(len(new))]
        return all(child is not None and child.same() for child in items)


def identical(one: Any, other: Any) -> bool:
    """Return whether two values are the same, and of the same types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(identical(each, other[name]) for name, each in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return bool(one == other)
