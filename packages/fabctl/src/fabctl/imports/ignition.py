"""Ignition's tag export in JSON, of tags whose OPC item paths are Modbus addresses.

Sources: Inductive Automation, Ignition User Manual 8.3: Modbus Addressing (https://docs.inductiveautomation.com/docs/8.3/
ignition-modules/opc-ua/opc-ua-drivers/modbus/modbus-addressing) for the item paths, Tag Properties and Tag Data Types
(https://docs.inductiveautomation.com/docs/8.3/platform/tags/tag-properties, .../tag-data-types) for the rest.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fabctl.errors import UsageError
from fabctl.imports.devices import Device, NotTaken, bit, line, number, scaling, text

_WORDS = {
    "": "int16",
    "US": "uint16",
    "I": "int32",
    "UI": "uint32",
    "I_64": "int64",
    "UI_64": "uint64",
    "F": "float32",
    "D": "float64",
    "BCD": "bcd16",
    "BCD_32": "bcd32",
    "S": "string",
}
_PATH = re.compile(
    r"(?:ns=\d+;s=)?\[(?P<device>[^\]]+)\](?:(?P<unit>\d{1,9})\.)?"
    r"(?:(?P<bits>C|DI)|(?P<table>[HI])R(?P<kind>UI_64|I_64|BCD_32|BCD|UI|US|I|F|D|S|))(?P<number>\d{1,9})"
    r"(?:\.(?P<bit>\d{1,9})|:(?P<length>\d{1,9}))?",
    re.ASCII,
)
_DEVICE = re.compile(r"(?:ns=\d+;s=)?\[([^\]]+)\]")
_SCALES = ("rawLow", "rawHigh", "scaledLow", "scaledHigh")
_USED = {"name", "tagType", "valueSource", "opcItemPath", "opcServer", "dataType", "enabled", "engUnit", "scaleMode"}
_USED |= {"scaledLow", "scaledHigh", "rawLow", "rawHigh", "tags"}
_DEEPEST = 100


def devices(content: str, order: str = "") -> list[Device]:
    """Return the devices of an export, each with the tags that are read from it.

    Args:
        content: What stands in the file.
        order: The order of numbers of several words, which no export says.

    Raises:
        UsageError: It is no such export.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON: {error}; export the tags of a folder as JSON") from None
    known: dict[str, Device] = {}
    others: list[str] = []
    for called, tag in _tags(found, "", 0):
        path = tag.get("opcItemPath")
        named = _DEVICE.match(path) if isinstance(path, str) else None
        if named is None:
            others.append(f"{called}: not taken over: {_why_not(tag)}")
            continue
        device = known.setdefault(named[1], Device(named[1]))
        device.note(tag, _USED)
        _take(device, called, tag, order)
    if not known:
        raise UsageError("no tag in it has an OPC item path such as [Device]HR1 or [Device]1.HRF100")
    next(iter(known.values())).told.extend(others)
    return list(known.values())


def _tags(found: object, folder: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the tags of a tree with the path of each; what is nested deeper than anybody has it is passed over."""
    if depth > _DEEPEST:
        return
    if isinstance(found, list):
        for each in found:
            yield from _tags(each, folder, depth + 1)
    if not isinstance(found, dict):
        return
    name = str(found.get("name", ""))
    called = ".".join(filter(None, (folder, name)))
    if "tags" in found and "opcItemPath" not in found:
        yield from _tags(found["tags"], called, depth + 1)
    else:
        yield called, found


def _why_not(tag: Mapping[str, Any]) -> str:
    if isinstance(tag.get("opcItemPath"), dict):
        return "its OPC item path is made of parameters of a type: export the instances as they are, without types"
    return f"it is read from no device ({tag.get('valueSource', tag.get('tagType', 'no OPC item path'))})"


def _take(device: Device, called: str, tag: Mapping[str, Any], order: str) -> None:
    try:
        unit, entry = _entry(tag)
        device.order(called, entry, order)
        device.add(called, entry, unit)
    except NotTaken as error:
        device.leave(called, error)


def _entry(tag: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    path = tag["opcItemPath"]
    found = _PATH.fullmatch(path)
    if tag.get("enabled") is False:
        raise NotTaken("it is not enabled")
    if found is None:
        raise NotTaken(f"{path} is no Modbus address; what a mapping of the device calls so stands in no export")
    unit = int(found["unit"]) if found["unit"] else None
    entry: dict[str, Any] = {"address": int(found["number"]) - 1}
    if found["bits"]:
        return unit, {"table": "coil" if found["bits"] == "C" else "discrete"} | entry
    entry = ({"table": "input"} if found["table"] == "I" else {}) | entry | _typed(found, tag)
    return unit, entry | ({"unit": str(tag["engUnit"])} if tag.get("engUnit") else {})


def _typed(found: re.Match[str], tag: Mapping[str, Any]) -> dict[str, Any]:
    if found["bit"]:
        return bit(int(found["bit"]))
    kind = _WORDS[found["kind"]]
    if kind == "string":
        if not found["length"]:
            raise NotTaken("a text says its length in its item path, as in HRS1024:20")
        return text((int(found["length"]) + 1) // 2)
    if found["length"]:
        raise NotTaken("a length goes with HRS or IRS")
    if tag.get("dataType") == "Boolean" and kind in {"int16", "uint16"}:
        return {"type": "bool"}
    return {"type": kind} | _scaled(tag)


def _scaled(tag: Mapping[str, Any]) -> dict[str, Any]:
    mode = str(tag.get("scaleMode", "Off"))
    if mode not in {"Off", "Linear"}:
        raise NotTaken(f"scaleMode {mode}: a register has scale and offset, a straight line")
    return scaling(*line(*(number(tag.get(each), each) for each in _SCALES))) if mode == "Linear" else {}
