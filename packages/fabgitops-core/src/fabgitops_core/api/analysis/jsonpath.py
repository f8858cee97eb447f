"""Where in a JSON document a value is: `{$.data.errors}`, as Argo Rollouts and kubectl write it.

There are fields, `['fields']`, items by their number (from the end where it is negative), and all of them, `[*]`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

ALL: Final = None
"""A step over all items of a list, or all values of a mapping."""

Step = str | int | None
Path = tuple[Step, ...]

_STEP = re.compile(
    r"""\.(?P<field>[A-Za-z_][-\w]*)
    |\.(?P<any>\*)|\[(?P<all>\*)\]
    |\[(?P<item>-?\d{1,9})\]
    |\['(?P<single>[^'\\]+)'\]|\["(?P<double>[^"\\]+)"\]""",
    re.VERBOSE | re.ASCII,
)


def parsed(text: str) -> Path:
    """Return the steps of a path.

    Raises:
        ValueError: It is none, or it has a step that there is not here; the message says at which column.
    """
    braced = text.startswith("{") and text.endswith("}")
    inner, before = (text[1:-1], 1) if braced else (text, 0)
    at = 1 if inner.startswith("$") else 0
    steps: list[Step] = []
    while at < len(inner):
        found = _STEP.match(inner, at)
        if found is None:
            raise ValueError(f"{inner[at:]!r} is no step of a path (column {at + before + 1})")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found.group("item"):
        return int(found.group("item"))
    return found.group("field") or found.group("single") or found.group("double") or ALL


def found(document: Any, path: Path) -> list[Any]:
    """Return the values that are there at a path: one at most, unless a step is over all."""
    values = [document]
    for step in path:
        values = [inner for value in values for inner in _inside(value, step)]
    return values


def _inside(value: Any, step: Step) -> Sequence[Any]:
    if step is ALL:
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(step, str):
        return [value[step]] if isinstance(value, dict) and step in value else ()
    return [value[step]] if isinstance(value, list) and -len(value) <= step < len(value) else ()
