"""The outbox: order, patience, and who waits for whom."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_operator.bus.address import address_of
from fabgitops_operator.bus.carrying import Taken
from fabgitops_operator.bus.envelope import Message
from fabgitops_operator.bus.errors import Away, Later, Refused
from fabgitops_operator.bus.line import AT_ONCE
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.queues import LIMIT

from .conftest import ENVELOPE, Fake, happening

KEY = Key("Rack", "plant", "rack-1")


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to be true."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0)


async def emptied(outbox: Outbox) -> None:
    """Wait until nothing waits."""
    await until(lambda: outbox.standing().waiting == 0)


def few_times(count: int, answer: Exception, of: str = "") -> Callable[[Message], Taken]:
    """Answer so many times with a failure, to an event or to all, and take everything then."""
    left = [count]

    def judge(message: Message) -> Taken:
        if left[0] and of in ("", message.id):
            left[0] -= 1
            raise answer
        return Taken.NOW

    return judge


async def test_a_partition_is_told_in_order_and_several_at_once(outbox: Outbox, fake: Fake) -> None:
    """What is of one rack arrives in order, one under way at a time, while racks do not wait for each other."""
    fake.open.clear()
    racks = [f"plant/rack-{number}" for number in range(AT_ONCE + 4)]
    for number in range(5):
        for rack in racks:
            outbox.publish(KEY, happening(number, rack), lambda: None)
    await until(lambda: fake.most == AT_ONCE)
    fake.open.set()
    await emptied(outbox)
    assert fake.most == AT_ONCE
    for rack in racks:
        assert [each for each in fake.took if each.startswith(f"{rack}/")] == [f"{rack}/{n}" for n in range(5)]


@pytest.mark.parametrize("failure", [Away("out"), Later("not now"), RuntimeError("a fault of a library")])
async def test_what_is_not_taken_is_sent_again_in_its_place(outbox: Outbox, fake: Fake, failure: Exception) -> None:
    """Whatever keeps an event from being taken, it is sent again before what is behind it, and told as taken once."""
    fake.judge = few_times(4, failure, "plant/rack-1/1")
    taken: list[int] = []
    for number in range(3):
        outbox.publish(KEY, happening(number), partial(taken.append, number))
    await emptied(outbox)
    assert fake.took == [f"plant/rack-1/{number}" for number in range(3)]
    assert taken == [0, 1, 2]
    assert (outbox.standing().results["failed"], outbox.standing().results["taken"]) == (4, 3)


async def test_while_the_bus_is_away_one_is_tried_at_a_time(outbox: Outbox, fake: Fake) -> None:
    """Many racks do not all knock at the door of a bus that is away, and all get through when it is back."""
    fake.judge = few_times(40, Away("out"))
    outbox.publish(KEY, happening(0, "plant/first"), lambda: None)
    await until(lambda: bool(outbox.standing().trouble))
    fake.most = 0
    for number in range(AT_ONCE * 2):
        outbox.publish(KEY, happening(0, f"plant/rack-{number}"), lambda: None)
    await until(lambda: fake.asked >= 40)
    assert fake.most == 1
    await emptied(outbox)
    assert len(fake.took) == 1 + AT_ONCE * 2


async def test_one_that_is_not_taken_holds_up_its_rack_alone(outbox: Outbox, fake: Fake) -> None:
    """An event that the bus does not take now keeps what is behind it waiting, and nobody else."""
    fake.judge = few_times(1_000_000, Later("500 boom"), "plant/bad/0")
    for rack in ("plant/bad", "plant/good"):
        for number in range(3):
            outbox.publish(KEY, happening(number, rack), lambda: None)
    await until(lambda: len(fake.took) == 3)
    assert fake.took == [f"plant/good/{number}" for number in range(3)]
    assert "plant/bad: 500 boom; 3 event(s) wait" in outbox.standing().remark()


async def test_a_refused_event_is_given_up_and_those_behind_it_pass(
    outbox: Outbox, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that a bus refuses for good, or that is no CloudEvent, is counted, told in the log, and done with."""
    fake.judge = few_times(1, Refused("400 what is that?"), "plant/rack-1/1")
    taken: list[int] = []
    for number in range(4):
        data = {"number": object()} if number == 2 else {}
        outbox.publish(KEY, happening(number, data=data), partial(taken.append, number))
    await emptied(outbox)
    assert fake.took == ["plant/rack-1/0", "plant/rack-1/3"]
    assert taken == [0, 1, 2, 3]  # nobody asked to be told otherwise
    assert outbox.standing().results["refused"] == 2
    assert "refuses io.fabrica.blade.created plant/rack-1/1: 400 what is that?" in caplog.text
    assert "object is not fit for JSON" in caplog.text


async def test_whoever_asks_is_told_why_one_is_given_up(outbox: Outbox, fake: Fake) -> None:
    """Who wants to know is told of each event that it was taken, or why it never will be, once."""
    fake.judge = few_times(1, Refused("413 too large"), "plant/rack-1/0")
    told: list[str] = []
    for number in range(2):
        outbox.publish(KEY, happening(number), partial(told.append, f"{number} taken"), told.append)
    await emptied(outbox)
    assert told == ["413 too large", "1 taken"]


async def test_an_event_told_again_while_it_waits_is_the_same(outbox: Outbox, fake: Fake) -> None:
    """Who publishes an id that waits already, as after a fault of its own, has it sent once, and is told."""
    fake.open.clear()
    taken: list[str] = []
    for who in ("before", "after"):
        for number in range(2):
            outbox.publish(KEY, happening(number), partial(taken.append, f"{who} {number}"))
    fake.open.set()
    await emptied(outbox)
    assert fake.took == ["plant/rack-1/0", "plant/rack-1/1"]
    assert taken == ["after 0", "after 1"]


async def test_what_whoever_is_told_raises_stops_nothing(
    outbox: Outbox, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of who is told that an event was taken is logged, and the next event goes out."""

    def forget() -> None:
        raise KeyError("no such")

    outbox.publish(KEY, happening(0), forget)
    outbox.publish(KEY, happening(1), lambda: None)
    await emptied(outbox)
    assert len(fake.took) == 2
    assert "KeyError" in caplog.text


async def test_there_is_room_for_so_many(outbox: Outbox, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    """A rack that has more waiting than any controller may have outstanding is not told more, which is said."""
    fake.open.clear()
    taken: list[int] = []
    for number in range(LIMIT + 1):
        outbox.publish(KEY, happening(number), partial(taken.append, number))
    standing = outbox.standing()
    assert (standing.waiting, standing.results["overflow"]) == (LIMIT, 1)
    assert f"plant/rack-1/{LIMIT} is not told" in caplog.text
    fake.open.set()
    await emptied(outbox)
    assert taken == list(range(LIMIT))


async def test_a_bus_that_is_wrong_is_told_before_there_is_anything_to_tell(fake: Fake) -> None:
    """A bus that cannot be reached shows in the health from the start on, until it is there."""
    there: list[bool] = []

    def reaching() -> None:
        if not there:
            raise Away("no route to it")

    fake.reaching = reaching
    outbox = Outbox(address_of("nats://bus"), fake, ENVELOPE)
    await until(lambda: "nats://bus is away: no route to it" in outbox.standing().remark())
    there.append(True)
    await until(lambda: outbox.standing().remark() == "")
    await outbox.close(0)


async def test_a_pause_that_the_bus_asks_for_is_kept(outbox: Outbox, fake: Fake) -> None:
    """A bus that says when to come again is not asked before."""
    fake.judge = few_times(1, Away("busy", pause=3600))
    outbox.publish(KEY, happening(0), lambda: None)
    await until(lambda: bool(outbox.standing().trouble))
    for _ in range(200):
        await asyncio.sleep(0)
    assert fake.asked == 1


async def test_a_stop_flushes_and_tells_what_is_left(
    outbox: Outbox, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    """A stop has the rest taken where the bus is there, and says how much is left where it is not."""
    for number in range(30):
        outbox.publish(KEY, happening(number), lambda: None)
    await outbox.close(5)
    assert len(fake.took) == 30
    away = Outbox(address_of("nats://bus"), fake, ENVELOPE)
    fake.open.clear()
    away.publish(KEY, happening(99), lambda: None)
    await away.close(0.01)
    assert "has not taken 1 event(s): they are told after the next start" in caplog.text
    away.publish(KEY, happening(100), lambda: None)
    assert away.standing().waiting == 1
