"""Turns: who asks slowly holds up its own group alone."""

import asyncio

import pytest
from fabgitops_core.engine.ports import MetricError
from fabgitops_core.engine.turns import Turns


async def test_a_group_that_is_full_holds_up_nobody_else() -> None:
    """Of each group so many have their turn; the next of it waits for one of them, and others do not."""
    turns, order = Turns(2), list[str]()

    async def third() -> None:
        async with turns.turn("slow"):
            order.append("third")

    async with turns.turn("slow"):
        async with turns.turn("slow"):
            waiting = asyncio.create_task(third())
            async with turns.turn("other"):
                order.append("other")
            await asyncio.sleep(0)
            assert order == ["other"]
        await waiting
    assert order == ["other", "third"]


async def test_a_turn_that_does_not_come_is_given_up() -> None:
    """Who waits too long is told, and takes no turn from those who wait on."""
    turns = Turns(1, patience=0.01)
    async with turns.turn("slow"):
        with pytest.raises(MetricError, match=r"it was not asked within 0\.01 s"):
            async with turns.turn("slow"):
                pass
    async with turns.turn("slow"):
        pass
