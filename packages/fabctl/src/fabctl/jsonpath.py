r"""JSONPath templates as kubectl has them (k8s.io/client-go/util/jsonpath), without regular expressions. Pure.

A template is text with paths in braces: `{.items[*].metadata.name}`, `{range .items[*]}{.metadata.name}{"\n"}{end}`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fabctl.errors import UsageError

_TOKEN = re.compile(
    r"""(?P<deep>\.\.)|\.?\[(?P<bracket>'(?:[^'\\]|\\.)*'|\?\(.*?\)|[^\]]*)\]|\.(?P<name>(?:\\.|[^.\[\\\s])+)|(?P<root>[$@])"""
    r"""|(?P<bare>(?:\\.|[^.\[\\\s])+)"""
)
_FILTER = re.compile(r"\?\(\s*(?P<left>.+?)\s*(?:(?P<how>==|!=|<=|>=|<|>)\s*(?P<right>.+?)\s*)?\)", re.DOTALL)
_ITEMS = re.compile(r"(\$?\.)?items\[(\*|\?\(.*?\))\]")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")

Step = Callable[[Any], Iterator[Any]]


class _Part(NamedTuple):
    """What stands in braces, or between them."""

    text: str
    is_path: bool


class Template:
    """A template, read once and filled in with objects."""

    def __init__(self, text: str) -> None:
        """Read a template.

        Raises:
            UsageError: It is none.
        """
        self._parts = list(_parts(text))
        _check(self._parts)
        self._paths = {each.text: Path(each.text) for each in self._parts if _is_plain_path(each)}
        self._ranges = {
            each.text: Path(each.text.partition(" ")[2])
            for each in self._parts
            if each.is_path and _is_range(each.text)
        }

    def over_items(self) -> "OverItems | None":
        """Return what fills it in item by item, if it goes over the items of a list once, and over nothing else."""
        asking = [at for at, each in enumerate(self._parts) if each.is_path and each.text[:1] not in {"", '"', "'"}]
        first = asking[0] if asking else -1
        if first < 0 or not _ITEMS.match(_path_of(self._parts[first])):
            return None
        repeated = self._parts[first].text in self._ranges
        last = _end_of(self._parts, first) if repeated else first
        if asking[-1] > last or any(_path_of(each).startswith("$") for each in self._parts[first + 1 : last]):
            return None
        before, behind = self._between(0, first), self._between(last + 1, len(self._parts))
        if repeated:
            return OverItems(before, behind, "", lambda whole: [self._between(first, last, whole)])
        path = self._paths[self._parts[first].text]
        return OverItems(before, behind, " ", lambda whole: map(shown, path.found(whole, whole)))

    def _between(self, at: int, end: int, value: Any = None) -> str:
        said: list[str] = []
        self._fill(at, end, value, value, said)
        return "".join(said)

    def filled(self, value: Any) -> str:
        """Return the text that a value makes of it."""
        return self._between(0, len(self._parts), value)

    def _fill(self, at: int, end: int, here: Any, root: Any, said: list[str]) -> None:
        while at < end:
            part = self._parts[at]
            if not part.is_path:
                said.append(part.text)
            elif _is_range(part.text):
                last = _end_of(self._parts, at)
                for each in self._ranges[part.text].found(here, root):
                    self._fill(at + 1, last, each, root, said)
                at = last
            elif part.text[:1] in {'"', "'"}:
                said.append(_quoted(part.text))
            elif part.text:
                said.append(" ".join(map(shown, self._paths[part.text].found(here, root))))
            at += 1


class OverItems:
    """What fills a template in item by item; together this is what the whole list makes of it."""

    def __init__(self, before: str, behind: str, gap: str, said: Callable[[Any], Iterable[str]]) -> None:
        """Begin.

        Args:
            before: What stands before the items.
            behind: What stands behind them.
            gap: What stands between what is found.
            said: Returns what is found in a list.
        """
        self._next, self._behind, self._gap, self._said = before, behind, gap, said
        self._found = False

    def more(self, items: list[Any]) -> str:
        """Return what further items add."""
        said = [*self._said({"items": items})]
        begins, self._next = self._next, ""
        gap = self._gap if self._found and said else ""
        self._found = self._found or bool(said)
        return begins + gap + self._gap.join(said)

    def end(self) -> str:
        """Return what stands behind the last."""
        return self._next + self._behind


class Path:
    """One path: what it finds in a value."""

    def __init__(self, text: str) -> None:
        """Read a path; `.a.b`, `a.b` and `$.a.b` are the same.

        Raises:
            UsageError: It is none.
        """
        self._from_root = text.startswith("$")
        self._steps = list(_steps(text))

    def found(self, here: Any, root: Any) -> list[Any]:
        """Return all that it finds; what is not there is not found, and that is no error."""
        values = [root if self._from_root else here]
        for step in self._steps:
            values = [found for value in values for found in step(value)]
        return values


def shown(value: Any) -> str:
    """Return a value as kubectl prints it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _parts(text: str) -> Iterator[_Part]:
    at = 0
    while (begins := text.find("{", at)) >= 0:
        if begins > at:
            yield _Part(text[at:begins], is_path=False)
        ends = _closing(text, begins)
        yield _Part(text[begins + 1 : ends].strip(), is_path=True)
        at = ends + 1
    if at < len(text):
        yield _Part(text[at:], is_path=False)


def _closing(text: str, begins: int) -> int:
    """Return where a brace is closed; one in quotes does not close it."""
    quote = ""
    for at in range(begins + 1, len(text)):
        each = text[at]
        if quote:
            quote = "" if each == quote and text[at - 1] != "\\" else quote
        elif each in "\"'":
            quote = each
        elif each == "}":
            return at
    raise UsageError(f"the brace of {text[begins:]} is never closed")


def _check(parts: Sequence[_Part]) -> None:
    depth = 0
    for each in parts:
        if each.is_path and _is_range(each.text):
            depth += 1
        elif each.is_path and each.text == "end":
            depth -= 1
        if depth < 0:
            raise UsageError("{end} stands there without a {range}")
    if depth:
        raise UsageError("a {range} has no {end}")


def _path_of(part: _Part) -> str:
    """Return the path in braces, also of a range; of what is no path nothing."""
    return part.text.removeprefix("range ") if part.is_path else ""


def _is_range(text: str) -> bool:
    return text.startswith("range ")


def _is_plain_path(part: _Part) -> bool:
    return (
        part.is_path
        and bool(part.text)
        and part.text != "end"
        and part.text[0] not in "\"'"
        and not _is_range(part.text)
    )


def _end_of(parts: Sequence[_Part], at: int) -> int:
    depth = 0
    for place in range(at, len(parts)):
        if parts[place].is_path and _is_range(parts[place].text):
            depth += 1
        elif parts[place].is_path and parts[place].text == "end":
            depth -= 1
            if not depth:
                return place
    return len(parts)


def _steps(text: str) -> Iterator[Step]:
    at, deep = 0, False
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.end() == at:
            if text[at:] == ".":  # the whole
                return
            raise UsageError(f"{text!r} is no path: {text[at:]!r} makes no sense there")
        at = token.end()
        if token["deep"]:
            deep = True
            continue
        step = _step(token)
        if step is not None:
            yield _below(step) if deep else step
            deep = False


def _step(token: re.Match[str]) -> Step | None:
    if token["root"]:
        return None
    if token["bracket"] is not None:
        return _bracket(token["bracket"].strip())
    return _named(re.sub(r"\\(.)", r"\1", token["name"] or token["bare"]))


def _named(name: str) -> Step:
    return (
        _every
        if name == "*"
        else lambda value: iter([value[name]] if isinstance(value, Mapping) and name in value else [])
    )


def _every(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _below(step: Step) -> Step:
    def found(value: Any) -> Iterator[Any]:
        yield from step(value)
        for each in _every(value):
            yield from found(each)

    return found


def _bracket(inside: str) -> Step:
    if inside == "*":
        return _every
    if inside.startswith("'"):
        return _named(re.sub(r"\\(.)", r"\1", inside[1:-1]))
    if inside.startswith("?"):
        return _filtered(inside)
    try:
        if sliced := _SLICE.fullmatch(inside):
            cut = slice(*(int(each) if each else None for each in sliced.groups()))
            cut.indices(0)  # raises for steps of nothing
            return lambda value: iter(value[cut] if isinstance(value, list) else [])
        places = [int(each) for each in inside.split(",")]
    except ValueError:
        raise UsageError(f"[{inside}] is no place in a list, no 'name' and no filter ?(@.name==\"value\")") from None
    return lambda value: (value[at] for at in places if isinstance(value, list) and -len(value) <= at < len(value))


def _filtered(inside: str) -> Step:
    read = _FILTER.fullmatch(inside)
    if read is None:
        raise UsageError(f'[{inside}] is no filter, as in [?(@.type=="Ready")]')
    left, how = Path(read["left"]), read["how"]
    if how is None:
        return lambda value: (each for each in _every(value) if left.found(each, each))
    right = _operand(read["right"])
    return lambda value: (each for each in _every(value) if _holds(left.found(each, each), how, right(each)))


def _operand(text: str) -> Callable[[Any], list[Any]]:
    if text[:1] in {'"', "'"}:
        said = _quoted(text)
        return lambda _: [said]
    if text[:1] in {"@", "$"}:
        path = Path(text)
        return lambda value: path.found(value, value)
    try:
        value = json.loads(text)
    except ValueError:
        raise UsageError(f"{text} is no value: write a text in quotes") from None
    return lambda _: [value]


def _holds(left: list[Any], how: str, right: list[Any]) -> bool:
    if len(left) != 1 or len(right) != 1:
        return False
    one, other = left[0], right[0]
    if how in {"==", "!="}:
        return bool((type(one) is type(other) or _both_numbers(one, other)) and one == other) == (how == "==")
    if not (_both_numbers(one, other) or (isinstance(one, str) and isinstance(other, str))):
        return False
    return bool({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[how])


def _both_numbers(one: Any, other: Any) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other))


def _quoted(text: str) -> str:
    """Return what stands in quotes, with the escapes of Go as far as JSON has them too."""
    if len(text) < 2 or text[-1] != text[0]:
        raise UsageError(f"the quotes of {text} are never closed")
    inner = text[1:-1]
    if text[0] == "'":
        inner = inner.replace('"', '\\"').replace("\\'", "'")
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError:
        raise UsageError(f"{text} is no text in quotes") from None
