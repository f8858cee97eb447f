"""The time of day as the operator sees it, which somebody may set, and how long things really took."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock on the wall, and what goes by.

    `run` is the seconds that went by. `lived` is the same with those by which the clock was set forward: who can see
    the wall alone may take so many for gone by, and not one more, whatever the clock was set back meanwhile.
    """

    at: datetime = START
    run: float = 0.0
    lived: float = 0.0

    def goes_on(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.run += seconds
        self.lived += seconds

    def is_set(self, seconds: float) -> None:
        """Set it forward, or back."""
        self.at += timedelta(seconds=seconds)
        self.lived += max(seconds, 0.0)
