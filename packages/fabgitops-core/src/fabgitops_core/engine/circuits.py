"""The circuit breakers of all devices: one per endpoint and unit id, shared by the resources that name it."""

import random
from collections.abc import Callable, Mapping

from fabgitops_core.control.breaker import CLOSED, PASS, Breaker, Gate, failed, gate, tried
from fabgitops_core.control.requests import DeviceId


class Circuits:
    """Keeps a breaker for each device that fails; one that is not here is closed."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._chance = chance
        self._troubled: dict[DeviceId, Breaker] = {}

    def gate(self, device: DeviceId) -> Gate:
        """Return whether a request to the device may pass now."""
        breaker = self._troubled.get(device) if self._troubled else None
        return PASS if breaker is None else gate(breaker, self._clock())

    def tried(self, device: DeviceId, allowance: float) -> None:
        """Note that a request passes; of an open circuit no other does for `allowance` seconds."""
        if self._troubled and (breaker := self._troubled.get(device)) is not None:
            self._troubled[device] = tried(breaker, self._clock(), allowance)

    def answered(self, device: DeviceId) -> None:
        """Note that the device answered: its circuit closes."""
        if self._troubled:
            self._troubled.pop(device, None)

    def failed(self, device: DeviceId, cause: str) -> float:
        """Note that it did not answer, and return the seconds until the next try; 0 while the circuit is closed."""
        now = self._clock()
        breaker = failed(self._troubled.get(device, CLOSED), now, cause, self._chance())
        self._troubled[device] = breaker
        return max(0.0, breaker.retry_at - now)

    def forget(self, device: DeviceId) -> None:
        """Drop what is known of a device that no resource names any more."""
        self._troubled.pop(device, None)

    def troubled(self) -> Mapping[DeviceId, Breaker]:
        """Return the breakers of the devices that failed last, for metrics."""
        return dict(self._troubled)
