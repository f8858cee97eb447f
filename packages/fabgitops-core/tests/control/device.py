"""A device behind a gateway as a story needs it: units, tables, and everything that can be the matter with them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Event, Failure, FailureKind
from fabgitops_core.control.plc.commands import DeviceRequest, Identify, Read
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
)
from fabgitops_core.control.plc.requests import Change, ConnectionId, ReadPlan, WriteFunction

Spot = tuple[int, Table, int]
"""Unit id, table and address."""

_FOR_NOW, _GATEWAY = {0x05, 0x06}, {0x0A, 0x0B}


@dataclass
class Device:
    """What it holds, what it refuses (by place, the exception code), and what was asked of it.

    `read_only` are places whose writes are refused, `write_only` those whose readings are, `stubborn` those whose
    writes are confirmed and not kept, `deaf` those whose writes are carried out and not confirmed, `away` the units
    that do not answer, `busy` how many requests are still answered with "busy", `most` how many words are shown at
    once, `block` what is taken in one write only. `elsewhere` says what is shown where, for writes of which nothing
    stays where they go.
    """

    memory: defaultdict[Spot, int] = field(default_factory=lambda: defaultdict(int))
    refuses: dict[Spot, int] = field(default_factory=dict)
    read_only: set[Spot] = field(default_factory=set)
    write_only: set[Spot] = field(default_factory=set)
    stubborn: set[Spot] = field(default_factory=set)
    deaf: set[Spot] = field(default_factory=set)
    away: set[int] = field(default_factory=set)
    busy: int = 0
    most: int = 2000
    block: set[Spot] = field(default_factory=set)
    elsewhere: Callable[[Change], dict[Spot, int]] | None = None
    identity: dict[int, str] | None = None
    reads: list[ReadPlan] = field(default_factory=list)
    writes: list[Change] = field(default_factory=list)

    def holding(self, address: int, *words: int, unit: int = 1) -> "Device":
        """Let holding registers hold words."""
        for at, word in enumerate(words, address):
            self.memory[unit, Table.HOLDING, at] = word
        return self

    def answer(self, at: datetime, request: DeviceRequest) -> Event:
        """Carry a request out, and return what came of it."""
        if isinstance(request, Read):
            return self._read(at, request.plan)
        if isinstance(request, Identify):
            failure = self._failure(request.plan.unit_id, [])
            if failure is None and self.identity is None:
                failure = _refusal(0x01)
            if failure is not None or self.identity is None:
                return IdentifyFailed(at, request.plan, failure or _refusal(0x01))
            return IdentifyDone(at, request.plan, dict(self.identity), ConnectionId(1))
        return self._write(at, request.change)

    def _read(self, at: datetime, plan: ReadPlan) -> Event:
        self.reads.append(plan)
        spots = [(plan.unit_id, plan.table, plan.address + each) for each in range(plan.count)]
        hidden = self.write_only & set(spots)
        failure = (
            self._failure(plan.unit_id, spots)
            or (_refusal(0x02) if hidden else None)
            or (_refusal(0x03) if plan.count > self.most else None)
        )
        if failure:
            return ReadFailed(at, plan, failure)
        return ReadDone(at, plan, tuple(self.memory[spot] for spot in spots))

    def _write(self, at: datetime, change: Change) -> Event:
        spots = [(change.unit_id, change.table, change.address + each) for each in range(len(change.values))]
        failure = self._failure(change.unit_id, spots)
        if failure is None and self.read_only & set(spots):
            failure = _refusal(0x04)
        if failure is None and 0 < len(self.block & set(spots)) < len(self.block):
            failure = _refusal(0x02)
        if failure is not None:
            return WriteFailed(at, change, failure)
        if self.spares(change):
            return WriteSpared(at, change)
        self.writes.append(change)
        if not self.stubborn & set(spots):
            self.carry_out(change)
        if self.deaf & set(spots):
            return WriteUnknown(at, change, Failure(FailureKind.UNREACHABLE, "no reply"))
        return WriteDone(at, change)

    def spares(self, change: Change) -> bool:
        """Return whether a change is to bits that are right already, and are looked at before they are written."""
        if change.mask is None or change.function is WriteFunction.MASK or change.repeat:
            return False
        return not (self.memory[change.unit_id, change.table, change.address] ^ change.values[0]) & change.mask

    def carry_out(self, change: Change) -> None:
        """Write, of a word perhaps only the bits of a mask."""
        if self.elsewhere is not None:
            self.memory.update(self.elsewhere(change))
            return
        for address, word in enumerate(change.values, change.address):
            spot = (change.unit_id, change.table, address)
            mask = 0xFFFF if change.mask is None else change.mask
            self.memory[spot] = self.memory[spot] & ~mask | word & mask

    def _failure(self, unit: int, spots: list[Spot]) -> Failure | None:
        if unit in self.away:
            return Failure(FailureKind.UNREACHABLE, f"unit {unit} did not answer")
        if self.busy:
            self.busy -= 1
            return _refusal(0x06)
        code = next((self.refuses[spot] for spot in spots if spot in self.refuses), None)
        return None if code is None else _refusal(code, str(spots))


def _refusal(code: int, what: str = "") -> Failure:
    kind = FailureKind.REFUSED_FOR_NOW if code in _FOR_NOW else FailureKind.REFUSED_FOR_GOOD
    kind = FailureKind.UNREACHABLE if code in _GATEWAY else kind
    return Failure(kind, f"exception {code:02X}{what}", code)
