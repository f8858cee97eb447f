"""Whose write is held: each is looked at again as soon as nothing speaks against it, and people hear of a long wait."""

import logging
from collections.abc import Callable

from fabgitops_core.api.meta import Key

PATIENCE_SECS = 10.0
"""A wait of so many seconds is worth a line in the log, once until corrections go again."""

log = logging.getLogger(__name__)


class Held:
    """Who waits for the end of a hold.

    Args:
        time: The loop's clock, in seconds.
        why_not: What speaks against a write of a resource now, "" for nothing.
        wake: Lets a resource be looked at now.
    """

    def __init__(self, time: Callable[[], float], why_not: Callable[[Key], str], wake: Callable[[Key], None]) -> None:
        self._time = time
        self._why_not = why_not
        self._wake = wake
        self._since: dict[Key, float] = {}
        self._said = False

    def note(self, key: Key, why: str) -> None:
        """Note that a write of a resource was held."""
        since = self._since.setdefault(key, self._time())
        if not self._said and self._time() - since >= PATIENCE_SECS:
            self._said = True
            log.warning("corrections wait, that of %s among them: %s", key, why)

    def drop(self, key: Key) -> None:
        """Note that a resource waits no more: it is gone, or its write goes out."""
        if self._since and self._since.pop(key, None) is not None and not self._since:
            self._said = False

    def look(self) -> None:
        """Let everybody whom nothing holds any more be looked at."""
        for key in [key for key in self._since if not self._why_not(key)]:
            self.drop(key)
            self._wake(key)
