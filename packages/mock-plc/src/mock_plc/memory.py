"""The seam between what a PLC holds and how it is asked for it: tables, units, and the PLC that has the units."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Protocol


class Table(StrEnum):
    """One of the four tables of a Modbus device (Modbus Application Protocol V1.1b3, section 4.3)."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def bits(self) -> bool:
        """Whether an address of it holds a bit, and not a word."""
        return self in (Table.COIL, Table.DISCRETE)


class Unit(Protocol):
    """What answers under one unit id."""

    @property
    def tables(self) -> AbstractSet[Table]:
        """The tables that it has: a function on any other is exception 1."""

    @property
    def identity(self) -> Mapping[int, str]:
        """The objects of its device identification, by id; empty if it has none."""

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Return words, 0 to 65535 each, or bits, 0 or 1 each, from an address (0-based).

        Raises:
            ModbusException: They cannot be read.
        """

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Write words or bits from an address (0-based), all or none of them.

        Raises:
            ModbusException: They cannot be written, and none of them was.
        """


Value = bool | int | float | str
"""What a register holds for people: in engineering units, decoded."""


class Point(Protocol):
    """A register with a name, for the control API: what it is, and the process behind it."""

    @property
    def unit_id(self) -> int:
        """The unit that has it."""

    @property
    def table(self) -> Table:
        """The table that it is in."""

    @property
    def address(self) -> int:
        """Where it begins, 0-based."""

    @property
    def about(self) -> Mapping[str, Value]:
        """What else is worth showing: its type, its unit, its behaviour; names as in a device file."""

    def get(self) -> Value:
        """Return what it holds."""

    def holds(self, value: Value) -> bool:
        """Return whether it holds what it would after that was set: as near to it as its type comes.

        Raises:
            ValueError: It cannot hold that; the text says why.
        """

    def set(self, value: Value) -> None:
        """Change it as the process does, not as a client: behaviours that stand against writes do not hold it up.

        Raises:
            ValueError: It cannot hold that; the text says why.
        """


class Plc(Protocol):
    """A device with all that answers in it.

    `on_due` is what it calls when it wants its next tick earlier than it said, because of something that was written.
    """

    on_due: Callable[[], None]

    @property
    def points(self) -> Mapping[str, Point]:
        """The registers that have a name, by it."""

    @property
    def units(self) -> Mapping[int, Unit]:
        """What answers, by unit id; a device that does not care for unit ids has the same one for each."""

    @property
    def drifts(self) -> int:
        """How often a register was moved by `tick`."""

    def tick(self, now: float) -> float | None:
        """Move on to a time, in seconds of a steady clock; return when to be called next, or None for never."""

    def restart(self) -> None:
        """Lose what was written: hold again what was held at the start."""
