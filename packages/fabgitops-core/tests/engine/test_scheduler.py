"""The scheduler: who is called, when, and never twice at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.engine.scheduler import Scheduler


class Calls:
    """Remembers calls; while `hold` is not set they do not end."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.times: list[float] = []
        self.under_way = 0
        self.most_under_way = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.called = asyncio.Condition()
        self.fails: Exception | None = None

    async def __call__(self, key: str) -> None:
        """Note a call."""
        self.keys.append(key)
        self.times.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        async with self.called:
            self.called.notify_all()
        try:
            await self.hold.wait()
            if self.fails:
                raise self.fails
        finally:
            self.under_way -= 1

    async def until(self, count: int) -> None:
        """Wait until there were so many calls."""
        async with self.called:
            await self.called.wait_for(lambda: len(self.keys) >= count)


@pytest.fixture
async def calls() -> Calls:
    """Return a fresh memory of calls."""
    return Calls()


@pytest.fixture
async def scheduler(calls: Calls) -> AsyncIterator[Scheduler[str]]:
    """Return a scheduler whose chance is always 0."""
    scheduler = Scheduler(calls, chance=lambda: 0.0)
    yield scheduler
    scheduler.stop()


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_calls_a_key_when_its_time_has_come(scheduler: Scheduler[str], calls: Calls) -> None:
    """A key is called after the delay that was asked for, not before."""
    began = asyncio.get_running_loop().time()
    scheduler.wake("a", 0.05)
    await calls.until(1)
    assert calls.times[0] - began >= 0.05


async def test_a_call_under_way_is_not_doubled(scheduler: Scheduler[str], calls: Calls) -> None:
    """However often a key is woken while its call is under way, there is one at a time, and one more after it."""
    calls.hold.clear()
    scheduler.wake("a", 0.0)
    await calls.until(1)
    for _ in range(3):
        scheduler.wake("a", 0.0)
    await settle()
    assert calls.keys == ["a"]
    calls.hold.set()
    await calls.until(2)
    await settle()
    assert calls.keys == ["a", "a"]
    assert calls.most_under_way == 1


async def test_a_slow_key_delays_no_other(scheduler: Scheduler[str], calls: Calls) -> None:
    """While one key's call hangs, others are called."""
    calls.hold.clear()
    scheduler.wake("slow", 0.0)
    await calls.until(1)
    scheduler.wake("other", 0.0)
    await calls.until(2)
    assert calls.keys == ["slow", "other"]


async def test_now_overtakes_what_was_planned(scheduler: Scheduler[str], calls: Calls) -> None:
    """A key that was to be called much later is called now when somebody asks."""
    scheduler.wake("a", 3600.0)
    scheduler.wake("a", 0.0)
    await calls.until(1)


async def test_none_puts_it_to_sleep(scheduler: Scheduler[str], calls: Calls) -> None:
    """A key that is put to sleep is not called, whatever was asked for before."""
    scheduler.wake("a", 0.0)
    scheduler.wake("a", None)
    scheduler.wake("b", 0.0)
    await calls.until(1)
    await settle()
    assert calls.keys == ["b"]


async def test_sleep_during_a_call_outweighs_earlier_wishes(scheduler: Scheduler[str], calls: Calls) -> None:
    """A key that is put to sleep during its call is not called again for a wish that came before."""
    calls.hold.clear()
    scheduler.wake("a", 0.0)
    await calls.until(1)
    scheduler.wake("a", 0.0)
    scheduler.wake("a", None)
    calls.hold.set()
    scheduler.wake("b", 0.05)
    await calls.until(2)
    assert calls.keys == ["a", "b"]


async def test_a_wish_that_was_put_aside_does_not_come_back_before_a_later_one(
    scheduler: Scheduler[str], calls: Calls
) -> None:
    """After sleep was asked for during a call, a later wish counts alone, however late it is."""
    calls.hold.clear()
    scheduler.wake("a", 0)
    await calls.until(1)
    for after in (0, None, 60):
        scheduler.wake("a", after)
    calls.hold.set()
    scheduler.wake("b", 0.05)
    await calls.until(2)
    assert calls.keys == ["a", "b"]


async def test_the_earliest_wish_during_a_call_counts(scheduler: Scheduler[str], calls: Calls) -> None:
    """A wish for now that comes during a call is not lost to the usual interval that its end asks for."""
    calls.hold.clear()
    scheduler.wake("a", 0.0)
    await calls.until(1)
    scheduler.wake("a", 0.0)
    scheduler.wake("a", 3600.0, steady=True)
    calls.hold.set()
    await calls.until(2)


async def test_missed_beats_are_skipped(scheduler: Scheduler[str], calls: Calls) -> None:
    """A call that took several intervals is followed by one at the next beat, not by those that were missed."""
    calls.hold.clear()
    scheduler.wake("a", 0.0)
    await calls.until(1)
    begun = calls.times[0]
    while asyncio.get_running_loop().time() < begun + 0.35:
        await asyncio.sleep(0.01)
    scheduler.wake("a", 0.1, steady=True)
    calls.hold.set()
    await calls.until(2)
    assert (calls.times[1] - begun) / 0.1 > 3.5  # the fourth beat; the first call may have come late to its own
    assert len(calls.keys) == 2


async def test_forgotten_keys_are_not_called(scheduler: Scheduler[str], calls: Calls) -> None:
    """A key that is forgotten is not called again, even if its call under way asks for it."""
    calls.hold.clear()
    scheduler.wake("a", 0.0)
    await calls.until(1)
    scheduler.forget("a")
    calls.hold.set()
    scheduler.wake("b", 0.01)
    await calls.until(2)
    assert calls.keys == ["a", "b"]


async def test_many_starts_are_spread(calls: Calls) -> None:
    """Keys that begin together do not begin at once: their delays lie within the spread."""
    chances = iter([0.0, 0.5, 1.0] * 400)
    scheduler = Scheduler(calls, chance=lambda: next(chances))
    for number in range(1000):
        scheduler.wake(str(number), 0.0, spread=0.2)
    await calls.until(1)
    assert len(calls.keys) < 1000
    await calls.until(1000)
    scheduler.stop()


async def test_a_fault_of_ours_is_logged_and_tried_again_later(
    scheduler: Scheduler[str], calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    """A call that raises is logged with its key and does not end the scheduler."""
    calls.fails = ValueError("a bug")
    scheduler.wake("a", 0.0)
    await calls.until(1)
    await settle()
    assert "a: a pass failed by a fault of our own" in caplog.text
    scheduler.wake("b", 0.0)
    await calls.until(2)


async def test_what_is_put_off_again_and_again_does_not_pile_up() -> None:
    """A key that is woken hundreds of times for a far time waits once, and not at all when it is put to sleep."""
    scheduler: Scheduler[str] = Scheduler(_nothing)
    for number in range(500):
        scheduler.wake("a", 86_400.0 + number)
    scheduler.wake("b", 86_400.0)
    assert len(scheduler._wheel) == len(scheduler._wheel._timers) == 2
    scheduler.wake("a", None)
    scheduler.forget("b")
    assert len(scheduler._wheel) == len(scheduler._wheel._timers) == 0


async def _nothing(_key: str) -> None:
    """Do nothing."""
