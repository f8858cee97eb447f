"""The rules of a definition's nodes, each asked about the value of its node (apiextensions-apiserver, schema/cel)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from fabgitops_core.admission import wording
from fabgitops_core.admission.correlating import Correlation
from fabgitops_core.admission.rules import Broken, CelError, Program, compile_rule, readable, run
from fabgitops_core.admission.structure import Structure, Validation
from fabgitops_core.admission.wording import Cause

LONGEST_MESSAGE = 5120
"""Bytes of a sentence that a rule puts together; a longer one is not told."""

SELF = ("self",)

_GO_NAMES = {bool: "bool", int: "int64", float: "float64", str: "string", list: "[]interface {}"}


class Broke(NamedTuple):
    """A rule that was broken; `stood` when the value is as it was before, so that it is only a warning."""

    cause: Cause
    stood: bool


class _Before(NamedTuple):
    """The old value of a node, or of the nearest one above it that has one."""

    here: Correlation | None
    above: Correlation | None

    def key(self, name: str) -> "_Before":
        return self if self.here is None else _Before(self.here.key(name), self.here)

    def item(self, place: int) -> "_Before":
        return self if self.here is None else _Before(self.here.index(place), self.here)

    def same(self) -> bool:
        nearest = self.here or self.above
        return nearest is not None and nearest.same()


@lru_cache(maxsize=1024)
def compiled(text: str) -> Program:
    """Return a rule of a node, compiled when it is first asked for."""
    return compile_rule(text, SELF)


def broken(value: Any, known: Structure, correlation: Correlation | None = None) -> Iterator[Broke]:
    """Yield which rules a value breaks, its own and those of all that is in it."""
    yield from _broken(value, as_seen(value, known), known, "", _Before(correlation, None))


def _broken(value: Any, seen: Any, known: Structure, path: str, before: _Before) -> Iterator[Broke]:
    if value is None or not known.ruled:
        return
    for rule in known.rules:
        cause = _asked(rule, seen, known, path)
        if cause is not None:
            yield Broke(cause, before.same())
    if isinstance(value, list) and known.items is not None:
        for place, each in enumerate(value):
            yield from _broken(each, seen[place], known.items, f"{path}[{place}]", before.item(place))
    elif isinstance(value, dict):
        for name, each in value.items():
            inner = known.child(name)
            if inner is not None and each is not None:
                below = f"{path}.{name}".removeprefix(".") if name in known.properties else f"{path}[{name}]"
                yield from _broken(each, seen[name], inner, below, before.key(name))


def _asked(rule: Validation, seen: Any, known: Structure, path: str) -> Cause | None:
    kind = known.type
    try:
        if run(compiled(rule.rule), readable(seen)) is True:
            return None
    except CelError as error:
        if str(error).startswith("no such overload"):
            why = "call arguments did not match a supported operator, function or macro signature for rule"
            return wording.invalid(path, kind, f"'{error}': {why}: {rule.message}")
        return wording.invalid(path, kind, f"{error} evaluating rule: {rule.message}")
    blamed = f"{path}.{rule.field}" if rule.field else path
    return wording.invalid(blamed, kind, _said(rule, seen))


def _said(rule: Validation, seen: Any) -> str:
    if not rule.said:
        return rule.message
    try:
        said = run(compiled(rule.said), seen)
    except CelError:
        return rule.message  # the API server falls back to the fixed sentence, too
    text = said.strip() if isinstance(said, str) else ""
    fits = text and "\n" not in text and len(text.encode("utf-8", "surrogatepass")) <= LONGEST_MESSAGE
    return text if fits else rule.message


def as_seen(value: Any, known: Structure) -> Any:
    """Return a value as its rules see it: by its schema's type, and what is null in a mapping is not there."""
    if known.int_or_string:
        return value if type(value) in (int, str) else Broken(_NEITHER)
    if isinstance(value, dict) and known.type == "object":
        children = ((name, each, known.child(name)) for name, each in value.items() if each is not None)
        return {name: as_seen(each, inner) for name, each, inner in children if inner is not None}
    if isinstance(value, list) and known.type == "array" and known.items is not None:
        return [as_seen(each, known.items) for each in value]
    if known.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if known.type == "integer" and type(value) is not int:
        return Broken(f"invalid data, expected int, got {_GO_NAMES.get(type(value), 'map[string]interface {}')}")
    return value


_NEITHER = "invalid data, expected XIntOrString value to be either a string or integer"
