"""The bus in this process."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_operator.bus.envelope import Message
from fabgitops_operator.bus.errors import BusError
from fabgitops_operator.bus.memory import KEPT, Memory, matches, parts_of

from .conftest import ENVELOPE, happening

KEY = Key("Rack", "plant", "rack-1")


async def next_ids(events: AsyncIterator[Message], count: int) -> list[str]:
    """Return the ids of the next few."""
    async with asyncio.timeout(20):
        return [(await anext(events)).id for _ in range(count)]


async def test_who_subscribes_is_told_what_is_kept_and_what_comes() -> None:
    """A subscriber hears the past that is kept and then the present, in order, of the types that it asks for."""
    memory = Memory(ENVELOPE)
    taken = asyncio.Event()
    memory.publish(KEY, happening(1), taken.set)
    memory.publish(KEY, happening(2, type="io.fabrica.rack.provisioned"), taken.set)
    assert not taken.is_set()  # told later: whoever publishes is in the middle of something
    await taken.wait()
    events = memory.subscribe("io.fabrica.blade.*")
    assert await next_ids(events, 1) == ["plant/rack-1/1"]
    coming = asyncio.create_task(next_ids(events, 2))
    await asyncio.sleep(0)
    memory.publish(KEY, happening(3), lambda: None)
    memory.publish(KEY, happening(4), lambda: None)
    assert await coming == ["plant/rack-1/3", "plant/rack-1/4"]
    assert memory.standing().results == {"taken": 4}


async def test_who_is_far_behind_misses_the_oldest() -> None:
    """The last thousand are kept, for a slow subscriber as well."""
    memory = Memory(ENVELOPE)
    memory.publish(KEY, happening(0), lambda: None)
    events = memory.subscribe("**")
    assert await next_ids(events, 1) == ["plant/rack-1/0"]
    for number in range(1, KEPT + 11):
        memory.publish(KEY, happening(number), lambda: None)
    expected = [f"plant/rack-1/{number}" for number in range(11, KEPT + 11)]
    assert await next_ids(events, KEPT) == expected
    assert await next_ids(memory.subscribe("**"), KEPT) == expected


async def test_what_is_no_cloudevent_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Data that is not fit for JSON is told in the log, and done with."""
    memory, taken = Memory(ENVELOPE), asyncio.Event()
    memory.publish(KEY, happening(1, data={"number": float("nan")}), taken.set)
    await taken.wait()
    assert memory.standing().results == {"refused": 1}
    assert "is no CloudEvent" in caplog.text
    told: list[str] = []
    memory.publish(KEY, happening(2, data={"number": float("nan")}), taken.clear, told.append)
    await asyncio.sleep(0)
    assert taken.is_set()
    assert [each.partition(":")[0] for each in told] == ["it is no CloudEvent"]


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("io.fabrica.rack.created", True),
        ("io.fabrica.rack.*", True),
        ("io.fabrica.*.created", True),
        ("io.**", True),
        ("**", True),
        ("io.fabrica.*", False),
        ("io.fabrica.rack.created.**", False),
        ("io.fabrica.rack.create", False),
        ("*", False),
    ],
)
def test_a_star_is_one_part_and_two_are_the_rest(pattern: str, matched: bool) -> None:
    """`*` stands for one part, `**` for one or more at the end."""
    assert matches(parts_of(pattern), "io.fabrica.rack.created") is matched


@pytest.mark.parametrize("pattern", ["", "io..rack", "io.**.created", ".io"])
async def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """A pattern with an empty part, or with the rest in the middle, is refused with what one looks like."""
    with pytest.raises(BusError, match="is no pattern: parts with dots between"):
        await anext(Memory(ENVELOPE).subscribe(pattern))
