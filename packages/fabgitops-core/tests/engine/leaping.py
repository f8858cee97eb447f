"""An event loop whose clock leaps: when everybody waits for time, it passes at once, so that minutes take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Leap(selectors.DefaultSelector):
    """Adds to `now` what it is told to wait, instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready."""
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop by the clock of its selector."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Return the seconds that have passed for those who wait."""
        return self._leap.now


def leaping(story: Coroutine[Any, Any, None]) -> None:
    """Run a story to its end."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(story)
