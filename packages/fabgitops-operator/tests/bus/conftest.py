"""A carrier that does as it is told, and what may happen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.control.happenings import Happening
from fabgitops_operator.bus import pace
from fabgitops_operator.bus.address import address_of
from fabgitops_operator.bus.carrying import Taken
from fabgitops_operator.bus.envelope import Envelope, Message
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import PREFIX, Mode

ENVELOPE = Envelope("fabgitops", PREFIX, Mode.STRUCTURED)


def happening(number: int, rack: str = "plant/rack-1", **changed: Any) -> Happening:
    """What has happened."""
    told: dict[str, Any] = {
        "id": f"{rack}/{number}",
        "type": "io.fabrica.blade.created",
        "source": f"/resources/Blade/{number}",
        "subject": rack,
        "at": datetime(2026, 11, 29, 12, tzinfo=UTC),
        "partition": rack,
        "data": {"number": number},
    }
    return Happening(**told | changed)


class Fake:
    """A bus whose answers are decided by a test, and what it took, in order."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.asked = 0
        self.under_way: list[str] = []
        self.most = 0
        self.overtaken = False
        """Whether two of one partition were ever under way at once."""
        self.open = asyncio.Event()
        self.open.set()
        self.judge: Callable[[Message], Any] = lambda _: Taken.NOW
        self.reaching: Callable[[], Any] = lambda: None

    async def reach(self) -> None:
        """Be there, or not."""
        self.reaching()

    async def deliver(self, message: Message) -> Taken:
        """Answer as the test decides."""
        self.asked += 1
        self.under_way.append(message.partition)
        self.most = max(self.most, len(self.under_way))
        self.overtaken |= len(set(self.under_way)) < len(self.under_way)
        try:
            await asyncio.sleep(0)
            await self.open.wait()
            taken: Taken = self.judge(message)
        finally:
            self.under_way.remove(message.partition)
        self.took.append(message.id)
        return taken

    async def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def fake() -> Fake:
    """A bus that takes everything."""
    return Fake()


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(pace, "FIRST_SECS", 0.001)
    monkeypatch.setattr(pace, "LONGEST_SECS", 0.004)


@pytest.fixture
async def outbox(fake: Fake) -> AsyncIterator[Outbox]:
    """An outbox to it."""
    outbox = Outbox(address_of("nats://bus"), fake, ENVELOPE)
    yield outbox
    await outbox.close(0)
    assert not fake.overtaken
