"""A fake of the device port: PLCs in memory, whose faults a test sets."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from fabgitops_core.control.plc.requests import (
    Change,
    ConnectionId,
    Endpoint,
    IdentityPlan,
    Link,
    ReadPlan,
    Table,
    WriteFunction,
)
from fabgitops_core.engine.device_errors import DeviceError, Refused, Unchecked, Unfinished, UnitUnreachable, Withdrawn
from fabgitops_core.engine.ports import Beside, Checks, Identified

_GATEWAY = {0x0A, 0x0B}


@dataclass(slots=True)
class FakePlc:
    """One endpoint in memory, with any number of units, each with four tables that hold 0 at first.

    `read_errors` and `write_errors` are raised in their order, each once; a None among them lets one request pass. A
    write error that says `maybe_done` is raised after the write was done. Readings wait for `hold_reads` where there is
    one, as for their turn, and then for `hold_answers`, writes for `hold_writes`; `waiting` counts who does.

    `exceptions` holds the exception code with which any request is answered that touches a place: (unit id, table,
    address), `unit_exceptions` that of every request to a unit, `identities` what a unit says of itself; one that is
    not in there refuses to (code 1). `connection` is the one over which it is asked: another number is a new one.
    `plans`, `writes` and `links` keep what was asked, in order.
    """

    tables: dict[tuple[int, Table], dict[int, int]] = field(default_factory=dict)
    exceptions: dict[tuple[int, Table, int], int] = field(default_factory=dict)
    unit_exceptions: dict[int, int] = field(default_factory=dict)
    identities: dict[int, dict[int, str]] = field(default_factory=dict)
    read_errors: list[DeviceError | None] = field(default_factory=list)
    write_errors: list[DeviceError | None] = field(default_factory=list)
    connection: int = 1
    hold_reads: asyncio.Event | None = None
    hold_answers: asyncio.Event | None = None
    hold_writes: asyncio.Event | None = None
    waiting: int = 0
    keeps: bool = True
    plans: list[ReadPlan] = field(default_factory=list)
    writes: list[Change] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    shares: int = 0

    @property
    def reads(self) -> int:
        """Return how many readings were asked for."""
        return len(self.plans)

    @property
    def registers(self) -> dict[int, int]:
        """Return the holding registers of unit 1."""
        return self.table(1)

    def table(self, unit_id: int, table: Table = Table.HOLDING) -> dict[int, int]:
        """Return what a unit's table holds, by address."""
        return self.tables.setdefault((unit_id, table), defaultdict(int))

    def __setitem__(self, address: int, value: int) -> None:
        """Let a holding register of unit 1 drift."""
        self.registers[address] = value

    def __getitem__(self, address: int) -> int:
        """Return what a holding register of unit 1 holds."""
        return self.registers[address]

    def refuse(self, unit_id: int, table: Table | None = None, address: int = 0, count: int = 0) -> None:
        """Raise the exception with which a request is answered, if any."""
        code = self.unit_exceptions.get(unit_id)
        if code is None and table is not None:
            found = (self.exceptions.get((unit_id, table, address + each)) for each in range(count))
            code = next((each for each in found if each is not None), None)
        if code is not None:
            error = UnitUnreachable if code in _GATEWAY else Refused
            raise error(f"unit {unit_id} answered with exception {code:02X}", code)

    def carry_out(self, change: Change) -> None:
        """Write, unless the PLC is one that does not keep what is written."""
        self.writes.append(change)
        if not self.keeps:
            return
        memory = self.table(change.unit_id, change.table)
        for address, value in enumerate(change.values, change.address):
            mask = 0xFFFF if change.mask is None else change.mask
            memory[address] = memory[address] & ~mask | value & mask

    def holds(self, change: Change) -> bool:
        """Return whether the bits of a mask, which are read before they are written, are right already."""
        if change.mask is None or change.function is WriteFunction.MASK or change.repeat:
            return False
        return not (self.table(change.unit_id, change.table)[change.address] ^ change.values[0]) & change.mask

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

    def open(self, endpoint: Endpoint, link: Link = Link()) -> "FakeDevice":  # noqa: B008 - frozen
        """Return a share of the PLC."""
        return FakeDevice(self[endpoint], link)

    async def close(self) -> None:
        """Let go of everybody who waits."""
        for plc in self._plcs.values():
            for hold in (plc.hold_reads, plc.hold_answers, plc.hold_writes):
                if hold is not None:
                    hold.set()


class FakeDevice:
    """The `Device` port."""

    def __init__(self, plc: FakePlc, link: Link) -> None:
        self._plc = plc
        plc.links.append(link)
        self._open = True
        plc.shares += 1

    async def read(
        self, plan: ReadPlan, *, timeout: float, urgent: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[int, ...]:
        """Return what the PLC holds, or raise what the test wants."""
        del timeout, urgent
        plc = self._plc
        plc.plans.append(plan)
        await plc.wait(plc.hold_reads)
        if not self._open or not wanted():
            raise Withdrawn("the share was given up, or it is not wanted any more")
        await plc.wait(plc.hold_answers)
        if plc.read_errors and (error := plc.read_errors.pop(0)) is not None:
            raise error
        plc.refuse(plan.unit_id, plan.table, plan.address, plan.count)
        memory = plc.table(plan.unit_id, plan.table)
        return tuple(memory[plan.address + each] for each in range(plan.count))

    async def identify(self, plan: IdentityPlan, *, timeout: float) -> Identified:
        """Return what the unit says of itself, or raise what the test wants."""
        del timeout
        await self._plc.wait(self._plc.hold_reads)
        if not self._open:
            raise Withdrawn("the share was given up")
        if self._plc.read_errors and (error := self._plc.read_errors.pop(0)) is not None:
            raise error
        self._plc.refuse(plan.unit_id)
        if plan.unit_id not in self._plc.identities:
            raise Refused(f"unit {plan.unit_id} answered with exception 01", 1)
        return Identified(dict(self._plc.identities[plan.unit_id]), ConnectionId(self._plc.connection))

    async def write(
        self,
        change: Change,
        *,
        timeout: float,
        wanted: Callable[[], bool],
        over: ConnectionId | None = None,
        checks: Checks | None = None,
        beside: Beside | None = None,
    ) -> bool:
        """Change what the PLC holds, or raise what the test wants."""
        del timeout
        plc = self._plc
        await plc.wait(plc.hold_writes)
        if not wanted() or not self._open:
            raise Withdrawn("no longer wanted")
        if over not in (None, plc.connection):
            raise Withdrawn("not sent", "the connection is another")
        if checks is not None:
            self._check(checks)
            if not wanted():
                raise Withdrawn("no longer wanted")
        if beside is None:
            return await self.one(change)
        return await self._all(change, beside, wanted)

    async def _all(self, change: Change, beside: Beside, wanted: Callable[[], bool]) -> bool:
        """Write it with what goes before and after it; what fails ends that."""
        try:
            for each in beside.before:
                await self._wanted(each, wanted)
        except DeviceError as error:
            error.maybe_done = False
            raise
        await self._wanted(change, wanted)
        try:
            for each in beside.after:
                await self._wanted(each, beside.wanted)
        except DeviceError as error:
            raise Unfinished(str(error)) from None
        return True

    async def _wanted(self, change: Change, wanted: Callable[[], bool]) -> None:
        if not wanted():
            raise Withdrawn("no longer wanted")
        await self.one(change)

    async def one(self, change: Change) -> bool:
        """Send one request of a write, and return whether it was needed."""
        plc = self._plc
        error = plc.write_errors.pop(0) if plc.write_errors else None
        if error is None:
            plc.refuse(change.unit_id, change.table, change.address, len(change.values))
            if plc.holds(change):
                return False
        if error is None or error.maybe_done:
            plc.carry_out(change)
        if error is not None:
            raise error
        return True

    def _check(self, checks: Checks) -> None:
        """Show what is to be read before a write."""
        answers: list[tuple[int, ...]] = []
        for plan in checks.plans:
            self._plc.plans.append(plan)
            try:
                self._plc.refuse(plan.unit_id, plan.table, plan.address, plan.count)
            except DeviceError as error:
                raise Unchecked("not checked", str(error)) from None
            memory = self._plc.table(plan.unit_id, plan.table)
            answers.append(tuple(memory[plan.address + each] for each in range(plan.count)))
        checks.shown(tuple(answers))

    def close(self) -> None:
        """Give up the share; its requests that wait end with `Withdrawn`."""
        self._open = False
        self._plc.shares -= 1
