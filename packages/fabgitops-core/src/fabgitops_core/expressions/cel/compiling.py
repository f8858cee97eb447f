"""Nodes to Python functions: each takes the frame, which holds the variables by place, and returns the node's value.

Nothing is looked up by name when a rule runs. A comprehension's variable has a place of its own in the frame.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.comprehending import MACROS, Comprehension
from fabgitops_core.expressions.cel.dialects import PLAIN, Dialect, charged
from fabgitops_core.expressions.cel.functions import GLOBAL, MEMBER
from fabgitops_core.expressions.cel.logic import both, chosen, either
from fabgitops_core.expressions.cel.nodes import Call, Index, ListOf, Literal, MapOf, Name, Node, Select, SyntaxFault
from fabgitops_core.expressions.cel.operators import BINARY, UNARY
from fabgitops_core.expressions.cel.parsing import parsed
from fabgitops_core.expressions.cel.picking import field, field_or, has_field, item, maybe_field, maybe_item
from fabgitops_core.expressions.cel.values import TYPES, CelError

Run: TypeAlias = Callable[[list[Any]], Any]


class Program:
    """An expression that was compiled."""

    def __init__(self, text: str, variables: Sequence[str], dialect: Dialect = PLAIN) -> None:
        """Compile an expression.

        Args:
            text: The expression.
            variables: The names that it may use, in the order in which `run` is given their values.
            dialect: What there is beside CEL's own, and how much an expression may take.

        Raises:
            SyntaxFault: It is none, or it uses a name or a function that there is not.
        """
        compiler = _Compiler({name: place for place, name in enumerate(variables)}, dialect)
        if dialect.steps:
            compiler.places += 1  # what is left of its steps comes right behind the variables
        self._run = compiler.node(parsed(text))
        self._room: list[Any] = [None] * (compiler.places - len(variables))
        if dialect.steps:
            self._room[0] = dialect.steps

    def run(self, *values: Any) -> Any:
        """Return its value.

        Raises:
            CelError: It has none.
            Exhausted: It takes more than it may.
        """
        return self._run([*values, *self._room])


class _Compiler:
    """One expression that is being compiled: which names there are, and at which places."""

    def __init__(self, names: dict[str, int], dialect: Dialect, left: int = -1) -> None:
        self._names = names
        self._dialect = dialect
        self._left = len(names) if left < 0 else left
        self.places = len(names)

    def node(self, node: Node) -> Run:
        """Return what gives a node's value, and takes the steps off that it took."""
        run = self._node(node)
        return charged(run, self._left) if self._dialect.steps else run

    def _node(self, node: Node) -> Run:
        match node:
            case Literal(value):
                return lambda _frame: value
            case Name(name, _):
                return self._name(name, node.at)
            case Select(of, name, optional):
                return (maybe_field if optional else field)(self.node(of), name)
            case Index(of, key, optional):
                return (maybe_item if optional else item)(self.node(of), self.node(key))
            case ListOf(items):
                return _list([self.node(each) for each in items])
            case MapOf(entries):
                return _map([(self.node(key), self.node(value)) for key, value in entries])
            case Call():
                return self._call(node)

    def _name(self, name: str, at: int) -> Run:
        if name in self._names:
            place = self._names[name]
            return lambda frame: frame[place]
        if name not in TYPES:
            raise SyntaxFault(f"undeclared reference to {name!r}", at)
        kind = TYPES[name]
        return lambda _frame: kind

    def _call(self, call: Call) -> Run:
        if call.target is not None:
            return self._member(call, call.target)
        if call.name == "has" and len(call.arguments) == 1 and isinstance(call.arguments[0], Select):
            return has_field(self.node(call.arguments[0].of), call.arguments[0].field)
        arguments = [self.node(each) for each in call.arguments]
        if call.name in _LOGIC:
            return _LOGIC[call.name](*arguments)
        if call.name in BINARY:
            return _two(self._dialect.operators.get(call.name, BINARY[call.name]), *arguments)
        if call.name in UNARY:
            return _one(UNARY[call.name], *arguments)
        if form := self._dialect.forms.get((call.name, len(arguments))):
            return _formed(form, arguments)
        return _applied(_known(self._dialect.functions, GLOBAL, call), arguments)

    def _member(self, call: Call, target: Node) -> Run:
        called = (call.name, len(call.arguments))
        if macro := MACROS.get(called) or self._dialect.macros.get(called):
            return self._comprehension(macro, call, target)
        if call.name == "orValue" and isinstance(target, Select) and target.optional and len(call.arguments) == 1:
            return field_or(self.node(target.of), target.field, self.node(call.arguments[0]))
        if call.name in self._dialect.without:
            raise SyntaxFault(f"no function {call.name!r} here", call.at)
        function = _known(self._dialect.members, MEMBER, call)
        return _applied(function, [self.node(target), *(self.node(each) for each in call.arguments)])

    def _comprehension(self, make: Comprehension, call: Call, target: Node) -> Run:
        variable, *parts = call.arguments
        if not isinstance(variable, Name):
            raise SyntaxFault(f"{call.name} names no variable", call.at)
        over = self.node(target)
        place, self.places = self.places, self.places + 1
        inner = _Compiler({**self._names, variable.name: place}, self._dialect, self._left)
        inner.places = self.places
        compiled = [inner.node(part) for part in parts]
        self.places = inner.places
        return make(place, over, *compiled)


_LOGIC: dict[str, Callable[..., Run]] = {"&&": both, "||": either, "?:": chosen}


Functions: TypeAlias = Mapping[tuple[str, int], Callable[..., Any]]


def _known(more: Functions, table: Functions, call: Call) -> Callable[..., Any]:
    function = more.get((call.name, len(call.arguments))) or table.get((call.name, len(call.arguments)))
    if function is None:
        raise SyntaxFault(f"no function {call.name!r} of {len(call.arguments)} arguments", call.at)
    return function


def _formed(form: Callable[..., Run], arguments: Sequence[Run]) -> Run:
    return form(*arguments)


def _one(function: Callable[[Any], Any], operand: Run) -> Run:
    return lambda frame: function(operand(frame))


def _two(function: Callable[[Any, Any], Any], left: Run, right: Run) -> Run:
    return lambda frame: function(left(frame), right(frame))


def _applied(function: Callable[..., Any], arguments: Sequence[Run]) -> Run:
    if len(arguments) == 1:
        return _one(function, *arguments)
    if len(arguments) == 2:
        return _two(function, *arguments)
    return lambda frame: function(*[argument(frame) for argument in arguments])


def _list(items: Sequence[Run]) -> Run:
    return lambda frame: [each(frame) for each in items]


def _map(entries: Sequence[tuple[Run, Run]]) -> Run:
    return lambda frame: {_key(key(frame)): value(frame) for key, value in entries}


def _key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise CelError("unsupported key type") from None
    return value
