"""The circuit breakers of all devices, and what devices at one endpoint owe each other.

A breaker is one per endpoint and unit id, shared by the resources that name it. Behind a gateway a unit that is silent
keeps everybody's connection for a whole timeout. So after such an attempt the units of that endpoint that are doubtful
rest for half as long as it took, and are then tried one after the other, who waited longest first: those that answer
have the connection for a third of the time at least, however many others are silent.
"""

import random
from collections.abc import Callable, Mapping

from fabgitops_core.control.breaker import CLOSED, DOUBTFUL, PASS, Breaker, Gate, failed, gate, tried, untried
from fabgitops_core.control.plc.requests import DeviceId, Endpoint

REST_PART = 0.5
"""For this part of the time that an attempt took in vain, no other is made at the same endpoint."""
PATIENCE_SECS = 60.0
"""Who was told to wait, and did not come back for so long, is waited for no more."""
NEXT_SECS = 1.0
"""Who must let another go first comes back after so long."""


class _Rest:
    """Until when an endpoint is left to the units that answer, for whom, and who waits to be tried, since when."""

    __slots__ = ("by", "until", "waiting")

    def __init__(self) -> None:
        self.by: DeviceId | None = None
        self.until = 0.0
        self.waiting: dict[DeviceId, float] = {}


class Circuits:
    """Keeps a breaker for each device that fails; one that is not here is closed."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._chance = chance
        self._troubled: dict[DeviceId, Breaker] = {}
        self._rests: dict[Endpoint, _Rest] = {}

    def gate(self, device: DeviceId, *, doubtful: bool = False) -> Gate:
        """Return whether a request to the device may pass now.

        It is `doubtful` to who got no answer the last time, or none yet, and can do without; one that failed twice in a
        row is so for everybody.
        """
        if not self._troubled and not self._rests:
            return PASS
        now, breaker = self._clock(), self._troubled.get(device, CLOSED)
        own = gate(breaker, now)
        if own.wait or not self._rests or not (doubtful or breaker.failures >= DOUBTFUL):
            return own
        wait = self._rest(device, now)
        return Gate(wait, breaker.cause or _unasked(device)) if wait else PASS

    def tried(self, device: DeviceId, allowance: float) -> None:
        """Note that a request passes; of an open circuit no other does for `allowance` seconds."""
        if self._troubled and (breaker := self._troubled.get(device)) is not None:
            self._troubled[device] = tried(breaker, self._clock(), allowance)
        if self._rests and (rest := self._rests.get(device.endpoint)) is not None:
            rest.waiting.pop(device, None)

    def answered(self, device: DeviceId) -> None:
        """Note that the device answered: its circuit closes."""
        if self._troubled:
            self._troubled.pop(device, None)

    def failed(self, device: DeviceId, cause: str, began: float | None = None) -> float:
        """Note that it did not answer, and return the seconds until the next try; 0 while the circuit is closed.

        Args:
            device: Which.
            cause: Why, for those who are told to wait.
            began: When the attempt began, by the clock; one that began before the circuit opened changes nothing.
        """
        now = self._clock()
        began = now if began is None else began
        breaker = failed(self._troubled.get(device, CLOSED), now, cause, self._chance(), began)
        self._troubled[device] = breaker
        if now > began:
            rest = self._rests.setdefault(device.endpoint, _Rest())
            rest.by, rest.until = device, max(rest.until, now + REST_PART * (now - began))
        return max(0.0, breaker.retry_at - now)

    def untried(self, device: DeviceId) -> None:
        """Note that a request that was let pass was no attempt after all: the next may be one."""
        breaker = self._troubled.get(device)
        if breaker is not None:
            self._troubled[device] = untried(breaker, self._clock())

    def forget(self, device: DeviceId) -> None:
        """Drop what is known of a device that no resource names any more."""
        self._troubled.pop(device, None)
        rest = self._rests.get(device.endpoint)
        if rest is not None:
            rest.waiting.pop(device, None)
            if rest.by == device:
                del self._rests[device.endpoint]

    def troubled(self) -> Mapping[DeviceId, Breaker]:
        """Return the breakers of the devices that failed last, for metrics."""
        return dict(self._troubled)

    def _rest(self, device: DeviceId, now: float) -> float:
        """Return the seconds that a doubtful device still leaves its endpoint to others; 0 when it is its turn."""
        rest = self._rests.get(device.endpoint)
        if rest is None:
            return 0.0
        waiting = rest.waiting
        while waiting and now - waiting[first := next(iter(waiting))] > PATIENCE_SECS:
            del waiting[first]
        if now < rest.until:
            if rest.by == device and not waiting:
                return 0.0  # it is alone: its own breaker is enough
            waiting[device] = now
            return rest.until - now
        if waiting and next(iter(waiting)) != device:
            waiting[device] = now
            return NEXT_SECS
        if not waiting:
            del self._rests[device.endpoint]
        return 0.0


def _unasked(device: DeviceId) -> str:
    others = "others there do not answer, and those that do go first"
    return f"{device.endpoint} unit {device.unit_id} waits to be asked: {others}"
