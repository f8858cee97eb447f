"""Keeps writes within their rates: who has to wait is woken when there is room for him."""

import asyncio
from collections.abc import Callable
from math import inf

from fabgitops_core.api.meta import Key
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.rationing import Rates, Ration
from fabgitops_core.control.plc.requests import Endpoint


class Rations:
    """The rates of one engine.

    Args:
        rates: How many writes go out in a time.
        wake: Lets a resource be looked at now.
    """

    def __init__(self, rates: Rates, wake: Callable[[Key], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ration: Ration[Key] = Ration(rates)
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, key: Key, endpoint: Endpoint) -> Hold | None:
        """Return why a resource may not write now; where nothing speaks against it, it has a place from now on."""
        self._look(key)  # who came before has what there is, which this one may be
        why = self._ration.why_not(key, endpoint.site.host, self._loop.time())
        if not why:
            return None
        self._look(key)
        return Hold(HoldReason.RATE, why)

    def sent(self, key: Key, at: float) -> None:
        """Note that a write of a resource went out."""
        self._ration.sent(key, at)
        self._look()

    def over(self, key: Key) -> None:
        """Take back the place of a resource whose write has ended, if it was not sent."""
        self._ration.over(key)
        self._look()

    def leave(self, key: Key) -> None:
        """Forget a resource that wants to write nothing."""
        self._ration.leave(key)
        self._look()

    def _look(self, here: Key | None = None) -> None:
        """Wake whoever gets a place now, but who is here, and look again when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for key in self._ration.served(self._loop.time()):
            if key != here:
                self._wake(key)
        at = self._ration.next()
        if at < inf:
            self._timer = self._loop.call_at(at, self._look)
