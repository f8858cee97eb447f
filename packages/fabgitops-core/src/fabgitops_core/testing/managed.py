"""Who manages which field of an object, as far as a fake of an API server needs it: server-side apply in the small.

An object is its fields: each is a path with a value. A list is one value, as it is where a schema says nothing else; of
ownerReferences and finalizers each entry is a field of its own. A selector is one value, as that of a Service is and
that of a ReplicaSet (both have `structType: atomic` or `mapType: atomic` in the API's schema).
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]
Fields = dict[Path, Any]

_OURS_TO_SAY = {"labels", "annotations", "ownerReferences", "finalizers"}
"""What of metadata whoever writes an object has a say in."""
_OWNERS = ("metadata", "ownerReferences")
_FINALIZERS = ("metadata", "finalizers")
_SELECTOR = ("spec", "selector")


@dataclass(slots=True)
class Managed:
    """The fields of an object, and by manager which of them are whose."""

    fields: Fields = field(default_factory=dict)
    managers: dict[str, set[Path]] = field(default_factory=dict)

    def copy(self) -> "Managed":
        """Return one that can be changed by itself."""
        return Managed(dict(self.fields), {manager: set(paths) for manager, paths in self.managers.items()})

    def conflicts(self, wanted: Fields, manager: str) -> dict[Path, list[str]]:
        """Return who else gave a field, that a manager would apply, another value."""
        differing = [path for path, value in wanted.items() if path in self.fields and self.fields[path] != value]
        found = {path: sorted(other for other in self._who(path) if other != manager) for path in differing}
        return {path: others for path, others in found.items() if others}

    def apply(self, wanted: Fields, manager: str) -> None:
        """Let a manager apply fields; what it applied before and does not now goes, if it is nobody else's."""
        for path in self.managers.get(manager, set()) - set(wanted):
            self._disown(path, manager)
        for path, value in wanted.items():
            if path in self.fields and self.fields[path] != value:
                self._take(path)
        self.fields |= deepcopy(wanted)
        self.managers[manager] = set(wanted)

    def update(self, wanted: Fields, manager: str) -> None:
        """Let a manager write all fields as an update does: it becomes the one manager of what it changes."""
        for path in set(self.fields) - set(wanted):
            self._take(path)
            del self.fields[path]
        changed = {path: value for path, value in wanted.items() if self.fields.get(path, self) != value}
        for path in changed:
            self._take(path)
        self.fields |= deepcopy(changed)
        if changed:
            self.managers.setdefault(manager, set()).update(changed)

    def _who(self, path: Path) -> Iterable[str]:
        return (manager for manager, paths in self.managers.items() if path in paths)

    def _take(self, path: Path) -> None:
        for paths in self.managers.values():
            paths.discard(path)

    def _disown(self, path: Path, manager: str) -> None:
        self.managers[manager].discard(path)
        if not any(self._who(path)):
            self.fields.pop(path, None)


def fields_of(body: Mapping[str, Any]) -> Fields:
    """Return what whoever writes an object says of it: its status is not among it."""
    said = {name: part for name, part in body.items() if name not in {"apiVersion", "kind", "metadata", "status"}}
    metadata = {name: part for name, part in (body.get("metadata") or {}).items() if name in _OURS_TO_SAY}
    found: Fields = {}
    _walk({**said, "metadata": metadata} if metadata else said, (), found)
    return found


def body_of(fields: Fields) -> dict[str, Any]:
    """Return an object of these fields."""
    body: dict[str, Any] = {}
    for path, value in sorted(fields.items(), key=lambda each: len(each[0])):
        *way, last = path
        if tuple(way) in {_OWNERS, _FINALIZERS}:
            body.setdefault("metadata", {}).setdefault(way[-1], []).append(deepcopy(value))
            continue
        at = body
        for name in way:
            at = at.setdefault(name, {})
        at[last] = deepcopy(value)
    return body


def shown(path: Path) -> str:
    """Return a field as an API server names it in a conflict."""
    return "".join(f".{name}" for name in path)


def _walk(value: Any, path: Path, found: Fields) -> None:
    if path == _OWNERS:
        found.update({(*path, each["uid"]): each for each in value})
    elif path == _FINALIZERS:
        found.update({(*path, each): each for each in value})
    elif isinstance(value, Mapping) and path != _SELECTOR and (value or not path):
        for name, part in value.items():
            _walk(part, (*path, name), found)
    elif value is not None and not (path[0] == "metadata" and not value):
        found[path] = value
