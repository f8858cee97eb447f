"""What a PLC of mock-plc was asked and truly held, and what a host was told meanwhile, in one order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.types import Words
from fabgitops_core.testing.host import FakeHost
from mock_plc.faults.box import Strike
from mock_plc.faults.model import Kind
from mock_plc.machine.machine import Machine
from mock_plc.machine.point import MapPoint
from mock_plc.net.station import OK, Station
from mock_plc.wire import pdu
from mock_plc.wire.framing import Frame

PERHAPS = {f"exception {code}" for code in (5, 11)}
"""Answers to a write that leave it open whether it was carried out."""


@dataclass(frozen=True)
class Asked:
    """A request that arrived, what came of it, and what each register truly held before and after it."""

    request: Frame
    result: str
    delay: float
    before: Mapping[str, Words]
    truth: Mapping[str, Words]

    @property
    def writes(self) -> bool:
        """Whether it would change something."""
        return pdu.subject(self.request.pdu).writes

    @property
    def told_right(self) -> bool:
        """Whether the right answer to it went out, be it late."""
        return self.result in {OK, Kind.LATE} or self._harmless

    @property
    def told_in_time(self) -> bool:
        """Whether the right answer went out at once."""
        return (self.result == OK or self._harmless) and not self.delay

    @property
    def _harmless(self) -> bool:
        """Whether the fault leaves the answer right: others speak before it, or nothing is wrong that is looked at."""
        return self.result in {Kind.FOREIGN, Kind.NO_TRANSACTION} or (
            self.result == Kind.WRONG_ECHO and not self.writes
        )

    @property
    def open(self) -> bool:
        """Whether whoever asked cannot know if it was carried out."""
        return not self.result.startswith("exception") or self.result in PERHAPS

    def touches(self, register: Register) -> bool:
        """Return whether it is about all words of a register."""
        about, (table, address) = pdu.subject(self.request.pdu), register.place
        within = about.address <= address and address + register.size <= about.address + about.count
        return about.table is not None and about.table.value == table.value and within

    def written(self, before: int) -> Words:
        """Return the words or bits that it writes, into a word that holds `before` where it has a mask."""
        body = self.request.pdu
        numbers = tuple(int.from_bytes(body[at : at + 2], "big") for at in range(3, len(body) - 1, 2))
        if body[0] == pdu.MASK_WRITE:
            keep, put = numbers
            return ((before & keep) | (put & ~keep & 0xFFFF),)
        if body[0] == pdu.WRITE_REGISTERS:
            return tuple(int.from_bytes(body[at : at + 2], "big") for at in range(6, len(body), 2))
        if body[0] == pdu.WRITE_COIL:
            return (int(numbers[0] == 0xFF00),)
        assert body[0] == pdu.WRITE_REGISTER, f"function {body[0]} was not expected"
        return numbers


class Witness(Station):
    """A station that remembers what it was asked, in order, beside what its registers truly held."""

    def __init__(self, machine: Machine, **how: Any) -> None:
        self.log: list[Asked] = []
        self._points = {name: each for name, each in machine.points.items() if isinstance(each, MapPoint)}
        self._held_before: Mapping[str, Words] | None = None
        self._delay = 0.0
        super().__init__(machine, **how)

    @property
    def truth(self) -> Mapping[str, Words]:
        """What each register holds, by name."""
        return {name: point.words for name, point in self._points.items()}

    def strike(self, request: Frame) -> Strike:
        """Note how late the answer will be."""
        strike = super().strike(request)
        self._delay = strike.delay
        return strike

    def answer(self, request: Frame) -> Frame | None:
        """Note what is held before the request is carried out."""
        self._held_before = self.truth
        return super().answer(request)

    def count(self, request: Frame, result: str) -> None:
        """Remember a request."""
        truth = self.truth
        self.log.append(Asked(request, result, self._delay, self._held_before or truth, truth))
        self._held_before, self._delay = None, 0.0
        super().count(request, result)


class Audience(FakeHost):
    """A host that remembers beside each status how many requests had arrived when it was told."""

    def __init__(self, log: list[Asked]) -> None:
        super().__init__()
        self.told: list[tuple[int, IndustrialPLCStatus]] = []
        self._log = log

    def publish(self, key: Key, status: ApiModel) -> None:
        """Remember a status."""
        assert isinstance(status, IndustrialPLCStatus)
        self.told.append((len(self._log), status))
        super().publish(key, status)

    @property
    def last(self) -> IndustrialPLCStatus:
        """What was said last."""
        return self.told[-1][1] if self.told else IndustrialPLCStatus()
