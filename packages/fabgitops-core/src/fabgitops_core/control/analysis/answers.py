"""What an answer to a measurement is, wherever it comes from, and what is kept of it for people."""

import math
from typing import Any, NamedTuple

from fabgitops_core.codec.texts import brief

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


def is_absent(value: Any) -> bool:
    """Return whether there is nothing to judge: no value at all, or one among them that is no number."""
    if isinstance(value, list):
        return not value or any(map(_is_nan, value))
    return value is None or _is_nan(value)


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
