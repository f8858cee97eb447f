"""The engine: holds the state of every resource, and carries out what their controllers want done."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Publish, Read, Wake, Write
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import (
    Declared,
    Due,
    Event,
    Failure,
    FailureKind,
    ReadDone,
    ReadFailed,
    Removed,
    WriteDone,
    WriteFailed,
    WriteUnknown,
    WriteWithdrawn,
)
from fabgitops_core.control.requests import DeviceId
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.errors import DeviceError, Withdrawn
from fabgitops_core.engine.outcomes import failure_of
from fabgitops_core.engine.ports import Device, Devices, Host, Observer, Stored
from fabgitops_core.engine.scheduler import Scheduler

RECORD_SECS = 2.0
"""How long a write waits for its record to be stored; a control plane that is away does not stop a correction."""

UNRECORDED = Failure(
    FailureKind.REFUSED_FOR_NOW,
    "the control plane refused the record of this correction, and nothing is written without one: "
    "a crash would leave a write that nobody knows of",
)

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Entry:
    __slots__ = ("controller", "device", "device_id", "gone", "key", "state", "writing")

    def __init__(self, key: Key, controller: Controller[Any]) -> None:
        self.key = key
        self.controller = controller
        self.state: Any = controller.start()
        self.device_id: DeviceId | None = None
        self.device: Device | None = None
        self.writing = False
        self.gone = False


class Engine:
    """Polls and corrects every resource that is declared to it.

    Args:
        devices: Where connections come from.
        host: Where resources live.
        observer: Who listens.
        now: The time of day, for what people read; intervals are measured by the loop's clock.
    """

    def __init__(
        self, devices: Devices, host: Host, observer: Observer, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._devices = devices
        self._host = host
        self._observer = observer
        self._now = now
        self._entries: dict[Key, _Entry] = {}
        self._users: Counter[DeviceId] = Counter()
        self._stopping = False
        self._scheduler: Scheduler[Key] = Scheduler(self._pass, observer.late)
        self._time = asyncio.get_running_loop().time
        self.circuits = Circuits(self._time)

    def __len__(self) -> int:
        """Return how many resources are declared."""
        return len(self._entries)

    def keys(self) -> Iterable[Key]:
        """Return the keys of the declared resources."""
        return list(self._entries)

    def declare(self, key: Key, controller: Controller[Any], event: Declared[Any, Any]) -> None:
        """Take a resource as it stands now, whether new, changed or the same."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(key, controller)
        self._step(entry, event)
        self._point(entry, controller.device(entry.state))

    def remove(self, key: Key) -> None:
        """Forget a resource; its device is left as it is."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        entry.gone = True
        self._step(entry, Removed(self._now()))
        self._point(entry, None)
        self._scheduler.forget(key)
        self._observer.forgotten(key)

    async def stop(self, grace: float) -> None:
        """Begin no pass and no write any more; let writes in hand and their proofs end, at most `grace` seconds."""
        self._stopping = True
        self._scheduler.stop()
        running = self._scheduler.running()
        finishing = [task for key, task in running.items() if self._entries[key].writing]
        for task in running.values():
            if task not in finishing:
                task.cancel()
        if finishing:
            log.info("finishing %d correction(s) in hand", len(finishing))
            await asyncio.wait(finishing, timeout=grace)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        await self._devices.close()

    def _point(self, entry: _Entry, device_id: DeviceId | None) -> None:
        """Exchange an entry's share of a connection when it names another device."""
        if device_id == entry.device_id:
            return
        before, old = entry.device_id, entry.device
        entry.device_id = device_id
        entry.device = self._devices.open(device_id.endpoint) if device_id else None
        if device_id is not None:
            self._users[device_id] += 1
        if before is not None and old is not None:
            old.close()
            self._users[before] -= 1
            if not self._users[before]:
                del self._users[before]
                self.circuits.forget(before)

    async def _pass(self, key: Key) -> None:
        entry = self._entries.get(key)
        if entry is None:
            return
        began = self._time()
        event: Event | None = self._due(entry)
        try:
            while event is not None and not entry.gone:  # its key may be another's by now
                request = self._step(entry, event)
                if entry.device is None or entry.device_id is None:
                    break
                if isinstance(request, Read):
                    event = await self._read(entry, entry.device, entry.device_id, request)
                elif isinstance(request, Write):
                    event = await self._write(entry, entry.device, entry.device_id, request)
                else:
                    event = None
        finally:
            entry.writing = False
        self._observer.passed(key, self._time() - began)

    def _due(self, entry: _Entry) -> Due:
        return Due(self._now(), self.circuits.gate(entry.device_id) if entry.device_id else Gate())

    def _step(self, entry: _Entry, event: Event) -> Read | Write | None:
        """Tell the controller, do what needs no waiting, and return what does: a request to the device."""
        entry.state, commands = entry.controller.step(entry.state, event)
        request: Read | Write | None = None
        for command in commands:
            if isinstance(command, Read | Write):
                request = command
            elif isinstance(command, Wake):
                if entry.key in self._entries:
                    self._scheduler.wake(entry.key, command.after, spread=command.spread, steady=command.steady)
            elif isinstance(command, Publish):
                self._host.publish(entry.key, command.status)
                entry.writing = entry.writing or command.before_write
            else:
                self._host.notice(entry.key, command)
        self._observer.happened(entry.key, event, commands)
        return request

    async def _read(self, entry: _Entry, device: Device, device_id: DeviceId, request: Read) -> Event:
        plan = request.plan
        self.circuits.tried(device_id, 2 * request.timeout)
        try:
            values = await device.read(plan, timeout=request.timeout, urgent=request.urgent)
        except Withdrawn:
            return self._due(entry)  # another device is named by now: the pass begins again
        except DeviceError as error:
            failure = failure_of(error)
            retry_after = self._count(device_id, failure.kind, failure.message)
            return ReadFailed(self._now(), plan, failure, retry_after)
        self.circuits.answered(device_id)
        return ReadDone(self._now(), plan, values)

    async def _write(self, entry: _Entry, device: Device, device_id: DeviceId, request: Write) -> Event:
        change = request.change
        if await self._host.stored(entry.key, RECORD_SECS) is Stored.REFUSED:
            return WriteFailed(self._now(), change, UNRECORDED)

        def wanted() -> bool:
            return not self._stopping and entry.controller.still_wanted(entry.state, change)

        try:
            await device.write(change, timeout=request.timeout, wanted=wanted)
        except Withdrawn:
            return WriteWithdrawn(self._now(), change)
        except DeviceError as error:
            failure = failure_of(error)
            if error.maybe_done:
                return WriteUnknown(self._now(), change, failure)
            retry_after = self._count(device_id, failure.kind, failure.message)
            return WriteFailed(self._now(), change, failure, retry_after)
        return WriteDone(self._now(), change)

    def _count(self, device_id: DeviceId, kind: FailureKind, cause: str) -> float:
        if not self._users[device_id]:
            return 0.0  # given up meanwhile: nobody asks it any more
        if kind is FailureKind.UNREACHABLE:
            return self.circuits.failed(device_id, cause)
        self.circuits.answered(device_id)
        return 0.0
