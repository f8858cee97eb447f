"""The timer wheel: what is due together is handed over together, never early."""

import asyncio

from fabgitops_core.engine.wheel import TICK_SECS, Wheel


async def handed(items: dict[str, float]) -> list[tuple[str, float]]:
    """Add each item for so many seconds from now; return them in the order of coming, with the seconds it took."""
    loop = asyncio.get_running_loop()
    came: list[tuple[str, float]] = []
    all_came = asyncio.Event()
    began = loop.time()

    def turn(item: str, _tick: int) -> None:
        came.append((item, loop.time() - began))
        if len(came) == len(items):
            all_came.set()

    wheel: Wheel[str] = Wheel(turn)
    for item, after in items.items():
        wheel.add(item, began + after)
    await asyncio.wait_for(all_came.wait(), 10)
    return came


async def test_items_come_in_order_and_not_early() -> None:
    """Each item is handed over after its time and after what was due a tick before it, in whatever order they came."""
    came = await handed({"last": 5 * TICK_SECS, "first": 0.0, "middle": 2.5 * TICK_SECS})
    assert [item for item, _ in came] == ["first", "middle", "last"]
    slack = 0.001  # the loop's clock and its timers differ by so much
    assert all(took >= due - slack for (_, took), due in zip(came, (0.0, 2.5 * TICK_SECS, 5 * TICK_SECS), strict=True))


async def test_a_time_that_has_passed_is_now() -> None:
    """An item whose time is already over is handed over at once."""
    assert [item for item, _ in await handed({"late": -3600.0})] == ["late"]
