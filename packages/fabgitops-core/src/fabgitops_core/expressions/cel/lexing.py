"""A text to words: CEL's lexis (langdef.md, "Syntax")."""

import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from fabgitops_core.expressions.cel.nodes import SyntaxFault
from fabgitops_core.expressions.cel.values import MOST

_WORDS = re.compile(
    r"""(?P<blank>\s+|//[^\n]*)
    |(?P<text>(?P<raw>[rR]?)(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0x[0-9a-fA-F]+|\d+)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|.)")
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {c: c for c in "\\'\"`?"}


class Word(NamedTuple):
    """A word: of which sort, what it says, and where it begins."""

    sort: str
    value: Any
    at: int


def words(text: str) -> Iterator[Word]:
    """Yield the words of an expression, at last one of sort `end`.

    Raises:
        SyntaxFault: There is something that is none.
    """
    at = 0
    while at < len(text):
        found = _WORDS.match(text, at)
        if found is None:
            raise SyntaxFault(f"{text[at]!r} is not understood", at)
        if found.lastgroup != "blank":
            yield _word(found)
        at = found.end()
    yield Word("end", "", at)


def _word(found: re.Match[str]) -> Word:
    text = found.group()
    if found.group("text") is not None:
        inner = text[len(found.group("raw")) + 1 : -1]
        return Word("literal", inner if found.group("raw") else _ESCAPE.sub(_unescaped, inner), found.start())
    if found.group("double") is not None:
        return Word("literal", float(text), found.start())
    if found.group("int") is not None:
        return Word("literal", _int(found), found.start())
    return Word("name" if found.group("name") is not None else "sign", text, found.start())


def _int(found: re.Match[str]) -> int:
    text = found.group()
    number = int(text, 0 if text.startswith("0x") else 10)
    if number > MOST + 1:  # the least of all is written as the negative of one more than the most
        raise SyntaxFault(f"{text[:20]!r} does not fit 64 bits", found.start())
    return number


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code in _SHORT:
        return _SHORT[code]
    if code[0] in "uUx" and len(code) > 1 and int(code[1:], 16) <= sys.maxunicode:
        return chr(int(code[1:], 16))
    if code.isdigit() and len(code) == 3:
        return chr(int(code, 8))
    raise SyntaxFault(f"no escape sequence: \\{code}")
