"""Whether the bus takes anything at all: while it does not, one at a time is tried, less and less often."""

from dataclasses import dataclass

from fabgitops_operator.bus.pace import backoff

AT_ONCE = 16
"""Events under way at the same time, each of another partition."""


@dataclass(slots=True)
class Line:
    """The way to the bus; times are seconds of the loop's clock."""

    failures: int = 0
    not_before: float = 0.0
    why: str = ""
    """Why it is away, or ""."""

    def open_for(self, under_way: int, now: float) -> bool:
        """Return whether another event may be sent while so many are under way."""
        if self.why:
            return under_way == 0 and now >= self.not_before
        return under_way < AT_ONCE

    def away(self, why: str, pause: float, now: float) -> bool:
        """Note that the bus is away, and return whether that, or why, is news."""
        news = self.why != why
        self.failures += 1
        self.why = why
        self.not_before = now + max(pause, backoff(self.failures))
        return news

    def there(self) -> bool:
        """Note that the bus has answered, and return whether that is news."""
        news = bool(self.why)
        self.failures, self.why = 0, ""
        return news
