"""Reads a device file, and says of each mistake in which line it is, what is wrong, and what would be right."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from mock_plc.errors import MockPlcError
from mock_plc.parts import FieldError
from mock_plc.spec.ambiguous import Found, Location, ambiguous
from mock_plc.spec.device import DeviceFile

_LONGEST = 60


class SpecError(MockPlcError):
    """A device file cannot be used; `lines` has one line for each mistake."""

    code = 2

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load(path: Path) -> DeviceFile:
    """Return the device that a file describes, in YAML 1.2.

    Raises:
        SpecError: The file cannot be read, is no YAML, or says what cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise SpecError([f"{path}: byte {error.start} is not UTF-8"]) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> DeviceFile:
    """Return the device that a text describes; `name` is what the file is called in errors.

    Raises:
        SpecError: It is no YAML, or says what cannot be.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        data = yaml.load(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SpecError([f"{name}{line}: no YAML: {_plain(error.problem or error.context or str(error))}"]) from None
    except (YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise SpecError([f"{name}: no YAML: {_plain(str(error))}"]) from None
    if not isinstance(data, Mapping):
        raise SpecError([f"{name}: it is no mapping of keys to values; see: mock-plc example"])
    root = yaml.compose(text)
    unclear = list(ambiguous(root))
    try:
        device = DeviceFile.model_validate(data)
    except ValidationError as error:
        raise _told(name, data, [*unclear, *_mistakes(error, data, root, unclear)]) from None
    if unclear:
        raise _told(name, data, unclear)
    return device


def _told(name: str, data: object, found: list[Found]) -> SpecError:
    in_order = sorted(found, key=lambda each: each[1])
    return SpecError([f"{name}:{line}: {_path(place, data)}: {said}" for place, line, said in in_order])


def _mistakes(error: ValidationError, data: object, root: Node, known: list[Found]) -> Iterator[Found]:
    """Yield what is wrong, but for what follows from a scalar that is not clear."""
    unclear = {place for place, _, _ in known}
    for each in error.errors(include_url=False):
        place, said = _mistake(each, data)
        if place not in unclear:
            yield place, _line(root, place), said


def _mistake(error: Any, data: object) -> tuple[Location, str]:
    """Return where a mistake is, in the file's own keys, and what it is."""
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


def _path(location: Location, data: object) -> str:
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


def _line(node: Node, location: Location) -> int:
    """Return the line of a location, from 1, or of what is nearest to it."""
    for part in location:
        inner = _node(node, part)
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _node(node: Node, part: str | int) -> Node | None:
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        inner: Node = node.value[part]
        return inner
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())
