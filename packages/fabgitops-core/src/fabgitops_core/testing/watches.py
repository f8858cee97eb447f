"""Watches of the fake API server: they tell the engine of objects with a label, or of all, late if a test wants."""

from collections import deque

from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Viewed, Watched
from fabgitops_core.engine.families import Families
from fabgitops_core.testing.apiserver import Body, FakeApiServer


class FakeWatch:
    """What of an API server is told to an engine of one kind of object: `list` first, then each change.

    One that is `lagging` keeps what it would tell until `deliver`; one that is `cut` loses it until it lists again.

    Args:
        api: The API server.
        families: The engine's, which are told.
        watched: Which objects.
        lagging: Whether it keeps changes for itself.
    """

    def __init__(
        self, api: FakeApiServer, families: Families, watched: Watched | Viewed, *, lagging: bool = False
    ) -> None:
        self._api = api
        self._families = families
        self._watched = watched
        self._waiting: deque[tuple[Key, Body | None, Body | None]] = deque()
        self.lagging = lagging
        self.is_cut = True
        api.watchers.append(self)

    def __len__(self) -> int:
        """Return how many changes wait."""
        return len(self._waiting)

    def list(self) -> None:
        """List everything, and hear of what changes from then on."""
        self._waiting.clear()
        self.is_cut = False
        with self._families.listing(self._watched, None) as listing:
            for key in self._api.keys(self._watched.kind.name):
                if self._carries(body := self._api[key]):
                    listing.show(body)
            listing.complete(self._api.version)

    def cut(self) -> None:
        """Lose what waits, and hear of nothing more."""
        self._waiting.clear()
        self.is_cut = True

    def deliver(self, count: int | None = None) -> None:
        """Tell of what waits: of so many changes, or of all."""
        for _ in range(len(self._waiting) if count is None else min(count, len(self._waiting))):
            self._tell(*self._waiting.popleft())

    def changed(self, key: Key, before: Body | None, after: Body | None) -> None:
        """Take a change of the API server's."""
        if self.is_cut or key.kind != self._watched.kind.name:
            return
        self._waiting.append((key, before, after))
        if not self.lagging:
            self.deliver()

    def _tell(self, key: Key, before: Body | None, after: Body | None) -> None:
        if after is not None and self._carries(after):
            self._families.seen(self._watched, after)
        elif before is not None and self._carries(before):
            self._families.lost(key, before["metadata"]["uid"], self._watched)

    def _carries(self, body: Body) -> bool:
        label = self._watched.label
        return not label or label in body["metadata"].get("labels", {})
