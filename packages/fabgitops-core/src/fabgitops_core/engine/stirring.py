"""Who is looked at, of whose objects something is news."""

from collections.abc import Mapping

from fabgitops_core.api.meta import Key
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.scheduler import Scheduler

TOGETHER_SECS = 1.0
"""Those who waited for the same, as for the end of a hold, are looked at within so many seconds."""


class Stirring:
    """Wakes them.

    Args:
        entries: All resources.
        scheduler: Wakes one.
    """

    def __init__(self, entries: Mapping[Key, Entry], scheduler: Scheduler[Key]) -> None:
        self._entries = entries
        self._scheduler = scheduler

    def changed(self, key: Key) -> None:
        """Let a resource be looked at, of whose objects something is news: once for all until its next pass begins."""
        entry = self._entries.get(key)
        if entry is not None and not entry.news:
            entry.news = True
            self._scheduler.wake(key, 0.0)

    def complete(self, kind: str, namespace: str | None) -> None:
        """Let resources of a kind be looked at, of whose objects something was listed for the first time."""
        for key in self._entries:
            if key.kind == kind and namespace in {None, key.namespace}:
                self._scheduler.wake(key, 0.0, spread=TOGETHER_SECS)
