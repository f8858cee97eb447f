"""References, by which drawings and manuals name a place: 1-based, after the digit of their table."""

from mock_plc.memory import Table

_DIGITS = {"0": Table.COIL, "1": Table.DISCRETE, "3": Table.INPUT, "4": Table.HOLDING}
_TABLES = {table: digit for digit, table in _DIGITS.items()}
_LAST = 65536
_FORMS = "40001 or 400001 a holding register, 30001 an input register, 10001 a discrete input, 00001 or 1 a coil"


def place_of(reference: int | str) -> tuple[Table, int]:
    """Return the table and the address (0-based) of a reference like `40001`, `400001` or `1`.

    Its first digit is the table, and the rest counts from 1 (Modicon Modbus Protocol Reference Guide, PI-MBUS-300,
    "Data Addresses in Modbus Messages"). A number of fewer than five digits is a coil, whose zeros in front have gone.

    Raises:
        ValueError: It is none.
    """
    digits = str(reference).strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len("400001")):
        raise ValueError(f"{reference} is no reference: {_FORMS}")
    digits = digits.zfill(len("40001"))
    table, number = _DIGITS.get(digits[0]), int(digits[1:])
    if table is None:
        raise ValueError(f"{reference} is no reference, none begins with {digits[0]}: {_FORMS}")
    if not 1 <= number <= _LAST:
        raise ValueError(f"{reference} is no reference: they count from 1 to {_LAST} after the digit of their table")
    return table, number - 1


def reference_of(table: Table, address: int) -> str:
    """Return the reference of an address: of five digits, or six where five do not reach."""
    number = address + 1
    return _TABLES[table] + (f"{number:04d}" if number < 10_000 else f"{number:05d}")
