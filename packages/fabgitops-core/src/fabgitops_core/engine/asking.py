"""The moment in which a reading has its turn: how late it is, and whether its device is still worth asking.

Between the decision to read and the turn on a shared connection others may have learned that the device is silent.
"""

from collections.abc import Callable

from fabgitops_core.control.breaker import PASS, Gate
from fabgitops_core.control.plc.commands import Read
from fabgitops_core.control.plc.requests import DeviceId
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.entries import Entry


class Asking:
    """Looks at each reading when its turn has come.

    Args:
        circuits: The circuit breakers.
        late: Told of each pass how many seconds after its time its first reading had its turn.
        time: The loop's clock, in seconds.
    """

    def __init__(self, circuits: Circuits, late: Callable[[float], None], time: Callable[[], float]) -> None:
        self.circuits = circuits
        self.late = late
        self.time = time

    def gate(self, entry: Entry, device: DeviceId) -> Gate:
        """Return whether one of several devices of a resource may be asked now: the others shall not wait for it."""
        return self.circuits.gate(device, doubtful=device.unit_id not in entry.heard)

    def answered(self, entry: Entry, device: DeviceId) -> None:
        """Note that a device answered."""
        self.circuits.answered(device)
        if len(entry.devices) > 1 and device.unit_id not in entry.heard:
            entry.heard |= {device.unit_id}

    def failed(self, entry: Entry, device: DeviceId, cause: str, began: float) -> float:
        """Note that it did not, since an attempt began; return the seconds for which its circuit stays open."""
        entry.heard -= {device.unit_id}
        return self.circuits.failed(device, cause, began)


class Turn:
    """Whether a reading may be sent, asked as `wanted` of a device port; `began` is when it was asked first."""

    __slots__ = ("_asked", "_asking", "_device", "_entry", "_request", "began", "gate")

    def __init__(self, asking: Asking, entry: Entry, device: DeviceId, request: Read) -> None:
        self._asking = asking
        self._entry = entry
        self._device = device
        self._request = request
        self._asked = False
        self.began = asking.time()
        self.gate = PASS

    def __call__(self) -> bool:
        """Return whether it may, and note that it does; the answer stays the same."""
        if not self._asked:
            self._asked = True
            self._begin()
        return not self.gate.wait

    def _begin(self) -> None:
        asking, entry, device = self._asking, self._entry, self._device
        self.began = asking.time()
        if entry.due is not None:
            asking.late(max(0.0, self.began - entry.due))  # a loop may round its timers down
            entry.due = None
        if not self._request.force:
            several = len(entry.devices) > 1
            self.gate = asking.gate(entry, device) if several else asking.circuits.gate(device)
        if not self.gate.wait:
            asking.circuits.tried(device, 2 * self._request.timeout)
