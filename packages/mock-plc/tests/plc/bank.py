"""A PLC that is nothing but its memory, for tests of what stands around it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mock_plc.exceptions import ModbusException
from mock_plc.memory import Point, Table, Unit

IDENTITY = {0: "ACME", 1: "X1", 2: "1.2"}
ALL = frozenset(Table)


@dataclass
class Bank:
    """A unit whose every address, in each of its tables, holds something: 0, or what was put or written there."""

    cells: dict[tuple[Table, int], int] = field(default_factory=dict)
    tables: frozenset[Table] = ALL
    identity: Mapping[int, str] = field(default_factory=lambda: IDENTITY)
    size: int = 65536
    writes: list[tuple[Table, int, tuple[int, ...]]] = field(default_factory=list)

    def put(self, table: Table, address: int, values: Iterable[int]) -> "Bank":
        """Hold values from an address on."""
        self.cells |= {(table, address + at): value for at, value in enumerate(values)}
        return self

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Return what is held."""
        self._check(address, count)
        return [self.cells.get((table, each), 0) for each in range(address, address + count)]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Hold values, and keep that they were written."""
        self._check(address, len(values))
        self.put(table, address, values)
        self.writes.append((table, address, tuple(values)))

    def _check(self, address: int, count: int) -> None:
        if address + count > self.size:
            raise ModbusException(2)


class BankPlc:
    """Units by id, which lose what was written when they restart."""

    def __init__(self, **banks: Bank) -> None:
        self.bank = banks.get("unit1") or Bank().put(Table.HOLDING, 10, [100, 200, 300])
        self.units: Mapping[int, Unit] = {1: self.bank}
        self.points: Mapping[str, Point] = {}
        self.on_due: Callable[[], None] = lambda: None
        self.drifts = 0
        self.ticks: list[float] = []
        self.period: float | None = None
        self._start = dict(self.bank.cells)

    def tick(self, now: float) -> float | None:
        """Keep when it was called, and ask to be called again after a period."""
        self.ticks.append(now)
        return None if self.period is None else now + self.period

    def restart(self) -> None:
        """Hold again what was held at the start."""
        self.bank.cells = dict(self._start)
