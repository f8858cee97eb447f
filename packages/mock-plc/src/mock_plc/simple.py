"""A PLC that is made of a Device: the same holding registers under every unit id, which may drift."""

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mock_plc.chaos import drifted
from mock_plc.device import Device
from mock_plc.exceptions import ModbusException
from mock_plc.memory import Point, Table, Unit, Value

log = logging.getLogger("mock_plc.moves")

_ILLEGAL_ADDRESS = 2
_UNIT_IDS = range(256)


@dataclass(frozen=True, slots=True)
class Chaos:
    """How it drifts: each `interval` seconds every register moves by 1 to `max_drift`; `seed` makes it repeatable."""

    interval: float
    max_drift: int
    seed: int


@dataclass(slots=True)
class _Unit:
    """A device as one unit id sees it."""

    device: Device
    unit_id: int
    tables: frozenset[Table] = frozenset({Table.HOLDING})
    identity: Mapping[int, str] = field(default_factory=dict)

    def read(self, table: Table, address: int, count: int) -> list[int]:
        self._check(address, count)
        if code := self.device.read(self.unit_id, address, count):
            raise ModbusException(code)
        return [self.device.registers[each] for each in range(address, address + count)]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        self._check(address, len(values))
        if code := self.device.write(self.unit_id, address, tuple(values)):
            raise ModbusException(code)

    def _check(self, address: int, count: int) -> None:
        if any(each not in self.device.registers for each in range(address, address + count)):
            raise ModbusException(_ILLEGAL_ADDRESS)


@dataclass(frozen=True, slots=True)
class _EveryUnit(Mapping[int, Unit]):
    """One device under every unit id."""

    device: Device

    def __getitem__(self, unit_id: int) -> Unit:
        if unit_id not in _UNIT_IDS:
            raise KeyError(unit_id)
        return _Unit(self.device, unit_id)

    def __iter__(self) -> Iterator[int]:
        return iter(_UNIT_IDS)

    def __len__(self) -> int:
        return len(_UNIT_IDS)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One register, whose name is its address."""

    device: Device
    address: int
    unit_id: int = 1
    table: Table = Table.HOLDING
    about: Mapping[str, Value] = field(default_factory=dict)

    def get(self) -> Value:
        return self.device[self.address]

    def holds(self, value: Value) -> bool:
        return self.device[self.address] == _number(value)

    def set(self, value: Value) -> None:
        self.device[self.address] = _number(value)


def _number(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no number of 0 to 65535")  # noqa: TRY004 - as the port has it
    return value


class SimplePlc:
    """A device under every unit id, that drifts if there is chaos; `drifts` counts the registers moved."""

    def __init__(self, device: Device, chaos: Chaos | None = None) -> None:
        self.device = device
        self.units: Mapping[int, Unit] = _EveryUnit(device)
        self.points: Mapping[str, Point] = {str(each): _Cell(device, each) for each in sorted(device.registers)}
        self.on_due: Callable[[], None] = lambda: None
        self.drifts = 0
        self._chaos = chaos
        self._start = dict(device.registers)
        self._rng = random.Random(chaos.seed if chaos else 0)  # noqa: S311 - chaos that can be repeated, not a secret
        self._due: float | None = None

    def tick(self, now: float) -> float | None:
        """Drift if it is time to; return when it is next."""
        if self._chaos is None:
            return None
        if self._due is None:
            self._due = now + self._chaos.interval
        elif now >= self._due:
            self._drift(self._chaos.max_drift)
            self._due = now + self._chaos.interval
        return self._due

    def restart(self) -> None:
        """Hold again what was held at the start."""
        self.device.registers.update(self._start)

    def _drift(self, reach: int) -> None:
        self.drifts += len(self.device.registers)
        for address, before in sorted(self.device.registers.items()):
            self.device[address] = drifted(before, reach, self._rng)
            log.info("drift: register %d %d -> %d", address, before, self.device[address])
