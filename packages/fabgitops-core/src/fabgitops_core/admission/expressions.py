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

_ROOT = "<nil>"
"""How the API server names the path of a whole object."""

SELF = ("self",)
TRANSITION = ("self", "oldSelf")
"""What a rule may speak of that is about a change: it is asked only where there is an old value of the same place."""

_PYTHON_TYPES: dict[str, tuple[type[Any], ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}
_WANTED = {
    "object": "a map for the provided schema with type=object",
    "array": "an array for the provided schema with type=array",
    "string": "string, got {}",
    "number": "float, got {}",
    "integer": "int, got {}",
    "boolean": "bool, got {}",
}
_GO_NAMES = {
    bool: "bool",
    int: "int64",
    float: "float64",
    str: "string",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}
_NEITHER = "invalid data, expected XIntOrString value to be either a string or integer"


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
    return compile_rule(text, TRANSITION if _of_change(text) else SELF)


def _of_change(text: str) -> bool:
    return "oldSelf" in text


def broken(value: Any, known: Structure, correlation: Correlation | None = None) -> Iterator[Broke]:
    """Yield which rules a value breaks, its own and those of all that is in it."""
    yield from _broken(value, _as_object(value, known), known, "", _Before(correlation, None))


def _as_object(value: Any, known: Structure) -> Any:
    """Return an object as the rules of its root see it: of its metadata they know the name."""
    seen = as_seen(value, known)
    if isinstance(seen, dict) and isinstance(about := value.get("metadata"), dict) and "metadata" in known.properties:
        return {**seen, "metadata": {key: about[key] for key in ("name", "generateName") if key in about}}
    return seen


def _broken(value: Any, seen: Any, known: Structure, path: str, before: _Before) -> Iterator[Broke]:
    if value is None or not known.ruled:
        return
    for rule in known.rules:
        yield from _asked(rule, seen, known, path, before)
    if isinstance(value, list) and isinstance(seen, list) and known.items is not None:
        for place, each in enumerate(value):
            yield from _broken(each, seen[place], known.items, f"{path}[{place}]", before.item(place))
    elif isinstance(value, dict) and isinstance(seen, dict):
        for name, each in value.items():
            inner = known.child(name)
            if inner is not None and each is not None:
                below = f"{path}.{name}".removeprefix(".") if name in known.properties else f"{path}[{name}]"
                yield from _broken(each, seen[name], inner, below, before.key(name))


def _asked(rule: Validation, seen: Any, known: Structure, path: str, before: _Before) -> Iterator[Broke]:
    of_change, kind = _of_change(rule.rule), known.type
    if of_change and before.here is None:
        return
    old = (readable(as_seen(before.here.old, known)),) if of_change and before.here else ()
    try:
        if run(compiled(rule.rule), readable(seen), *old) is not True:
            blamed = f"{path}.{rule.field}".removeprefix(".") if rule.field else path
            yield Broke(wording.invalid(blamed or _ROOT, kind, _said(rule, seen)), before.same())
    except CelError as error:
        # A rule that says nothing refuses, also what stood there before.
        why = str(error)
        if why.startswith("no such overload"):
            told = f"'{why}': call arguments did not match a supported operator, function or macro signature for rule"
        else:
            told = f"{why} evaluating rule"
        yield Broke(wording.invalid(path or _ROOT, kind, f"{told}: {rule.message}"), stood=False)


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
    if known.type not in _PYTHON_TYPES:
        return value
    if not isinstance(value, _PYTHON_TYPES[known.type]) or isinstance(value, bool) is not (known.type == "boolean"):
        return Broken(f"invalid data, expected {_WANTED[known.type]}".format(_GO_NAMES.get(type(value), "<nil>")))
    if isinstance(value, dict):
        children = ((name, each, known.child(name)) for name, each in value.items() if each is not None)
        return {name: as_seen(each, inner) for name, each, inner in children if inner is not None}
    if isinstance(value, list) and known.items is not None:
        return [as_seen(each, known.items) for each in value]
    return _as_double(value) if known.type == "number" else value


def _as_double(number: Any) -> float:
    return float(number)
