"""An event loop whose clock leaps: when everybody waits for time, it passes at once, so that minutes take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Leap(selectors.DefaultSelector):
    """Adds to `now` what it is told to wait, instead of waiting, and so many seconds for each turn of the loop."""

    def __init__(self, turn_secs: float) -> None:
        super().__init__()
        self.now, self._turn_secs = 0.0, turn_secs

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready."""
        ready = super().select(0)
        if not ready:
            self.now += max(timeout or 0.0, self._turn_secs)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop by the clock of its selector.

    Args:
        turn_secs: What each turn takes at least, for who looks again and again whether something is true.
    """

    def __init__(self, turn_secs: float = 0.0) -> None:
        self._leap = _Leap(turn_secs)
        super().__init__(self._leap)

    def time(self) -> float:
        """Return the seconds that have passed for those who wait."""
        return self._leap.now


def leaping(story: Coroutine[Any, Any, None]) -> None:
    """Run a story to its end."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(story)
