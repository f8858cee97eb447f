"""How a fault is written on one line: `KIND[:ARGUMENT][,KEY=VALUE]...`, like `delay:2s,p=0.1,on=write`."""

from collections.abc import Collection
from difflib import get_close_matches

KEYS = ("p", "on", "unit", "function", "table", "address", "first", "after", "every", "for", "executes")


def parsed(line: str, kinds: Collection[str]) -> tuple[str, str | None, dict[str, str]]:
    """Return the kind of a line, its argument, and its fields by name, all of them still text.

    Raises:
        ValueError: The kind or a key is unknown, a part is no KEY=VALUE, or a key is there twice.
    """
    head, *parts = (part.strip() for part in line.split(","))
    kind, colon, argument = head.partition(":")
    if kind not in kinds:
        raise ValueError(f'"{kind}" is no fault{_meant(kind, kinds)}; there are {", ".join(kinds)}')
    fields: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals or not value or key not in KEYS:
            raise ValueError(f'"{part}" is not KEY=VALUE{_meant(key, KEYS)}; the keys are {", ".join(KEYS)}')
        if key in fields:
            raise ValueError(f"{key} is given twice")
        fields[key] = value
    return kind, argument if colon else None, fields


def _meant(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, 1)
    return f', did you mean "{close[0]}"?' if close and close[0] != word else ""
