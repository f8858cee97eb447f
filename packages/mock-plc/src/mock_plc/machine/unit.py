"""What answers under one unit id of a running device: its tables, and the registers above them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from mock_plc.exceptions import ModbusException
from mock_plc.machine.inlet import Inlet
from mock_plc.machine.point import MapPoint
from mock_plc.memory import Table
from mock_plc.spec.device import Holes, UnitSpec

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2
_WRITABLE = frozenset({Table.HOLDING, Table.COIL})


class MapUnit:
    """One unit of a device file. `on_write` is called after each write."""

    def __init__(self, spec: UnitSpec, unit_id: int, seed: str, on_write: Callable[[], None]) -> None:
        """Make the unit; the dice of each register come from `seed` and its name."""
        self.identity: Mapping[int, str] = spec.identity.objects
        self._cells: dict[Table, dict[int, int]] = defaultdict(dict)
        self._hole: int | None = 0 if spec.holes is Holes.ZERO else None
        self._on_write = on_write
        seen = {register.name: register.seen for register in spec.registers}
        self.points = {
            name: MapPoint(register, unit_id, self._cells[register.place[0]], f"{seed}/{name}")
            for name, register in seen.items()
        }
        self._inlets: dict[tuple[Table, int], list[Inlet]] = defaultdict(list)
        for register in (each for each in spec.registers if each.read_from):
            inlet = Inlet(register, self.points[register.name], self._cells[register.place[0]])
            for address in inlet.span:
                self._inlets[register.place[0], address].append(inlet)
        self._hearing = [point for point in self.points.values() if point.hears]
        self.tables = frozenset(self._cells)
        self._at: dict[tuple[Table, int], list[MapPoint]] = defaultdict(list)
        self._groups = _groups(self.points.values())
        for point in self.points.values():
            if follows := point.register.behaviours.follows:
                point.setpoint = self.points[follows.setpoint]
            for address in point.span:
                self._at[point.table, address].append(point)

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Return words or bits; see `mock_plc.memory.Unit`."""
        if table not in self.tables:
            raise ModbusException(ILLEGAL_FUNCTION)
        cells = self._cells[table]
        found = [cells.get(each, self._hole) for each in range(address, address + count)]
        if None in found:
            raise ModbusException(ILLEGAL_ADDRESS)
        return [word or 0 for word in found]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Write words or bits, all or none; see `mock_plc.memory.Unit`."""
        if table not in self.tables & _WRITABLE:
            raise ModbusException(ILLEGAL_FUNCTION)
        cells = self._cells[table]
        span = range(address, address + len(values))
        if any(each not in cells for each in span) or self._halves(table, span):
            raise ModbusException(ILLEGAL_ADDRESS)
        future = {**{each: cells[each] for each in span}, **dict(zip(span, values, strict=True))}
        touched, shown = self._taken(table, span, future), self._shown(table, span, future)
        cells.update(future)
        for point, before in touched:
            point.written(before)
        for inlet, words in shown:
            inlet.show(words)
        written = [point for point, _ in touched] + [inlet.point for inlet, _ in shown]
        for point in self._hearing:
            for other in written:
                point.hear(other.register.name, other.get())
        self._on_write()

    def _halves(self, table: Table, span: range) -> bool:
        """Return whether a write is of a part of a group, which is taken in one write only."""
        of_table = (addresses for where, addresses in self._groups if where is table)
        return any(0 < len(addresses.intersection(span)) < len(addresses) for addresses in of_table)

    def _shown(self, table: Table, span: range, future: dict[int, int]) -> list[tuple[Inlet, tuple[int, ...]]]:
        """Return what is read elsewhere of what is about to be written, in which nothing of it stays but bits."""
        if not self._inlets:
            return []
        cells, hit = self._cells[table], []
        for inlet in dict.fromkeys(inlet for each in span for inlet in self._inlets.get((table, each), ())):
            words = tuple(future.get(each, cells[each]) for each in inlet.span)
            hit.append((inlet, inlet.taken(words)))
            if not inlet.keeps:
                future.update(dict.fromkeys(inlet.span, 0))
        return hit

    def _taken(self, table: Table, span: range, future: dict[int, int]) -> list[tuple[MapPoint, tuple[int, ...]]]:
        """Let each register have its way with what is about to be written, and return them with what they hold yet."""
        cells, touched = self._cells[table], []
        for point in dict.fromkeys(point for each in span for point in self._at[table, each]):
            before = point.words
            words = tuple(future.get(each, cells[each]) for each in point.span)
            codec = point.register.codec
            if codec.owns_a_bit and codec.raw(words) == codec.raw(before):
                continue
            future.update(zip(point.span, point.taken(words), strict=True))
            touched.append((point, before))
        return touched


def _groups(points: Iterable[MapPoint]) -> list[tuple[Table, set[int]]]:
    """Return of each group of registers where it is."""
    found: dict[str, tuple[Table, set[int]]] = {}
    for point in points:
        if point.register.group:
            found.setdefault(point.register.group, (point.table, set()))[1].update(point.register.addresses)
    return list(found.values())
