"""A fake of the bus port: it takes what it is told at once, unless it is away."""

from collections import deque
from collections.abc import Callable

from fabgitops_core.api.meta import Key
from fabgitops_core.control.happenings import Happening


class FakeBus:
    """The `Bus` port: `taken` keeps what it has for good, in order; what comes while it is `away` waits.

    It never takes what is of a type that is a key of `refuses`, whose value says why.
    """

    def __init__(self) -> None:
        self.taken: list[Happening] = []
        self.away = False
        self.refuses: dict[str, str] = {}
        self._waiting: deque[tuple[Happening, Callable[[], None], Callable[[str], None] | None]] = deque()

    def __len__(self) -> int:
        """Return how many happenings wait."""
        return len(self._waiting)

    def publish(
        self, key: Key, happening: Happening, taken: Callable[[], None], refused: Callable[[str], None] | None = None
    ) -> None:
        """Take a happening, now or when it is back."""
        del key
        self._waiting.append((happening, taken, refused))
        if not self.away:
            self.come_back()

    def come_back(self, count: int | None = None) -> None:
        """Take what waits, or so many of it, and then be away again if there is more."""
        for _ in range(len(self._waiting) if count is None else min(count, len(self._waiting))):
            happening, taken, refused = self._waiting.popleft()
            why = self.refuses.get(happening.type)
            if why is None:
                self.taken.append(happening)
            if why is None or refused is None:
                taken()
            else:
                refused(why)
        self.away = bool(self._waiting)

    def lose(self) -> None:
        """Forget what waits, as when the process ends."""
        self._waiting.clear()

    def types(self, subject: str = "") -> list[str]:
        """Return the types of what was taken, of one subject or of all, each happening once however often it came."""
        first = {each.id: each for each in reversed(self.taken)}
        return [each.type for each in reversed(first.values()) if subject in {"", each.subject}]
