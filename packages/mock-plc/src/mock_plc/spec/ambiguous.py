"""Scalars that YAML 1.1 and 1.2 read differently: a device file must not mean something else than a manifest.

A manifest is read by YAML 1.1, more or less, and a device file by 1.2, so the same line may name another address or
hold another value in each (YAML 1.1, "Language-Independent Types": int, float, bool; YAML 1.2.2, section 10.3.2).
"""

import json
import re
from collections.abc import Iterator

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Location = tuple[str | int, ...]
Found = tuple[Location, int, str]
_TRUTH = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), "false"),
}
_ZEROS = re.compile(r"([+-]?)0[0-9_]+")
_OCTAL = re.compile(r"([+-]?)0o[0-7_]+")
_BINARY = re.compile(r"([+-]?)0b[01_]+")
_HEX = re.compile(r"([+-])0x[0-9a-fA-F_]+|0x(?=[0-9a-fA-F_]*_)[0-9a-fA-F_]+")
_SIXTIES = re.compile(r"([+-]?)([0-9][0-9_]*(?::[0-5]?[0-9])+)(\.[0-9_]*)?")
_UNDERSCORES = re.compile(r"[+-]?(?=[^_]*_)[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?")
_OWN_KEY = "on"
"""The one key of a device file that is a truth value in YAML 1.1: that of a fault, which no manifest has."""


def ambiguous(node: Node, at: Location = (), parent: str = "") -> Iterator[Found]:
    """Yield the place, the line (from 1) and the two meanings of each scalar without quotes that has two."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if not (key.value == _OWN_KEY and parent != "enum"):
                yield from _meanings(key, at, as_key=True)
            yield from ambiguous(value, (*at, key.value), key.value)
    elif isinstance(node, SequenceNode):
        for index, each in enumerate(node.value):
            yield from ambiguous(each, (*at, index))
    else:
        yield from _meanings(node, at)


def _meanings(node: Node, at: Location, *, as_key: bool = False) -> Iterator[Found]:
    if isinstance(node, ScalarNode) and not node.style and (said := two_meanings(node.value, as_key=as_key)):
        yield at, int(node.start_mark.line) + 1, said


def two_meanings(text: str, *, as_key: bool = False) -> str:
    """Return what a text without quotes is in YAML 1.1 and in 1.2, and what to write instead; nothing if it is one."""
    readings = _readings(text)
    if readings is None or readings[0] == readings[1]:
        return ""
    quoted = json.dumps(text, ensure_ascii=False)
    shown = [f"the text {quoted}" if each is None else each for each in readings]
    plain = [] if as_key and text in _TRUTH else list(dict.fromkeys(each for each in readings if each is not None))
    return f"{text} is {shown[0]} in YAML 1.1 and {shown[1]} in YAML 1.2: write {' or '.join([*plain, quoted])}"


def _readings(text: str) -> tuple[str | None, str | None] | None:
    """Return the values that a text has in YAML 1.1 and 1.2, None for a text; or None if they cannot differ."""
    if text in _TRUTH:
        return _TRUTH[text], None
    plain = text.replace("_", "")
    clear = plain == text
    if _ZEROS.fullmatch(text):
        old = _whole(plain, 8) if re.fullmatch("[+-]?[0-7]+", plain) else None
        return old, str(int(plain)) if clear else None
    if _OCTAL.fullmatch(text):
        return None, _whole(plain, 8) if clear and text[0] == "0" else None
    if _BINARY.fullmatch(text):
        return _whole(plain, 2), None
    if _HEX.fullmatch(text):
        return _whole(plain, 16), None
    if found := _SIXTIES.fullmatch(text):
        return _sixties(found), None
    if _UNDERSCORES.fullmatch(text):
        return plain.removeprefix("+"), None
    return None


def _whole(text: str, base: int) -> str:
    return str(int(text, base))


def _sixties(found: re.Match[str]) -> str:
    number = 0
    for part in found[2].replace("_", "").split(":"):
        number = number * 60 + int(part)
    return f"{'-' if found[1] == '-' else ''}{number}{(found[3] or '').replace('_', '').removesuffix('.')}"
