"""What an answer to a measurement is, wherever it comes from, and what is kept of it for people."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from fabgitops_core.codec.texts import brief
from fabgitops_core.expressions.conditions import Absence

MAX_NUMBERS = 10_000
"""Values in one answer; of more nothing is judged."""
LONGEST_VALUE = 100
"""Characters of an answer that are kept in a status."""
LONGEST_QUERY = 256
LONGEST_WHY = 256


class Answer(NamedTuple):
    """An answer: what conditions are given, and `missing`, why there is nothing that they could be given.

    All numbers are doubles.
    """

    value: Any = None
    missing: str = ""


class Garbled(ValueError):
    """What came back is no answer: its message says why."""


def absence(value: Any) -> Absence | None:
    """Return what there is instead of something to judge; None where there is something.

    A number that is none, in whatever part of the answer it stands, makes all of it such an answer.
    """
    if value is None:
        return Absence.NULL
    if value == []:
        return Absence.EMPTY
    return Absence.NAN if any(map(_is_nan, _leaves(value))) else None


def _leaves(value: Any) -> Iterator[Any]:
    """Yield all that is in an answer and no list or mapping, however deep it lies."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left += each.values()
        elif isinstance(each, list):
            left += each
        else:
            yield each


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def shown(value: Any, within: int = 0) -> str:
    """Return an answer for people, as far as it is short; `within` is in how many others it is."""
    if within == LONGEST_VALUE:
        return "…"  # nobody sees it: so many brackets are as long as all that is kept
    if isinstance(value, list):
        items = [shown(each, within + 1) for each in value[:LONGEST_VALUE]]
        return brief(f"[{', '.join(items)}]", LONGEST_VALUE)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, dict):
        pairs = list(value.items())[:LONGEST_VALUE]
        return brief("{" + ", ".join(f"{key}: {shown(each, within + 1)}" for key, each in pairs) + "}", LONGEST_VALUE)
    return "null" if value is None else brief(str(value), LONGEST_VALUE)
