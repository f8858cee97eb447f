"""Words to nodes, by CEL's grammar (langdef.md, "Syntax"); messages, bytes and unsigned numbers are left out."""

from fabgitops_core.expressions.cel.lexing import Word, words
from fabgitops_core.expressions.cel.nodes import Call, Index, ListOf, Literal, MapOf, Name, Node, Select, SyntaxFault
from fabgitops_core.expressions.cel.values import is_number

_CONSTANTS = {"true": True, "false": False, "null": None}
_BINARY = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
"""Operators of two operands, by how weakly they bind; all bind to the left."""


def parsed(text: str) -> Node:
    """Return what a text says.

    Raises:
        SyntaxFault: It is no expression.
    """
    reading = _Reading(tuple(words(text)))
    node = reading.expression()
    if reading.word.sort != "end":
        raise reading.fault()
    return node


class _Reading:
    """A text that is read word by word."""

    def __init__(self, given: tuple[Word, ...]) -> None:
        self._words = given
        self._at = 0

    @property
    def word(self) -> Word:
        """Return the word that is next."""
        return self._words[self._at]

    def fault(self) -> SyntaxFault:
        """Return that the next word does not belong there."""
        if self.word.sort == "end":
            return SyntaxFault("it ends too early", self.word.at)
        return SyntaxFault(f"{self.word.value!r} does not belong there", self.word.at)

    def expression(self) -> Node:
        """Read a condition, or anything that binds stronger."""
        node = self._binary(0)
        if not self._take("?"):
            return node
        then = self._binary(0)
        self._expect(":")
        return Call("?:", (node, then, self.expression()))

    def _take(self, *signs: str) -> str:
        if self.word.sort in ("sign", "name") and self.word.value in signs:
            self._at += 1
            return str(self._words[self._at - 1].value)
        return ""

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self.fault()

    def _name(self) -> str:
        if self.word.sort != "name":
            raise self.fault()
        self._at += 1
        return str(self._words[self._at - 1].value)

    def _binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        node = self._binary(level + 1)
        while sign := self._take(*_BINARY[level]):
            node = Call(sign, (node, self._binary(level + 1)))
        return node

    def _unary(self) -> Node:
        if sign := self._take("!", "-"):
            operand = self._unary()
            if sign == "-" and isinstance(operand, Literal) and is_number(operand.value):
                return Literal(-operand.value)
            return Call("!" if sign == "!" else "-1", (operand,))
        return self._member()

    def _member(self) -> Node:
        node = self._primary()
        while sign := self._take(".", ".?", "[", "[?"):
            if sign in ("[", "[?"):
                node = Index(node, self.expression(), optional=sign == "[?")
                self._expect("]")
                continue
            at, name = self.word.at, self._name()
            if sign == "." and self._take("("):
                node = Call(name, self._list(")"), node, at)
            else:
                node = Select(node, name, optional=sign == ".?")
        return node

    def _primary(self) -> Node:
        if self.word.sort == "literal":
            self._at += 1
            return Literal(self._words[self._at - 1].value)
        if self._take("("):
            node = self.expression()
            self._expect(")")
            return node
        if self._take("["):
            return ListOf(self._list("]"))
        if self._take("{"):
            return MapOf(self._entries())
        at, name = self.word.at, self._name()
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name])
        return Call(name, self._list(")"), at=at) if self._take("(") else Name(name, at)

    def _list(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._take(end):
            if items:
                self._expect(",")
            items.append(self.expression())
        return tuple(items)

    def _entries(self) -> tuple[tuple[Node, Node], ...]:
        entries: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if entries:
                self._expect(",")
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
        return tuple(entries)
