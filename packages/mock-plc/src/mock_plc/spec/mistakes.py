"""What is wrong in a YAML file, and where: pydantic's errors in words that help, with path and line."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from mock_plc.parts import FieldError
from mock_plc.spec.ambiguous import Location

_LONGEST = 60


def mistake(error: Any) -> tuple[Location, str]:
    """Return where one of pydantic's errors is, in the file's own keys, and what is wrong there."""
    location = tuple(part for part in error["loc"] if _is_key(part))
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
        return location + _parts(cause.field), str(cause)
    return location, _sentence(error)


def _is_key(part: str | int) -> bool:
    """Whether a part of a location is a key of the file, and not the name of a type that pydantic has tried."""
    return not (isinstance(part, str) and ("[" in part or part in ("bool", "int", "float", "str", "[key]")))


def _parts(field: str) -> Location:
    """Return the parts of a path like `registers[3].behaviours`."""
    return tuple(int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", field))


def _sentence(error: Any) -> str:
    given, kind, context = error["input"], error["type"], error.get("ctx", {})
    if kind in _SAID:
        said = _SAID[kind]
    elif kind in ("enum", "literal_error"):
        said = _one_of(str(given), str(context["expected"]))
    else:
        said = str(error["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    shown = "this" if isinstance(given, Mapping | list) else repr(given)
    return f"{shown[:_LONGEST]} {said}" if said.startswith("must") else said


_SAID = {
    "missing": "is missing",
    "extra_forbidden": "there is no such key here",
    "too_short": "is empty; it needs one at least",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
    "string_pattern_mismatch": "must be letters and digits, with - _ . between them, 63 at most",
}


def _one_of(given: str, expected: str) -> str:
    close = get_close_matches(given, re.findall(r"'([^']*)'", expected), 1, cutoff=0.5)
    return f"must be {expected}".replace("'", "") + (f"; did you mean {close[0]}?" if close else "")


def path_of(location: Location, data: object) -> str:
    """Return a location as one reads it: `units.1.registers[3] (speed).type`."""
    path = ""
    for part in location:
        listed = isinstance(part, int) and not isinstance(data, Mapping)
        data = _inside(data, part)
        path += f"[{part}]" if listed else f".{part}"
        if listed and isinstance(data, Mapping) and isinstance(data.get("name"), str):
            path += f" ({data['name']})"
    return path.removeprefix(".") or "the file"


def _inside(data: object, part: str | int) -> object:
    if isinstance(data, Mapping):
        return next((value for key, value in data.items() if str(key) == str(part)), None)
    if isinstance(data, Sequence) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def line_of(node: Node, location: Location) -> int:
    """Return the line of a location, from 1, or of what is nearest to it."""
    for part in location:
        inner = node_of(node, part)
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def node_of(node: Node, part: str | int) -> Node | None:
    """Return what a mapping or a list has under a key or a number; None if there is no such thing."""
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        inner: Node = node.value[part]
        return inner
    return None
