"""Patterns of RE2 (github.com/google/re2, "Syntax"), which the API server uses, as patterns of Python's `re`."""

import re
from functools import lru_cache

from fabgitops_core.expressions.cel.nodes import SyntaxFault

_PARTS = re.compile(r"\\[pP]\{\w+\}|\\x\{[0-9A-Fa-f]+\}|\\.|\[\^?\]?|\]|\$|[^\\\[\]$]+", re.DOTALL)

_CATEGORIES = {
    "Cc": r"\x00-\x1f\x7f-\x9f",
    "Cf": "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f",
    "Zl": "\u2028",
    "Zp": "\u2029",
}
"""Categories of Unicode 15, which is that of the Go that the API server is built with: Python's own may be another."""


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern of RE2; `$` in it is the end of the text, and digits, words and blanks are those of ASCII.

    Raises:
        SyntaxFault: It is none, or it names a category that nothing here knows.
    """
    within = False
    parts: list[str] = []
    for part in _PARTS.findall(text):
        if part[0] == "[" and not within:
            within = True
        elif part == "]":
            within = False
        parts.append(_part(part, within))
    try:
        return re.compile("".join(parts), re.ASCII)
    except re.error as error:
        raise SyntaxFault(f"{text!r} is no pattern: {error}") from None


def _part(part: str, within: bool) -> str:
    if part == "$" and not within:
        return r"\Z"
    if part == r"\z":
        return r"\Z"
    if part.startswith(r"\x{"):
        return f"\\U{int(part[3:-1], 16):08x}"
    if part.startswith((r"\p{", r"\P{")):
        known = _CATEGORIES.get(part[3:-1])
        if known is None or (part[1] == "P" and within):
            raise SyntaxFault(f"no such category of characters here: {part}")
        return known if within else f"[{'^' if part[1] == 'P' else ''}{known}]"
    return part
