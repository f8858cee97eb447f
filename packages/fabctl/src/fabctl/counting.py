"""The two ways in which registers are counted, for a register that the device says it does not have. Pure."""

import re

from fabctl.model import View

_REFUSED = "illegal data address"
_PLACE = re.compile(r"(?:bit \d+ of )?(coil|discrete|input|holding) (\d{1,5})\b")
_DIGIT = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
"""What a reference begins with (Modbus Application Protocol V1.1b3, section 4.4, and what vendors made of it)."""


def hint(plc: View) -> str:
    """Return how the first register that the device refused is counted, in both ways; nothing where none was."""
    refused = [each.place for each in plc.registers if _REFUSED in each.error]
    if not plc.is_map and _REFUSED in plc.last_error:
        refused = [f"holding {plc.register}"]
    found = _PLACE.match(refused[0]) if refused else None
    if found is None:
        return ""
    table, address = found[1], int(found[2])
    return (
        f"the device has no {table} {address}, counted from 0, which is reference {_reference(table, address)}, "
        "counted from 1; where its manual counts from 1, address is one less, or give reference"
    )


def _reference(table: str, address: int) -> str:
    """Return the reference of an address (0 to 65535): five digits as far as they reach, else six."""
    digits = 4 if address + 1 <= 9999 else 5
    return f"{_DIGIT[table]}{address + 1:0{digits}d}"
