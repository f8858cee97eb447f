"""A fake of the device port: PLCs in memory, whose faults a test sets."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from fabgitops_core.control.requests import Change, Endpoint, ReadPlan
from fabgitops_core.engine.errors import DeviceError, Withdrawn


@dataclass(slots=True)
class FakePlc:
    """One endpoint in memory.

    `read_errors` and `write_errors` are raised in their order, each once; a None among them lets one request pass. A
    write error that says `maybe_done` is raised after the write was done. Readings wait for `hold_reads` where there is
    one, writes for `hold_writes`; `waiting` counts the requests that do.
    """

    registers: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    read_errors: list[DeviceError | None] = field(default_factory=list)
    write_errors: list[DeviceError | None] = field(default_factory=list)
    hold_reads: asyncio.Event | None = None
    hold_writes: asyncio.Event | None = None
    waiting: int = 0
    keeps: bool = True
    reads: int = 0
    writes: list[Change] = field(default_factory=list)
    shares: int = 0

    def __setitem__(self, address: int, value: int) -> None:
        """Let a register drift."""
        self.registers[address] = value

    def __getitem__(self, address: int) -> int:
        """Return what a register holds."""
        return self.registers[address]

    async def wait(self, hold: asyncio.Event | None) -> None:
        """Wait while a test holds requests back."""
        if hold is not None:
            self.waiting += 1
            try:
                await hold.wait()
            finally:
                self.waiting -= 1


class FakeDevices:
    """The `Devices` port over PLCs in memory: `devices[endpoint]` is the PLC there, made when it is first named."""

    def __init__(self) -> None:
        self._plcs: dict[Endpoint, FakePlc] = {}

    def __getitem__(self, endpoint: Endpoint) -> FakePlc:
        """Return the PLC at an endpoint."""
        return self._plcs.setdefault(endpoint, FakePlc())

    def open(self, endpoint: Endpoint) -> "FakeDevice":
        """Return a share of the PLC."""
        return FakeDevice(self[endpoint])

    async def close(self) -> None:
        """Let go of everybody who waits."""
        for plc in self._plcs.values():
            for hold in (plc.hold_reads, plc.hold_writes):
                if hold is not None:
                    hold.set()


class FakeDevice:
    """The `Device` port."""

    def __init__(self, plc: FakePlc) -> None:
        self._plc = plc
        self._open = True
        plc.shares += 1

    async def read(self, plan: ReadPlan, *, timeout: float, urgent: bool = False) -> tuple[int, ...]:
        """Return what the PLC holds, or raise what the test wants."""
        del timeout, urgent
        self._plc.reads += 1
        await self._plc.wait(self._plc.hold_reads)
        if not self._open:
            raise Withdrawn("the share was given up")
        if self._plc.read_errors and (error := self._plc.read_errors.pop(0)) is not None:
            raise error
        return tuple(self._plc[plan.address + each] for each in range(plan.count))

    async def write(self, change: Change, *, timeout: float, wanted: Callable[[], bool]) -> None:
        """Change what the PLC holds, or raise what the test wants."""
        del timeout
        await self._plc.wait(self._plc.hold_writes)
        if not self._open or not wanted():
            raise Withdrawn("no longer wanted")
        error = self._plc.write_errors.pop(0) if self._plc.write_errors else None
        if error is None or error.maybe_done:
            self._plc.writes.append(change)
            if self._plc.keeps:
                self._plc.registers |= {change.address + i: value for i, value in enumerate(change.values)}
        if error is not None:
            raise error

    def close(self) -> None:
        """Give up the share; its requests that wait end with `Withdrawn`."""
        self._open = False
        self._plc.shares -= 1
