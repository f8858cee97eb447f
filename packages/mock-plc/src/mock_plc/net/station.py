"""One PLC as it stands on its network: its memory, its faults, its connections, and what was asked of it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from mock_plc.exceptions import ModbusException
from mock_plc.faults.box import Entry, FaultBox, Strike
from mock_plc.faults.model import Fault, Kind
from mock_plc.memory import Plc
from mock_plc.net.transport import Transport
from mock_plc.wire import pdu
from mock_plc.wire.framing import Frame

log = logging.getLogger("mock_plc")

OK = "ok"
SHORTEST_TICK = 0.001
"""Seconds between two ticks at least, whatever a PLC asks for: others want the processor too."""


class Closable(Protocol):
    """What a restart ends: a connection."""

    def close(self) -> None:
        """End it at once."""


class Observer(Protocol):
    """Told of what a station does."""

    def served(self, request: Frame, answer: Frame, before: tuple[int, ...]) -> None:
        """Be told of a request that was carried out, its answer, and, if it writes, what was there before."""

    def struck(self, request: Frame, strike: Strike) -> None:
        """Be told of a request whose answer is late or goes wrong."""


class Station:
    """A PLC at one port. It begins when it is listened for, and moves on by its own clock until `stop`.

    `counters` has the requests by function and result: `ok`, `exception 2`, or the kind of the fault that spoilt the
    answer; `requests` is all of them, `restarts` how often it restarted. `observe`, if given, is told of each request.
    `names` are what else it may be called by than its port.
    """

    def __init__(
        self,
        plc: Plc,
        faults: Iterable[Fault] = (),
        *,
        transport: Transport = Transport.TCP,
        seed: str = "0",
        observe: Observer | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """Give a PLC its place.

        Raises:
            ValueError: A fault has no effect on this transport.
        """
        self.plc = plc
        self.transport = transport
        self.framing = transport.framing
        self.counters: Counter[tuple[int, str]] = Counter()
        self.connections: set[Closable] = set()
        self.requests = self.restarts = 0
        self.port = 0
        self.names = names
        self.faults = FaultBox(self.now, seed, on_change=self._rearm)
        self._observe = observe
        self._wanted = tuple(faults)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = self._booted = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._clocks: list[asyncio.TimerHandle] = []
        for fault in self._wanted:
            self.check(fault)

    def check(self, fault: Fault) -> None:
        """Raise ValueError if a fault has no effect on this station's transport."""
        numbers = fault.kind in {Kind.WRONG_TRANSACTION, Kind.NO_TRANSACTION}
        if numbers and not self.framing.has_transactions:
            raise ValueError(f"{fault.kind} has no effect: the frames of {self.transport} carry no transaction id")
        if fault.kind in {Kind.ECHO, Kind.FOREIGN} and self.framing.has_transactions:
            raise ValueError(f"{fault.kind} has no effect: {self.transport} is no serial line")
        if fault.kind is Kind.CONNECTION_LIMIT and self.transport is Transport.UDP:
            raise ValueError(f"{fault.kind} has no effect: {self.transport} has no connections")

    def start(self, port: int) -> None:
        """Begin, at a port; faults count their time from now on."""
        self._loop = asyncio.get_running_loop()
        self.port = port
        self._began = self._loop.time()
        self.faults.clear()
        self.faults.add(*self._wanted)
        self._boot()
        self.plc.on_due = self._move_soon
        self._move()

    def stop(self) -> None:
        """End all connections and all that was to come."""
        self.plc.on_due = lambda: None
        for timer in (*self._clocks, *([self._tick] if self._tick else [])):
            timer.cancel()
        self._disconnect()

    @property
    def uptime(self) -> float:
        """Seconds since it began."""
        return self.now() - self._began

    @property
    def booting(self) -> bool:
        """Whether it has not started up yet, after its beginning or a restart."""
        return self.now() < self._booted

    def admits(self) -> bool:
        """Whether it takes another connection."""
        if not self.faults:
            return True
        limits = [entry for entry in self.faults.state(Kind.CONNECTION_LIMIT) if self._full(entry.fault.limit or 0)]
        for entry in limits:
            entry.hits += 1
        return not limits and not self.booting

    def _full(self, limit: int) -> bool:
        return len(self.connections) >= limit

    @property
    def frozen(self) -> bool:
        """Whether it answers nothing at the moment."""
        return bool(self.faults.state(Kind.FROZEN))

    def ignores(self) -> bool:
        """Whether it ignores the request that has come, because it is frozen; the fault counts it."""
        frozen = self.faults.state(Kind.FROZEN)
        for entry in frozen:
            entry.hits += 1
        return bool(frozen)

    def answer(self, request: Frame) -> Frame | None:
        """Carry a request out and return its answer; none if nobody answers for the unit that is asked."""
        unit = self.plc.units.get(request.unit)
        if unit is None and not self.framing.answers_for_missing:
            return None
        before = self._before(request) if self._observe else ()
        answer = Frame(request.unit, pdu.answer(unit, request.pdu), request.transaction)
        if self._observe:
            self._observe.served(request, answer, before)
        return answer

    def strike(self, request: Frame) -> Strike:
        """Return what the faults do to a request."""
        strike = self.faults.strike(request.unit, pdu.subject(request.pdu))
        if self._observe and (strike.delay or strike.entry):
            self._observe.struck(request, strike)
        return strike

    def _before(self, request: Frame) -> tuple[int, ...]:
        """Return what a write is about to replace, or nothing if it is about to be refused."""
        about, unit = pdu.subject(request.pdu), self.plc.units.get(request.unit)
        if not (unit and about.writes and about.table and 0 < about.count <= pdu.MAX_WRITE_BITS):
            return ()
        try:
            return tuple(unit.read(about.table, about.address, about.count))
        except ModbusException:
            return ()

    def count(self, request: Frame, result: str) -> None:
        """Count a request by its function and result."""
        self.counters[request.pdu[0], result] += 1
        self.requests += 1

    def restart(self) -> None:
        """Lose all connections and all values, and start up again."""
        self.restarts += 1
        log.info("restart of the PLC at port %d", self.port)
        self._disconnect()
        self.plc.restart()
        self._boot()

    def _disconnect(self) -> None:
        for connection in list(self.connections):
            connection.close()

    def _boot(self) -> None:
        self._booted = 0.0
        for entry in self.faults.state(Kind.SLOW_START):
            self._booted = max(self._booted, self.now() + entry.draw())
            entry.hits += 1

    def now(self) -> float:
        """Return the time by its own clock, in seconds: 0 until it begins."""
        return self._loop.time() if self._loop else 0.0

    def _move(self) -> None:
        """Let the PLC move on, and come back when it asks for it."""
        now = self.now()
        due = self.plc.tick(now)
        loop = asyncio.get_running_loop()
        self._tick = None if due is None else loop.call_at(max(due, now + SHORTEST_TICK), self._move)

    def _move_soon(self) -> None:
        if self._tick:
            self._tick.cancel()
        self._tick = asyncio.get_running_loop().call_later(0, self._move)

    def _rearm(self) -> None:
        """Set the clock for each restart that comes at its time."""
        for timer in self._clocks:
            timer.cancel()
        self._clocks.clear()
        if self._loop:
            for entry in self.faults:
                self._arm(entry, self.now())

    def _arm(self, entry: Entry, now: float) -> None:
        due = entry.fault.next_restart(now - entry.since) if entry.fault.by_the_clock else None
        if due is not None and self._loop:
            when = entry.since + due
            self._clocks.append(self._loop.call_at(when, self._restart_by, entry, when))

    def _restart_by(self, entry: Entry, when: float) -> None:
        entry.hits += 1
        self._arm(entry, when)
        self.restart()
