"""Answers one client, in the order of its requests, as well or as badly as the faults want it."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from mock_plc.faults.box import Entry, Strike
from mock_plc.faults.model import Kind
from mock_plc.faults.spoil import spoiled
from mock_plc.net.station import OK, Station
from mock_plc.wire import pdu
from mock_plc.wire.framing import Frame

MAX_WAITING = 64
"""How many requests may wait for a delayed answer before no more are taken from the socket."""
SILENCE = "silence"
"""The result of what is asked on a connection that fell silent in the middle of an answer."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a client can be done to: sent bytes, cut off, or kept from sending more for a while.

    One that is not `connected` cannot be cut off, and each of its datagrams stands alone.
    """

    send: Callable[[bytes], None]
    close: Callable[[], None]
    hold: Callable[[bool], None] = lambda _: None
    connected: bool = True


class Peer:
    """One client of a station. What is sent before an earlier answer is out waits for its turn (pipelining)."""

    def __init__(self, station: Station, link: Link) -> None:
        self._station = station
        self._link = link
        self._waiting: deque[Frame] = deque()
        self._timers: set[asyncio.TimerHandle] = set()
        self._late: list[bytes] = []
        self._busy = self._silent = False

    def receive(self, request: Frame) -> None:
        """Answer a request, now or in its turn."""
        if self._silent:
            self._station.count(request, SILENCE)
            return
        if not self._busy:
            self._serve(request)
            return
        self._waiting.append(request)
        if len(self._waiting) >= MAX_WAITING:
            self._link.hold(True)

    def forget(self) -> None:
        """Drop all that is waiting: nobody is there any more."""
        self._silent = True
        self._waiting.clear()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _serve(self, request: Frame) -> None:
        station = self._station
        if not station.faults:
            answer = station.answer(request)
            station.count(request, _result(answer))
            if answer:
                self._send(station.framing.pack(answer))
        elif station.ignores():
            station.count(request, Kind.FROZEN.value)
        else:
            self._suffer(request, station.strike(request))

    def _suffer(self, request: Frame, strike: Strike) -> None:
        kind = strike.entry.fault.kind if strike.entry else None
        if kind is Kind.RESTART:
            self._station.count(request, kind.value)
            self._station.restart()
            return
        answer = self._answer(request, strike.entry)
        if kind is None or kind is Kind.EXCEPTION:
            self._station.count(request, _result(answer))
        else:
            self._station.count(request, kind.value)
        if strike.delay:
            self._busy = True
            self._later(strike.delay, lambda: self._resume(request, answer, strike.entry))
        else:
            self._reply(request, answer, strike.entry)

    def _answer(self, request: Frame, entry: Entry | None) -> Frame | None:
        if entry and entry.fault.code is not None:
            return replace(request, pdu=pdu.refusal(request.pdu[0], entry.fault.code))
        if entry and not entry.fault.executes and request.pdu[0] in pdu.WRITES:
            return self._pretended(request)
        return self._station.answer(request)

    def _pretended(self, request: Frame) -> Frame | None:
        """Return the answer to a write that is not carried out: what is to be spoilt has to look like an answer."""
        if request.pdu[0] != pdu.READ_WRITE:
            return replace(request, pdu=request.pdu[: 7 if request.pdu[0] == pdu.MASK_WRITE else 5])
        read = self._station.answer(replace(request, pdu=bytes((pdu.READ_HOLDING,)) + request.pdu[1:5]))
        return read and replace(read, pdu=bytes((read.pdu[0] & pdu.EXCEPTION | pdu.READ_WRITE,)) + read.pdu[1:])

    def _resume(self, request: Frame, answer: Frame | None, entry: Entry | None) -> None:
        """Send a delayed answer, then serve what waits, until there is one to wait for again."""
        self._busy = False
        self._reply(request, answer, entry)
        while self._waiting and not (self._busy or self._silent):
            self._serve(self._waiting.popleft())
        if not self._waiting:
            self._link.hold(False)

    def _reply(self, request: Frame, answer: Frame | None, entry: Entry | None) -> None:
        kind = entry.fault.kind if entry else None
        if answer is None or self._silent or kind is Kind.NO_REPLY:
            return
        if not entry or kind is None:
            self._send(self._station.framing.pack(answer))
            return
        wrong = spoiled(kind, request, answer, self._station.framing, entry.dice)
        if kind is Kind.LATE:
            self._keep(wrong, entry)
            return
        self._send(wrong)
        if kind is Kind.CLOSE:
            self._link.close()
        self._silent = self._link.connected and kind in (Kind.CLOSE, Kind.HALF)

    def _keep(self, answer: bytes, entry: Entry) -> None:
        """Hold a late answer back for its time, or, without one, until the next answer goes out."""
        if entry.fault.time:
            self._later(entry.draw(), lambda: self._link.send(answer))
        else:
            self._late.append(answer)

    def _send(self, answer: bytes) -> None:
        for late in self._late:
            self._link.send(late)
        self._late.clear()
        self._link.send(answer)

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, act)
        self._timers.add(timer)


def _result(answer: Frame | None) -> str:
    if answer is None:
        return "no unit"
    return f"exception {answer.pdu[1]}" if answer.pdu[0] & pdu.EXCEPTION else OK
