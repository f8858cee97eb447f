"""Events reach buses that we did not write: each, in order, whatever dies or hangs meanwhile."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.status import SetpointRolloutStatus
from fabgitops_core.control.cdevents.making import happening as of_rollout
from fabgitops_core.control.cdevents.telling import told
from fabgitops_core.control.cdevents.words import Word
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings, Mode

from . import telling
from .buses import Bus, KafkaServer, NatsServer, until
from .telling import BEGUN, EACH, KEY, RACKS, happening, publish_all

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("kfake", "brisk")]


@pytest.fixture(params=[NatsServer, KafkaServer], ids=["nats", "kafka"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    """A bus that is not started yet."""
    bus = request.param(tmp_path)
    yield bus
    bus.close()


@asynccontextmanager
async def publishing(url: str, **settings: object) -> AsyncIterator[Outbox]:
    """Have an outbox to a bus."""
    async with bus_of(BusSettings(bus=url, **settings)) as outbox:  # type: ignore[arg-type]
        assert isinstance(outbox, Outbox)
        yield outbox


def empty(outbox: Outbox) -> Callable[[], bool]:
    """Say whether nothing waits."""
    return lambda: outbox.standing().waiting == 0


def first_told(events: Sequence[BaseCloudEvent], rack: int) -> list[int]:
    """Return the numbers of a rack's events, in the order in which each was heard of first."""
    ours = [str(event.get_id()) for event in events if event.get_extension("partitionkey") == f"plant/rack-{rack}"]
    return [int(each.split("/")[1]) for each in dict.fromkeys(ours)]


def assert_all_told(events: Sequence[BaseCloudEvent], count: int = EACH) -> None:
    """Every event is there, and those of a rack in order."""
    for rack in range(RACKS):
        assert first_told(events, rack) == list(range(count))


def tell_and_be_killed(url: str, count: int) -> None:
    """Tell all from another process, which is killed when so many are taken."""
    with subprocess.Popen([sys.executable, telling.__file__, url], stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(count):
            assert process.stdout.readline()
        process.kill()


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_has_happened_is_a_cloudevent(bus: Bus, mode: Mode) -> None:
    """What arrives is read by the SDK of CloudEvents as what has happened, in both modes."""
    bus.start()
    async with publishing(bus.url, bus_mode=mode, bus_source="plant-7") as outbox:
        outbox.publish(KEY, happening(1, 7), lambda: None)
        await until(empty(outbox), "the event is taken")
    (event,) = await bus.heard()
    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": "uid-1/7",
        "source": "plant-7/resources/RackNode/uid-1-7",
        "type": "io.fabrica.racknode.created",
        "subject": "plant/Käfig 1 %",
        "time": BEGUN + timedelta(milliseconds=7),
        "partitionkey": "plant/rack-1",
        "resourcekind": "RackNode",
        "datacontenttype": "application/json",
    }
    assert event.get_data() == {"number": 7, "name": "Käfig", "more": ""}


@pytest.mark.parametrize("mode", list(Mode))
async def test_words_of_others_stay_as_they_are(bus: Bus, mode: Mode) -> None:
    """A CDEvent arrives with its own type, and with one source outside and inside, where ours begin by a prefix."""
    bus.start()
    rollout = Key("SetpointRollout", "hall-1", "speeds")
    status = told("uid-1", SetpointRolloutStatus(revision="9f86d081", round=1), Word.STARTED, BEGUN)
    async with publishing(bus.url, bus_mode=mode, bus_source="plant-7") as outbox:
        outbox.publish(rollout, of_rollout(rollout, "uid-1", status.outbox[0]), lambda: None)
        await until(empty(outbox), "the event is taken")
    (event,) = await bus.heard()
    data: Any = event.get_data()
    assert event.get_type() == data["context"]["type"] == "dev.cdevents.pipelinerun.started.0.3.0"
    assert event.get_source() == data["context"]["source"] == "plant-7/resources/SetpointRollout/uid-1"
    assert event.get_id() == data["context"]["id"] == status.outbox[0].id


async def test_what_waits_for_a_bus_that_is_away_arrives_in_order(bus: Bus) -> None:
    """A bus that is away at the start keeps nobody waiting, and gets everything when it comes."""
    taken: list[str] = []
    async with publishing(bus.url) as outbox:
        publish_all(outbox, taken.append)
        await until(lambda: "is away" in outbox.standing().remark(), "it is told that the bus is away")
        assert (outbox.standing().waiting, taken) == (RACKS * EACH, [])
        bus.start()
        await until(empty(outbox), "all is taken")
        assert outbox.standing().remark() == ""
    assert len(taken) == RACKS * EACH
    assert_all_told(await bus.heard())


async def test_a_bus_that_is_killed_gets_the_rest(bus: Bus) -> None:
    """What was under way when a bus was killed is sent again, with its id and in order."""
    bus.start()
    taken: list[str] = []
    async with publishing(bus.url) as outbox:
        for round_ in range(3):
            numbers = range(round_ * EACH, (round_ + 1) * EACH)
            publish_all(outbox, taken.append, numbers)
            await until(lambda so_far=numbers.start * RACKS: len(taken) > so_far + 7, "some are taken")  # type: ignore[misc]
            bus.kill()
            publish_all(outbox, taken.append, numbers)  # again what is taken in part: the same events
            bus.start()
        await until(empty(outbox), "all is taken")
    assert_all_told(await bus.heard(), 3 * EACH)


async def test_a_bus_that_hangs_gets_the_rest(bus: Bus) -> None:
    """A bus that accepts and does not answer is left after a while, and what was sent is sent again in order."""
    bus.start()
    taken: list[str] = []
    async with publishing(bus.url) as outbox:
        publish_all(outbox, taken.append, range(EACH // 2))
        await until(empty(outbox), "half is taken")
        before = outbox.standing().results["failed"]
        bus.freeze()
        publish_all(outbox, taken.append, range(EACH // 2, EACH))
        await until(lambda: outbox.standing().results["failed"] > before + 2, "it is given up a few times")
        assert len(taken) == RACKS * EACH // 2
        bus.thaw()
        await until(empty(outbox), "all is taken")
    assert_all_told(await bus.heard())


async def test_who_is_killed_and_tells_it_all_again_leaves_no_gap(bus: Bus) -> None:
    """An operator that is killed while it tells, and tells all anew after its start, leaves nothing out."""
    bus.start()
    tell_and_be_killed(bus.url, RACKS * EACH // 3)
    async with publishing(bus.url) as outbox:
        publish_all(outbox, print)
        await until(empty(outbox), "all is taken")
        known = outbox.standing().results["duplicate"]
    events = await bus.heard()
    assert_all_told(events)
    if isinstance(bus, NatsServer):  # which knows by the id what it has
        assert known >= RACKS * EACH // 3
        assert len(events) == RACKS * EACH


async def test_what_is_too_large_stops_nothing(bus: Bus) -> None:
    """An event that a bus never takes is given up and told in the log, and those behind it arrive."""
    bus.start()
    taken: list[str] = []
    async with publishing(bus.url) as outbox:
        for number, size in enumerate((0, 3_000_000, 0)):
            outbox.publish(KEY, happening(0, number, size), partial(taken.append, f"uid-0/{number}"))
        await until(empty(outbox), "nothing waits")
        assert outbox.standing().results["refused"] == 1
    assert taken == ["uid-0/0", "uid-0/1", "uid-0/2"]
    assert first_told(await bus.heard(), 0) == [0, 2]


async def test_a_stop_waits_for_what_is_under_way(bus: Bus) -> None:
    """Who is told to stop has time to tell the rest."""
    bus.start()
    taken: list[str] = []
    async with publishing(bus.url) as outbox:
        publish_all(outbox, taken.append)
    assert len(taken) == RACKS * EACH
    assert_all_told(await bus.heard())
