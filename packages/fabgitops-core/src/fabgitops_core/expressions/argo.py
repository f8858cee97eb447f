"""Conditions as Argo Rollouts has them (expr-lang.org) to CEL, word by word; what CEL lacks is refused by name.

Most of them are CEL as they stand. `and`, `or` and `not` become signs; `all(xs, {# < 1})` becomes `xs.all(x, x < 1)`,
and so do any, none, one, filter, map and count; the functions that are left are there under their names.
"""

import re
from typing import NamedTuple

from fabgitops_core.expressions.cel.nodes import SyntaxFault

_WORDS = re.compile(
    r"""(?P<text>[rR]?'(?:[^'\\\n]|\\.)*'|[rR]?"(?:[^"\\\n]|\\.)*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<number>\d+(?:\.(?!\.)\d+)?(?:[eE][+-]?\d+)?)
    |(?P<foreign>\?\?|\?\.|\.\.|\*\*|\^|`|\|(?!\|)|;|\#)
    |(?P<blank>\s+|//[^\n]*)
    |(?P<other>&&|\|\||==|!=|<=|>=|.)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_SIGNS = {"and": "&&", "or": "||", "not": "!", "nil": "null"}
_OVER = {
    "all": ("", ".all(", ")"),
    "any": ("", ".exists(", ")"),
    "none": ("!", ".exists(", ")"),
    "one": ("", ".exists_one(", ")"),
    "filter": ("", ".filter(", ")"),
    "map": ("", ".map(", ")"),
    "count": ("size(", ".filter(", "))"),
}
"""Functions over a list: what comes before the list, behind it, and at the end."""
_NOT_THERE = frozenset(
    [
        "ceil",
        "concat",
        "contains",
        "countBy",
        "date",
        "duration",
        "endsWith",
        "find",
        "findIndex",
        "findLast",
        "first",
        "flatten",
        "floor",
        "fromJSON",
        "get",
        "groupBy",
        "keys",
        "last",
        "let",
        "lower",
        "matches",
        "mean",
        "median",
        "now",
        "reduce",
        "round",
        "sort",
        "sortBy",
        "split",
        "startsWith",
        "sum",
        "take",
        "toJSON",
        "trim",
        "uniq",
        "upper",
        "values",
    ]
)
"""Operators and functions of expr that CEL does not have, or not in this way."""
_CEL_INSTEAD = "it is not taken over from expr: say it in CEL"
_INFIX = {"contains", "endsWith", "matches", "startsWith"}
_MEMBERS = {".", ".?"}


class _Word(NamedTuple):
    sort: str
    text: str
    at: int


Rewritten = tuple[str, list[int]]
"""A text, and for each of its characters, and its end, where that comes from."""


def rewritten(text: str) -> Rewritten:
    """Return a condition as CEL, and for each of its characters from which of the text given it comes.

    Raises:
        SyntaxFault: It says what has no counterpart.
    """
    words = [_Word(str(found.lastgroup), found.group(), found.start()) for found in _WORDS.finditer(text)]
    writing = _Writing(words)
    writing.until(None)
    return "".join(writing.out), [*writing.places, len(text)]


class _Writing:
    """Words that are written anew one by one; `within` are the variables of the closures around."""

    def __init__(self, words: list[_Word]) -> None:
        self._words = words
        self._at = 0
        self._within: list[str] = []
        self.out: list[str] = []
        self.places: list[int] = []

    def until(self, end: str | None) -> None:
        """Write words up to the sign at which a part ends, which stays."""
        depth = 0
        while self._at < len(self._words):
            word = self._words[self._at]
            if depth == 0 and word.sort == "other" and word.text == end:
                return
            if word.sort == "other":
                depth += (word.text in "([{") - (word.text in ")]}")
            self._word(word)
        if end is not None:
            raise SyntaxFault("it ends too early", self._words[-1].at + len(self._words[-1].text))

    def _word(self, word: _Word) -> None:
        self._at += 1
        if word.sort == "foreign":
            return self._foreign(word)
        if word.sort != "name" or self._behind_a_dot():
            return self._put(word.text, word.at)
        if word.text in _OVER and self._next() == "(" and self._has_closure():
            return self._closure(word)
        if word.text in _SIGNS:
            return self._put(_SIGNS[word.text], word.at)
        if word.text in _NOT_THERE and (self._next() == "(" or word.text in _INFIX | {"let"}):
            raise SyntaxFault(f"{word.text!r}: {_CEL_INSTEAD}", word.at)
        return self._put(word.text, word.at)

    def _foreign(self, word: _Word) -> None:
        if word.text != "#" or not self._within:
            raise SyntaxFault(f"{word.text!r}: {_CEL_INSTEAD}", word.at)
        self._put(self._within[-1], word.at)

    def _closure(self, name: _Word) -> None:
        """Write a function over a list: `all(xs, {# < 1})`."""
        before, behind, end = _OVER[name.text]
        variable = f"each{len(self._within)}"
        self._skip("(")
        self._put(f"{before}(", name.at)
        self.until(",")
        self._skip(",")
        self._put(f"){behind}{variable}, ", name.at)
        self._skip("{")
        self._within.append(variable)
        self.until("}")
        self._within.pop()
        self._skip("}")
        self._skip(")")
        self._put(end, name.at)

    def _has_closure(self) -> bool:
        """Return whether the second argument of the function that is next is a closure."""
        depth = 0
        for place in range(self._at, len(self._words)):
            word = self._words[place]
            if word.sort != "other":
                continue
            depth += (word.text in "([{") - (word.text in ")]}")
            if depth == 0:
                return False
            if depth == 1 and word.text == ",":
                rest = (each.text for each in self._words[place + 1 :] if each.sort != "blank")
                return next(rest, "") == "{"
        return False

    def _behind_a_dot(self) -> bool:
        before = (each for each in reversed(self._words[: self._at - 1]) if each.sort != "blank")
        word = next(before, None)
        return word is not None and word.text in _MEMBERS

    def _next(self) -> str:
        return next((each.text for each in self._words[self._at :] if each.sort != "blank"), "")

    def _skip(self, sign: str) -> None:
        while self._at < len(self._words) and self._words[self._at].sort == "blank":
            self._at += 1
        if self._at == len(self._words) or self._words[self._at].text != sign:
            word = self._words[min(self._at, len(self._words) - 1)]
            raise SyntaxFault(f"{word.text!r} does not belong there", word.at)
        self._at += 1

    def _put(self, text: str, at: int) -> None:
        self.out.append(text)
        self.places += [at] * len(text)
