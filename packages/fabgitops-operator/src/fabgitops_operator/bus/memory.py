"""A bus in this process: it takes what it is told at once, and keeps the last of it for whoever subscribes."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from functools import partial

from fabgitops_core.api.meta import Key
from fabgitops_core.control.happenings import Happening

from fabgitops_operator.bus.address import BusKind
from fabgitops_operator.bus.envelope import Envelope, Message
from fabgitops_operator.bus.errors import BusError
from fabgitops_operator.bus.standing import Result, Standing

KEPT = 1000
"""Events that are kept: a subscriber that is further behind misses the oldest."""

log = logging.getLogger(__name__)


class Memory:
    """A bus that needs no other program (`engine.ports.Bus`)."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self._count = 0
        self._news = asyncio.Event()
        self._results: Counter[str] = Counter()

    def publish(
        self, key: Key, happening: Happening, taken: Callable[[], None], refused: Callable[[str], None] | None = None
    ) -> None:
        """Take a happening, and say so soon."""
        done = taken
        try:
            self._keep(self._envelope.seal(happening))
        except (TypeError, ValueError) as error:
            log.error("%s: %s %s is no CloudEvent: %s", key, happening.type, happening.id, error)
            self._results[Result.REFUSED] += 1
            if refused is not None:
                done = partial(refused, f"it is no CloudEvent: {error}")
        asyncio.get_running_loop().call_soon(done)

    def _keep(self, message: Message) -> None:
        self._kept.append(message)
        self._count += 1
        self._results[Result.TAKEN] += 1
        self._news.set()
        self._news = asyncio.Event()

    def standing(self) -> Standing:
        """Return how it stands: nothing ever waits."""
        return Standing(BusKind.MEMORY, results=self._results)

    async def close(self, limit: float) -> None:
        """Keep what there is: nothing is to be waited for."""

    async def subscribe(self, pattern: str) -> AsyncIterator[Message]:
        """Yield what is kept and then what comes, of the types that a pattern matches, in order.

        Args:
            pattern: A type, in which `*` stands for one part and `**`, at the end, for the rest.

        Raises:
            BusError: The pattern is none.
        """
        parts = parts_of(pattern)
        seen = self._count - len(self._kept)
        while True:
            news = self._news
            missed = self._count - len(self._kept)
            for message in list(self._kept)[max(0, seen - missed) :]:
                seen = max(seen, missed) + 1
                if matches(parts, message.type):
                    yield message
            if seen == self._count:
                await news.wait()


def parts_of(pattern: str) -> tuple[str, ...]:
    """Return the parts of a pattern.

    Raises:
        BusError: One is empty, or `**` is not the last.
    """
    parts = tuple(pattern.split("."))
    if "" in parts or "**" in parts[:-1]:
        raise BusError(
            f'"{pattern}" is no pattern: parts with dots between, * for one of them, ** at the end for the rest'
        )
    return parts


def matches(parts: tuple[str, ...], event_type: str) -> bool:
    """Return whether a type is one that a pattern of these parts matches."""
    names = event_type.split(".")
    if parts[-1] == "**":
        parts = parts[:-1]
        names, rest = names[: len(parts)], names[len(parts) :]
        if not rest:
            return False
    return len(names) == len(parts) and all(part in ("*", name) for part, name in zip(parts, names, strict=True))
