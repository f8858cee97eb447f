"""JSON patches (RFC 6902) as an API server carries them out: all of one, or nothing of it.

It is laxer than the standard: a test for null holds where nothing is, and what is to be replaced need not be there.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

Document = Any
Where = tuple[str, ...]


class UnfitError(Exception):
    """A step does not fit the document: a test failed, or what it is about is not there; nothing is changed."""


def patched(document: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a document after all steps, itself unchanged.

    Raises:
        UnfitError: A step does not fit it.
    """
    after: dict[str, Any] = deepcopy(dict(document))
    for step in steps:
        _STEPS[step["op"]](after, step)
    return after


def _where(pointer: str) -> Where:
    """Return the parts of a JSON pointer (RFC 6901) below the whole document."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _get(document: Document, where: Where) -> Any:
    for part in where:
        document = document[_index(document, part)] if isinstance(document, list) else _member(document, part)
    return document


def _member(document: Document, part: str) -> Any:
    if not isinstance(document, dict) or part not in document:
        raise UnfitError(f"there is no {part}")
    return document[part]


def _index(items: list[Any], part: str, beyond: int = 0) -> int:
    number = int(part) if part.isdecimal() else -1
    if not 0 <= number < len(items) + beyond:
        raise UnfitError(f"there is no item {part}")
    return number


def _put(document: Document, where: Where, value: Any, *, new: bool) -> None:
    """Put a value at a place: a `new` one goes before an item that stands there, another takes its place."""
    *way, last = where
    at = _get(document, tuple(way))
    if isinstance(at, list):
        number = len(at) if new and last == "-" else _index(at, last, beyond=int(new))
        at[number : number + int(not new)] = [value]
        return
    if not isinstance(at, dict):
        raise UnfitError(f"there is no {last}")
    at[last] = value


def _taken(document: Document, where: Where) -> Any:
    *way, last = where
    at = _get(document, tuple(way))
    if isinstance(at, list):
        return at.pop(_index(at, last))
    value = _member(at, last)
    del at[last]
    return value


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON, where true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _test(document: Document, step: Mapping[str, Any]) -> None:
    *way, last = _where(step["path"])
    at = _get(document, tuple(way))
    is_there = not isinstance(at, dict) or last in at
    if not _same(_get(at, (last,)) if is_there else None, step["value"]):
        raise UnfitError(f"{step['path']} is another")


def _move(document: Document, step: Mapping[str, Any]) -> None:
    _put(document, _where(step["path"]), _taken(document, _where(step["from"])), new=True)


def _copy(document: Document, step: Mapping[str, Any]) -> None:
    _put(document, _where(step["path"]), deepcopy(_get(document, _where(step["from"]))), new=True)


_STEPS: Mapping[str, Callable[[Document, Mapping[str, Any]], object]] = {
    "test": _test,
    "add": lambda document, step: _put(document, _where(step["path"]), deepcopy(step["value"]), new=True),
    "replace": lambda document, step: _put(document, _where(step["path"]), deepcopy(step["value"]), new=False),
    "remove": lambda document, step: _taken(document, _where(step["path"])),
    "move": _move,
    "copy": _copy,
}
