"""Fields and items, such that are there and such that may be (cel-spec, proposal 246, "Optional Values")."""

from collections.abc import Callable
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.values import ABSENT, Broken, CelError, Optional, no_overload

Run: TypeAlias = Callable[[list[Any]], Any]


def field(of: Run, name: str) -> Run:
    """Return what gives a field of a mapping; of one that may be there, the field that may be there."""

    def run(frame: list[Any]) -> Any:
        mapping = of(frame)
        if isinstance(mapping, dict):
            try:
                value = mapping[name]
            except KeyError:
                raise CelError(f"no such key: {name}") from None
            return readable(value) if type(value) is Broken else value
        if isinstance(mapping, Optional):
            return _picked(mapping.value, name) if mapping.there else ABSENT
        raise CelError(f"no such key: {name}")

    return run


def maybe_field(of: Run, name: str) -> Run:
    """Return what gives a field of a mapping as one that may be there."""
    return lambda frame: _maybe(of(frame), name)


def field_or(of: Run, name: str, otherwise: Run) -> Run:
    """Return what gives a field of a mapping, or else another value: `a.?b.orValue(c)`, which most of a policy is."""

    def run(frame: list[Any]) -> Any:
        mapping = of(frame)
        if type(mapping) is dict:
            return readable(mapping[name]) if name in mapping else otherwise(frame)
        found = _maybe(mapping, name)
        return found.value if found.there else otherwise(frame)

    return run


def has_field(of: Run, name: str) -> Run:
    """Return what says whether a mapping has a field."""

    def run(frame: list[Any]) -> bool:
        mapping = of(frame)
        if isinstance(mapping, Optional):
            mapping = mapping.value if mapping.there else {}
        if not isinstance(mapping, dict):
            raise no_overload()
        if name not in mapping:
            return False
        readable(mapping[name])
        return True

    return run


def item(of: Run, key: Run) -> Run:
    """Return what gives an item of a list or a mapping."""

    def run(frame: list[Any]) -> Any:
        group, chosen = of(frame), key(frame)
        if isinstance(group, Optional):
            return _picked(group.value, chosen) if group.there else ABSENT
        found = _picked(group, chosen)
        if found.there:
            return found.value
        raise CelError(f"{'no such key' if isinstance(group, dict) else 'index out of bounds'}: {chosen}")

    return run


def maybe_item(of: Run, key: Run) -> Run:
    """Return what gives an item as one that may be there."""
    return lambda frame: _maybe(of(frame), key(frame))


def _maybe(group: Any, key: Any) -> Optional:
    if isinstance(group, Optional):
        return _picked(group.value, key) if group.there else ABSENT
    return _picked(group, key)


def _picked(group: Any, key: Any) -> Optional:
    if isinstance(group, dict):
        return Optional(there=True, value=readable(group[key])) if isinstance(key, str) and key in group else ABSENT
    if isinstance(group, list) and (type(key) is int or (type(key) is float and key.is_integer())):
        return Optional(there=True, value=group[int(key)]) if 0 <= key < len(group) else ABSENT
    raise no_overload()


def readable(value: Any) -> Any:
    """Return a value as it is.

    Raises:
        CelError: It cannot be read.
    """
    if isinstance(value, Broken):
        raise CelError(value.why)
    return value
