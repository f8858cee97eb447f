"""How much of the machine's memory it takes to know who leads whom: 10,000 members are to be had for 3 MB."""

import gc
import tracemalloc

import pytest

from .crews import Crews

COUNT = 1000
MOST = 300
"""Bytes that a member may take beyond what a resource takes that nobody leads."""


async def taken(*, led: bool) -> int:
    """Return the bytes that are taken by members, and who leads them."""
    crews = Crews()
    for number in range(COUNT):
        crews.sailor(f"sailor-{number}", line=f"line-{number % 20}")
    if not led:
        crews.captain(crew={"deck": "b"})
    else:
        captain = crews.captain()
        await crews.until(lambda: len(crews.members(captain)) == COUNT)
    await crews.rest()
    crews.observer.events.clear()
    crews.host.published.clear()
    crews.sailors.asked.clear()
    gc.collect()
    current, _ = tracemalloc.get_traced_memory()
    await crews.engine.stop(1.0)
    return current


@pytest.mark.usefixtures("crews")
async def test_a_member_takes_little_memory() -> None:
    """What is known of a member beside its own state is a few numbers, and what is equal is there once."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        without = await taken(led=False) - before
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        assert (await taken(led=True) - before - without) / COUNT < MOST
    finally:
        tracemalloc.stop()
