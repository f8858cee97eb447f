"""Carries out one request of a controller to a device, and says what came of it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import inf

from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Due, Event, Failure, FailureKind, fault_message
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.neighbours import Neighbours, Outside
from fabgitops_core.control.plc.commands import Identify, Read, Write
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteUnrecorded,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.requests import Change, DeviceId, ReadPlan
from fabgitops_core.engine.asking import Asking, Turn
from fabgitops_core.engine.audits import Audits, Outcome
from fabgitops_core.engine.device_errors import DeviceError, Unchecked, Withdrawn
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.held import Held
from fabgitops_core.engine.holds import Holds
from fabgitops_core.engine.opening import Closed, Opening
from fabgitops_core.engine.outcomes import failure_of
from fabgitops_core.engine.performing import OwnPerformer
from fabgitops_core.engine.ports import Beside, Checks, Device, Host, Stored, UnrecordedError
from fabgitops_core.engine.rations import Rations

RECORD_SECS = 2.0
"""How long the writes of a pass wait for their record to be stored: one that is away stops no correction."""

UNRECORDED = Failure(
    FailureKind.REFUSED_FOR_NOW,
    "the control plane refused the record of corrections, and nothing is written without one: "
    "a crash would leave a write that nobody knows of",
)


class _LastWord:
    """What was said of a write when it was asked last whether it may be sent, and what was read for it just before.

    `hold` is of the operator, `guard` of the resource itself.
    """

    __slots__ = ("checked", "guard", "hold")

    def __init__(self) -> None:
        self.hold: Hold | None = None
        self.guard: Hold | None = None
        self.checked: tuple[tuple[int, ...], ...] | None = None

    def show(self, answers: tuple[tuple[int, ...], ...]) -> None:
        """Note what was read."""
        self.checked = answers


class DeviceRequests:
    """Asks devices, and keeps their circuits.

    Args:
        host: Where the record of a write is stored.
        asking: What is looked at when a reading has its turn, with the circuit breakers.
        users: How many resources name each device; one that nobody names any more has no circuit.
        now: The time of day.
        due: What begins a pass anew.
        holds: Why writes may not be sent now; asked before a write is recorded, and once more right before it is sent.
        held: Who waits for the end of one.
        neighbours: What those show whom a resource looks at.
        opening: Makes what goes before and after a write.
        audits: Who has every write recorded, if anybody does.
        rations: Who keeps writes within their rates, if there are any.
    """

    def __init__(
        self,
        host: Host,
        asking: Asking,
        users: Counter[DeviceId],
        now: Callable[[], datetime],
        due: Callable[[Entry], Due],
        holds: Holds,
        held: Held,
        neighbours: Callable[[Entry], Neighbours],
        opening: Opening,
        audits: Audits | None = None,
        rations: Rations | None = None,
    ) -> None:
        self._host = host
        self._asking = asking
        self._users = users
        self._now = now
        self._due = due
        self._holds = holds
        self._held = held
        self._neighbours = neighbours
        self._opening = opening
        self._audits = audits
        self._rations = rations

    def performers(self) -> dict[type[Request], OwnPerformer]:
        """Return by its type what carries out a request; nothing comes of one for a device that is given up."""
        return {Read: self.read, Write: self.write, Identify: self.identify}

    async def read(self, entry: Entry, request: Read) -> Event | None:
        """Read."""
        plan, device = request.plan, entry.device
        if device is None:
            return None
        if request.after:
            await asyncio.sleep(request.after)
        devices = entry.devices
        if devices and devices[0].unit_id == plan.unit_id and devices[0].endpoint is plan.endpoint:
            device_id = devices[0]  # nearly always
        else:
            device_id = DeviceId(plan.endpoint, plan.unit_id)
        if len(devices) > 1 and not request.force and (gate := self._asking.gate(entry, device_id)).wait:
            return self._shut(plan, gate)
        turn = Turn(self._asking, entry, device_id, request)
        try:
            values = await device.read(plan, timeout=request.timeout, urgent=request.urgent, wanted=turn)
        except Withdrawn:
            # Its circuit has opened while it waited for its turn; or another device is named by now: begin again.
            return self._shut(plan, turn.gate) if turn.gate.wait else self._due(entry)
        except DeviceError as error:
            return ReadFailed(self._now(), plan, failure_of(error), self._count(entry, device_id, error, turn.began))
        self._asking.answered(entry, device_id)
        if self._audits is not None:
            self._audits.read(entry, plan, values)
        return ReadDone(self._now(), plan, values)

    async def identify(self, entry: Entry, request: Identify) -> Event | None:
        """Ask a device who it is."""
        plan, device = request.plan, entry.device
        if device is None:
            return None
        device_id = DeviceId(plan.endpoint, plan.unit_id)
        if len(entry.devices) > 1 and (gate := self._asking.gate(entry, device_id)).wait:
            return IdentifyFailed(self._now(), plan, Failure(FailureKind.UNREACHABLE, gate.cause), gate.wait)
        began = self._asking.time()
        try:
            objects, over = await device.identify(plan, timeout=request.timeout)
        except Withdrawn:
            return self._due(entry)
        except DeviceError as error:
            began = max(began, self._asking.time() - 2 * request.timeout)  # the wait for its turn is not the device's
            failure, retry_after = failure_of(error), self._count(entry, device_id, error, began)
            return IdentifyFailed(self._now(), plan, failure, retry_after)
        self._asking.answered(entry, device_id)
        return IdentifyDone(self._now(), plan, objects, over)

    async def write(self, entry: Entry, request: Write) -> Event | None:
        """Write if it still is wanted, the first of a pass once the record of all of them is stored."""
        if self._rations is None:
            return await self._written(entry, request)
        try:
            return await self._written(entry, request)
        finally:
            self._rations.over(entry.key)

    async def _written(self, entry: Entry, request: Write) -> Event | None:
        change, device = request.change, entry.device
        if device is None:
            return None
        hold = self._hold(entry, change)
        if hold:
            return self._withdrawn(entry, change, hold)
        try:
            beside = await self._beside(change)
        except Closed as closed:
            return self._put_off(entry, change, closed.hold)
        if request.first and await self._host.stored(entry.key, RECORD_SECS) is Stored.REFUSED:
            return WriteUnrecorded(self._now(), change, UNRECORDED)
        if self._audits is None:
            return await self._sent(entry, request, device, beside)
        try:
            return await self._audits.recorded(entry, change, partial(self._sent, entry, request, device, beside))
        except UnrecordedError as error:
            return self._withdrawn(entry, change, Hold(HoldReason.AUDIT, str(error)))

    async def _beside(self, change: Change) -> Beside | None:
        """Return what goes before and after a write; what follows one that was sent is held by the operator alone."""
        if change.around is None:
            return None
        return await self._opening.beside(change, change.around, lambda: self._holds.hold(change.endpoint) is None)

    async def _sent(self, entry: Entry, request: Write, device: Device, beside: Beside | None) -> Outcome:
        """Send a write, if it still is wanted when its turn comes."""
        change, word = request.change, _LastWord()
        began = self._asking.time()

        def wanted() -> bool:
            nonlocal began
            began = self._asking.time()
            return self._is_wanted(entry, change, word)

        checks = Checks(request.checks, word.show) if request.checks else None
        try:
            sent = await device.write(
                change, timeout=request.timeout, wanted=wanted, over=request.over, checks=checks, beside=beside
            )
        except Unchecked as error:
            why = f"a register that an interlock names could not be read right before the write: {error.why}"
            return self._put_off(entry, change, Hold(HoldReason.INTERLOCK, why, inf, guard="interlocks"))
        except Withdrawn as error:
            if word.guard is not None:
                return self._put_off(entry, change, word.guard)
            return self._withdrawn(entry, change, word.hold, error.why)
        except DeviceError as error:
            failure = failure_of(error)
            if error.maybe_done or failure.code is not None:
                self._went_out(entry, began)
            if error.maybe_done:
                return WriteUnknown(self._now(), change, failure)
            retry_after = self._count(entry, DeviceId(change.endpoint, change.unit_id), error, began)
            return WriteFailed(self._now(), change, failure, retry_after)
        if sent:
            self._went_out(entry, began)
        self._held.drop(entry.key)
        return WriteDone(self._now(), change) if sent else WriteSpared(self._now(), change)

    def _is_wanted(self, entry: Entry, change: Change, word: "_LastWord") -> bool:
        """Return whether a write may be sent now, and note what speaks against it."""
        word.hold, word.guard = self._hold(entry, change), None
        decided = entry.at_device
        if word.hold is not None or decided is None:
            return False
        at, outside = self._now(), Outside(self._neighbours(entry), word.checked)
        wanted = decided.still_wanted(entry.state, change, at, outside)
        entry.writing = entry.writing or wanted  # what goes out now ends before the engine does
        word.guard = None if wanted else decided.why_held(entry.state, change, at, outside)
        return wanted

    def _put_off(self, entry: Entry, change: Change, hold: Hold) -> WriteWithdrawn:
        """Say that a guard of the resource itself holds a write, which the next pass decides anew."""
        return WriteWithdrawn(self._now(), change, hold, recorded=entry.writing)

    def _hold(self, entry: Entry, change: Change) -> Hold | None:
        """Return what speaks against a write now; after a fault of our own a pass that writes nothing comes first."""
        if entry.fault:
            return Hold(HoldReason.FAULT, fault_message(entry.fault))
        hold = self._holds.hold(change.endpoint)
        if hold is None and self._rations is not None:
            return self._rations.hold(entry.key, change.endpoint)
        return hold

    def _went_out(self, entry: Entry, at: float) -> None:
        """Count a write against the rates."""
        if self._rations is not None:
            self._rations.sent(entry.key, at)

    def _withdrawn(self, entry: Entry, change: Change, hold: Hold | None, why: str = "") -> WriteWithdrawn:
        """Say that a write is not sent; what was read is old by the time that it may be, and the next pass looks anew.

        One that is held is told of its end, unless it is gone by now. With `why` the device is perhaps another by now.
        """
        if hold is not None and not entry.gone:
            self._held.note(entry.key, hold.message)
            entry.held = True
        if hold is None and why:
            hold = Hold(HoldReason.IDENTITY, why, guard="identity")
        return WriteWithdrawn(self._now(), change, hold, recorded=entry.writing)

    def _shut(self, plan: ReadPlan, gate: Gate) -> ReadFailed:
        return ReadFailed(self._now(), plan, Failure(FailureKind.UNREACHABLE, gate.cause), gate.wait)

    def _count(self, entry: Entry, device_id: DeviceId, error: DeviceError, began: float) -> float:
        """Note a failure, and return the seconds for which the device's circuit stays open: attempts count, not askers.

        What was told to somebody who made no attempt is not counted.
        """
        if not self._users[device_id]:
            return 0.0  # given up meanwhile: nobody asks it any more
        if not error.tried:
            self._asking.circuits.untried(device_id)
            return 0.0
        failure = failure_of(error)
        if failure.kind is FailureKind.UNREACHABLE:
            return self._asking.failed(entry, device_id, failure.message, began)
        self._asking.answered(entry, device_id)
        return 0.0
