"""The place where a register is written that is read elsewhere: what is written there is shown at the other place."""

from collections.abc import MutableMapping, Sequence

from mock_plc.exceptions import ModbusException
from mock_plc.machine.point import ILLEGAL_VALUE, MapPoint
from mock_plc.spec.register import Register


class Inlet:
    """Words that always read as 0, and what is written to them goes elsewhere.

    But for bits: they read as they were written, for a mask write (function 22) must leave those of others alone.
    """

    def __init__(self, register: Register, point: MapPoint, cells: MutableMapping[int, int]) -> None:
        """Give a register its place in `cells`, a table's words by address; `point` is what shows it."""
        self.span = register.addresses
        self.keeps = register.codec.owns_a_bit
        self._register = register
        self.point = point
        self._cells = cells
        for address in self.span:
            cells.setdefault(address, 0)
        point.inlet = self
        self.reset()

    def __str__(self) -> str:
        table, address = self._register.place
        return f"{table} {address}"

    def reset(self) -> None:
        """Hold the bits of the start value."""
        if self.keeps:
            (address,) = self.span
            (self._cells[address],) = self._register.codec.encode(self._register.start, [self._cells[address]])

    def taken(self, words: Sequence[int]) -> tuple[int, ...]:
        """Return the words that show what is written, without doing it.

        Raises:
            ModbusException: The register does not take it.
        """
        point = self.point
        try:
            value = self._register.shown(self._register.codec.decode(words))
            if isinstance(value, str):
                shown = point.register.codec.encode(value, point.words)
            else:
                shown = point.register.codec.nearest(value, point.words)
        except ValueError:
            raise ModbusException(ILLEGAL_VALUE) from None
        return point.words if self.keeps and shown == point.words else point.taken(shown)

    def show(self, words: tuple[int, ...]) -> None:
        """Show what was written."""
        before = self.point.words
        self.point.put(words)
        self.point.written(before)
