"""What an expression may use beside CEL's own functions, and how much it may take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.functions import replace

Run: TypeAlias = Callable[[list[Any]], Any]
Named: TypeAlias = Mapping[tuple[str, int], Callable[..., Any]]
"""By name and how many arguments they take."""


CHARACTERS = 64
"""Characters of a text, or bytes, that cost one step."""


class Exhausted(Exception):
    """An expression takes more steps than it may; no operator of the language passes over that."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What there is beside CEL's own.

    `functions` are given the values of their arguments, `forms` what evaluates them; `members` and `macros` stand
    behind a dot, and members of a name in `without` are not there. `operators` replace those of the same sign. An
    expression may take so many `steps`, 0 for any number: each value costs one, and one for all that is in it, so that
    neither a loop in a loop nor a long list in a loop holds anybody up.
    """

    functions: Named = field(default_factory=dict)
    forms: Named = field(default_factory=dict)
    members: Named = field(default_factory=dict)
    macros: Named = field(default_factory=dict)
    operators: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    steps: int = 0


PLAIN = Dialect()
"""CEL as an API server has it."""


def charged(run: Run, place: int) -> Run:
    """Return the same with its cost taken off what the frame has left in a place."""

    def costly(frame: list[Any]) -> Any:
        value = run(frame)
        left = frame[place] - 1
        if isinstance(value, (str, bytes, list, dict)):
            left -= _within(value, left)
        frame[place] = left
        if left < 0:
            raise _exhausted()
        return value

    return costly


def replaced_within(steps: int) -> Callable[[Any, Any, Any], str]:
    """Return `replace` for an expression of so many steps: the one function whose text is as long as two multiplied."""

    def replaced(text: Any, old: Any, new: Any) -> str:
        if isinstance(text, str) and isinstance(old, str) and isinstance(new, str):
            longer = text.count(old) * (len(new) - len(old))
            if len(text) + longer > steps * CHARACTERS:
                raise _exhausted()
        return replace(text, old, new)

    return replaced


def _exhausted() -> Exhausted:
    return Exhausted("it takes more steps than it may")


def _within(value: Any, left: int) -> int:
    """Return how much there is in a value, or more than is left; a mapping that is made when asked costs nothing."""
    if isinstance(value, (str, bytes)):
        return len(value) // CHARACTERS
    if type(value) is list:
        cost = len(value)
        inner = [each for each in value if _has_more(each)] if cost <= left else []
    elif type(value) is dict:
        cost = len(value)
        inner = list(value.values()) if cost <= left else []
    else:
        return 0
    for each in inner:
        cost += _within(each, left - cost)
        if cost > left:
            break
    return cost


def _has_more(value: Any) -> bool:
    return type(value) in (list, dict) or (type(value) in (str, bytes) and len(value) >= CHARACTERS)
