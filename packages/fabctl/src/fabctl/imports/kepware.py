"""KEPServerEX' CSV of the tags of one device with a Modbus driver.

Sources: Kepware, CSV import and export (http://www.kepware.com/Products/feature-csvimportexport.htm) for the columns;
PTC, Modbus Addressing (https://support.ptc.com/help/kepware/drivers/en/kepware/drivers/MODBUS/
Address_Descriptions__Modbus.html) for addresses, their digits and data types.
"""

import csv
import re
from collections.abc import Mapping
from typing import Any

from fabctl.errors import UsageError
from fabctl.imports.devices import Device, NotTaken, bit, line, number, scaling, text, whole

_TABLES = {"0": "coil", "1": "discrete", "3": "input", "4": None}
_TYPES = {
    "": "uint16",
    "default": "uint16",
    "word": "uint16",
    "short": "int16",
    "dword": "uint32",
    "long": "int32",
    "float": "float32",
    "double": "float64",
    "qword": "uint64",
    "llong": "int64",
    "bcd": "bcd16",
    "lbcd": "bcd32",
}
_ADDRESS = re.compile(r"([0134])(\d{1,5})(?:\.(\d{1,3})([HL]?))?", re.IGNORECASE | re.ASCII)
_RATE = re.compile(r"0*[1-9]\d{0,8}", re.ASCII)
"""Milliseconds; what is longer is no rate."""
_USED = {"Tag Name", "Address", "Data Type", "Client Access", "Scan Rate", "Scaling", "Raw Low", "Raw High"}
_USED |= {"Scaled Low", "Scaled High", "Eng Units", "Eng. Units", "Negate Value"}
_SILENT = {"Respect Data Type", "Scaled Data Type", "Clamp Low", "Clamp High", "Description"}
_LIMITS = ("Raw Low", "Raw High", "Scaled Low", "Scaled High")


def devices(content: str, order: str = "") -> list[Device]:
    """Return the one device of an export.

    Args:
        content: What stands in the file.
        order: The order of numbers of several words, which no export says.

    Raises:
        UsageError: It is no such export.
    """
    lines = [line for line in content.splitlines() if line.strip() and line[0] not in "#;"]
    separator = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    try:
        rows = list(csv.DictReader(lines, delimiter=separator))
    except csv.Error as error:
        raise UsageError(f"this is no CSV: {error}") from None
    if not rows or not {"Tag Name", "Address"} <= rows[0].keys():
        raise UsageError("it has no tag: an export of a device from KEPServerEX begins with Tag Name,Address,Data Type")
    device, rates = Device(""), []
    for row in rows:
        _take(device, {key: (value or "").strip() for key, value in row.items() if isinstance(value, str)}, order)
        rates.append(row.get("Scan Rate") or "")
    _paced(device, rates)
    used = {key for row in rows for key, value in row.items() if isinstance(value, str) and value.strip() and key}
    device.unused |= used - _USED
    return [device]


def _paced(device: Device, rates: list[str]) -> None:
    found = [int(each) for each in rates if _RATE.fullmatch(each.strip())]
    if found:
        device.spec["pollIntervalSecs"] = min(max(1, round(min(found) / 1000)), 86400)


def _take(device: Device, row: Mapping[str, str], order: str) -> None:
    called = row.get("Tag Name") or row.get("Address") or "a tag without a name"
    try:
        entry = _entry(row)
        device.order(called, entry, order)
        device.add(called, entry)
    except NotTaken as error:
        device.leave(called, error)


def _entry(row: Mapping[str, str]) -> dict[str, Any]:
    if row.get("Client Access", "").upper() == "WO":
        raise NotTaken("it is write only: a command is write.verify: false, and is said by hand")
    said = row.get("Address", "")
    found = _ADDRESS.fullmatch(said.replace(" ", ""))
    if found is None:
        raise NotTaken(f"{said or 'its address'} is no single register or coil: 400001, 400001.5, 400001.20H, 000001")
    table = _TABLES[found[1]]
    place = {**({"table": table} if table else {}), "address": whole(found[2].lstrip("0") or "0", "address") - 1}
    unit = row.get("Eng Units") or row.get("Eng. Units") or None
    if table in {"coil", "discrete"}:
        return place
    return place | _typed(row, found[3], found[4].upper() if found[4] else "") | {"unit": unit}


def _typed(row: Mapping[str, str], behind: str | None, string: str) -> dict[str, Any]:
    kind = row.get("Data Type", "").lower()
    if string or kind == "string":
        if not string or not behind:
            raise NotTaken("a text says its length and order in its address, as in 400001.20H")
        return text((int(behind) + 1) // 2) | ({"byteOrder": "BADC"} if string == "L" else {})
    if behind is not None:
        return bit(int(behind))
    if kind not in _TYPES:
        raise NotTaken(f"data type {row.get('Data Type')}: there is none like it")
    return {"type": _TYPES[kind]} | _scaled(row)


def _scaled(row: Mapping[str, str]) -> dict[str, Any]:
    mode = row.get("Scaling", "").lower()
    if mode not in {"", "none", "linear"}:
        raise NotTaken(f"scaling {row['Scaling']}: a register has scale and offset, a straight line")
    scale: int | float = 1
    offset: int | float = 0
    if mode == "linear":
        scale, offset = line(*(number(row.get(each), each) for each in _LIMITS))
    if row.get("Negate Value", "").lower() in {"1", "true"}:
        scale, offset = -scale, -offset
    return scaling(scale, offset)
