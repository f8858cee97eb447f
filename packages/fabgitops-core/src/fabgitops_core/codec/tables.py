"""The four tables of a Modbus device, and the references by which drawings name their places.

An address is 0-based as on the wire (Modbus Application Protocol V1.1b3, section 4.4: register 1 of the data model is
address 0). A reference is 1-based and begins with the digit of its table: 0 coils, 1 discrete inputs, 3 input
registers, 4 holding registers (Modicon Modbus Protocol Reference Guide PI-MBUS-300, "Function Codes": 0x, 1x, 3x, 4x).
"""

from enum import StrEnum

_MAX_ADDRESS = 65535
_LENGTHS = "a reference has five digits (40001) or six (400001); a coil may go without its leading zero (17)"


class Table(StrEnum):
    """One of the four tables; each counts its addresses from 0 to 65535 for itself."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def writable(self) -> bool:
        """Return whether a client may write there: holding registers and coils."""
        return self in {Table.HOLDING, Table.COIL}

    @property
    def bits(self) -> bool:
        """Return whether it holds single bits: coils and discrete inputs."""
        return self in {Table.COIL, Table.DISCRETE}

    @property
    def most_written(self) -> int:
        """Return how many words or bits one write may have (Modbus Application Protocol V1.1b3, 6.11 and 6.12)."""
        return 1968 if self.bits else 123

    @property
    def noun(self) -> str:
        """Return what one place of it is called: `holding register`, `input register`, `coil`, `discrete input`."""
        return _NOUNS[self]


_NOUNS = {
    Table.HOLDING: "holding register",
    Table.INPUT: "input register",
    Table.COIL: "coil",
    Table.DISCRETE: "discrete input",
}
_DIGITS = {"0": Table.COIL, "1": Table.DISCRETE, "3": Table.INPUT, "4": Table.HOLDING}


def parse_reference(reference: str | int) -> tuple[Table, int]:
    """Return the table and the 0-based address that a reference names.

    Five digits reach the first 9,999 places of a table, six reach all 65,536. A number that has fewer than five names
    a coil, whose leading zeros YAML drops; a coil from 10000 on needs six digits as a text: "010000".

    Raises:
        ValueError: It is no reference; the message says what one looks like.
    """
    text = str(reference).strip()
    if isinstance(reference, bool) or not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise ValueError(f"{reference!r} is no reference: {_LENGTHS}")
    padded = text.zfill(5)
    table = _DIGITS.get(padded[0])
    if table is None:
        raise ValueError(
            f"{text} is no reference: its first digit names no table "
            "(0 coil, 1 discrete input, 3 input register, 4 holding register)"
        )
    number = int(padded[1:])
    if not 1 <= number <= _MAX_ADDRESS + 1:
        first, last = reference_of(table, 0, len(padded)), reference_of(table, _MAX_ADDRESS)
        raise ValueError(f"{text} is no reference: {table.noun}s count from {first} (address 0) to {last}")
    return table, number - 1


def reference_of(table: Table, address: int, digits: int = 5) -> str:
    """Return the reference of a 0-based address, with six digits where five do not reach.

    Args:
        table: Where the address is.
        address: 0 to 65535.
        digits: 5 or 6.
    """
    digit = next(digit for digit, each in _DIGITS.items() if each is table)
    width = 4 if digits == 5 and address < 9999 else 5
    return f"{digit}{address + 1:0{width}}"
