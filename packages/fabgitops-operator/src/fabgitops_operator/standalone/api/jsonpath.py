"""The JSONPath of printer columns: `.a.b`, `['a.b']`, `[0]`, and `[?(@.key=="value")]` on a list.

That is what CustomResourceDefinitions may use in practice; a path of anything else is refused when it is read, so a
column is never shown empty because its path was not understood.
"""

import re
from collections.abc import Callable
from typing import Any

Step = Callable[[Any], Any]

MISSING = object()
"""What is not there; a null is something else."""

_TOKEN = re.compile(
    r"""\.(?P<field>[A-Za-z_][\w-]*)
      | \[\s*'(?P<quoted>[^']+)'\s*\]
      | \[\s*(?P<index>-?\d+)\s*\]
      | \[\?\(\s*@\.(?P<key>[A-Za-z_][\w-]*)\s*==\s*["'](?P<value>[^"']*)["']\s*\)\]""",
    re.VERBOSE,
)


def compiled(path: str) -> Callable[[Any], Any]:
    """Return what finds the first value of a path in an object, or MISSING.

    Raises:
        ValueError: The path is of another form.
    """
    steps, at = [], 0
    while at < len(path):
        found = _TOKEN.match(path, at)
        if found is None:
            raise ValueError(f"the column's path {path!r} is not understood from {path[at:]!r} on")
        steps.append(_step(found))
        at = found.end()

    def find(value: Any) -> Any:
        for step in steps:
            value = step(value)
            if value is MISSING:
                return MISSING
        return value

    return find


def _step(found: re.Match[str]) -> Step:
    if (name := found["field"] or found["quoted"]) is not None:
        return lambda value: value.get(name, MISSING) if isinstance(value, dict) else MISSING
    if found["index"] is not None:
        return _item(int(found["index"]))
    key, wanted = found["key"], found["value"]

    def matching(value: Any) -> Any:
        items = value if isinstance(value, list) else ()
        return next((item for item in items if isinstance(item, dict) and item.get(key) == wanted), MISSING)

    return matching


def _item(index: int) -> Step:
    def item(value: Any) -> Any:
        inside = isinstance(value, list) and -len(value) <= index < len(value)
        return value[index] if inside else MISSING

    return item
