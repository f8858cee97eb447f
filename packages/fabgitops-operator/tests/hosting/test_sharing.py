"""A status that others write as well: what they ask there is heard, however it falls together with writes of ours."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Commands, Notice, NoticeReason, Publish, Wake
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Declared, Due, Event
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_operator.hosting import announce, report
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.errors import Conflict, Gone, Rejected, Unavailable
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import Reporter
from fabgitops_operator.hosting.sharing import sharing_of
from fabgitops_operator.hosting.standin import StandIn

from .conftest import FakeKube, until

KEY = Key("Desk", "plant", "front")
TURNS = 50


class DeskStatus(ApiModel):
    """What people ask, what was heard of it, and how often the clerk has looked up."""

    asked: tuple[int, ...] = ()
    heard: tuple[int, ...] = ()
    turns: int = 0


DESK = Kind("Desk", "desks", "desk", (), "A desk.", ApiModel, DeskStatus, (), shared_status=True)


class Knows(NamedTuple):
    """What a clerk knows."""

    said: DeskStatus = DeskStatus()


class Clerk:
    """Hears what people ask in the status, takes it away there, and writes also without being asked."""

    kind = DESK

    def __init__(self, turns: int) -> None:
        self.turns = turns

    def start(self, _key: Key) -> Knows:
        """Return that nothing is known."""
        return Knows()

    def step(self, state: Knows, event: Event) -> tuple[Knows, Commands]:
        """Hear what is asked, or look up."""
        said = state.said
        if isinstance(event, Declared):
            found = event.status or DeskStatus()
            new = tuple(each for each in found.asked if each not in said.heard)
            said = said.model_copy(update={"heard": (*said.heard, *new)})
            return Knows(said), (*((Publish(said),) if new else ()), Wake(0.0))
        if isinstance(event, Due) and said.turns < self.turns:
            said = said.model_copy(update={"turns": said.turns + 1})
            return Knows(said), (Publish(said), Wake(0.0))
        return state, ()


class Turn(NoticeReason):
    """What a crier tells."""

    TAKEN = "TurnTaken"


class Crier(Clerk):
    """Tells people of each time that it looks up."""

    def step(self, state: Knows, event: Event) -> tuple[Knows, Commands]:
        """Tell of what is published."""
        state, commands = super().step(state, event)
        if isinstance(event, Due) and commands:
            commands = (commands[0], Notice(Turn.TAKEN, f"turn {state.said.turns}"), *commands[1:])
        return state, commands


class Server:
    """An API server with one desk: it counts changes, and its watch is late."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.version = 10
        self.status: dict[str, Any] = {}
        self.labels: dict[str, str] = {}
        self.conflicts = 0
        self.errors: list[Exception] = []
        self.away = 0
        self.gone = False
        self.drops: frozenset[str] = frozenset()
        self.answers: asyncio.Event | None = None
        self.told: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    def body(self) -> Mapping[str, Any]:
        """Return the desk."""
        metadata = {"namespace": KEY.namespace, "name": KEY.name, "uid": "u1", "labels": dict(self.labels)}
        return {
            "metadata": {**metadata, "generation": 1, "resourceVersion": str(self.version)},
            "spec": {},
            "status": dict(self.status),
        }

    def change(self, **status: Any) -> Mapping[str, Any]:
        """Let somebody change the status."""
        self.status |= status
        self.version += 1
        self.told.put_nowait(self.body())
        return self.body()

    async def turns(self) -> None:
        """Let others go on for a while."""
        for _ in range(self.dice.randrange(6)):
            await asyncio.sleep(0)

    async def replace_status(self, _key: Key, _uid: str, status: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Store a status onto a version."""
        await self.turns()
        if self.errors:
            raise self.errors.pop(0)
        if version != self.version:
            self.conflicts += 1
            raise Conflict("somebody else has changed it", "conflict")
        self.status = {}
        stored = self.change(**{name: value for name, value in status.items() if name not in self.drops})
        await self.turns()
        if self.answers is not None:
            await self.answers.wait()
        return stored

    async def read(self, _key: Key) -> Mapping[str, Any]:
        """Return the desk, some time after it was so."""
        if self.gone:
            raise Gone("it is gone", "gone")
        if self.away:
            self.away -= 1
            raise Unavailable("away", "unreachable")
        found = self.body()
        await self.turns()
        return found

    async def watch(self, inventory: Inventory, controller: Controller[Any]) -> None:
        """Tell of changes, late."""
        while True:
            body = await self.told.get()
            await self.turns()
            inventory.present(controller, body)


class Office:
    """An operator that looks after the desk."""

    def __init__(self, server: Server, clerk: Clerk, kube: FakeKube, metrics: Metrics) -> None:
        self.server, self.clerk = server, clerk
        host = StandIn()
        self.engine = Engine(FakeDevices(), host, metrics)
        self.inventory = Inventory(self.engine, host.forget, host.echoed)
        announcer = Announcer(kube, metrics)
        announcer.uid = self.inventory.uid
        self.reporter = host.reporter = Reporter(kube, announcer, metrics, self.inventory)
        self.reporter.sharing = sharing_of(server, self.inventory, [clerk, PlcController()])

    def open(self) -> None:
        """Begin."""
        self.inventory.present(self.clerk, self.server.body())

    @property
    def rests(self) -> bool:
        """Return whether all is said and told."""
        return not self.reporter.pending(KEY) and self.server.told.empty()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """Return an API server, whose delays are the same in each run of a test."""
    return Server(random.Random(getattr(request, "param", 1)))  # noqa: S311


@pytest.fixture
async def office(
    server: Server, kube: FakeKube, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """Return an operator that is not slower each time that somebody is quicker; it writes when it is asked."""
    monkeypatch.setattr(report, "MAX_OVERTAKEN_SECS", 0.0)
    office = Office(server, Clerk(0), kube, metrics)
    watch = asyncio.create_task(server.watch(office.inventory, office.clerk))
    yield office
    watch.cancel()
    await office.engine.stop(0)
    await office.reporter.close(0)


@pytest.mark.parametrize("server", range(1, 4), indirect=True)
async def test_all_is_heard_after_a_hundred_conflicts(server: Server, office: Office) -> None:
    """A hundred words that people write into a status all the time that we write it are heard, each once, in order."""
    office.clerk.turns = TURNS
    office.open()
    word = 0
    while server.conflicts < 100 or word < 100:
        server.change(asked=[*server.status.get("asked", ()), word])
        word += 1
        await server.turns()
        await server.turns()
    await until(lambda: server.status.get("heard") == list(range(word)) and server.status.get("turns") == TURNS)
    await until(lambda: office.rests)
    assert server.status == {"asked": [], "heard": list(range(word)), "turns": TURNS}


async def test_writes_of_ours_follow_each_other(server: Server, office: Office) -> None:
    """Where nobody else writes there is no conflict, though the watch does not tell of our own writes."""
    office.clerk.turns = 5
    await asyncio.sleep(0)
    server.told = asyncio.Queue()
    office.open()
    await until(lambda: server.status.get("turns") == 5 and not office.reporter.pending(KEY))
    assert server.conflicts == 0


async def test_nothing_goes_on_where_a_part_of_the_status_is_dropped(
    server: Server, office: Office, kube: FakeKube, caplog: pytest.LogCaptureFixture
) -> None:
    """A definition of somebody else's without a field of ours is told, and what was to be recorded counts as not."""
    office.clerk.turns = 1
    server.drops = frozenset({"turns"})
    office.open()
    await until(lambda: "the API server drops turns of it" in caplog.text)
    await until(lambda: office.rests)
    assert "turns" not in server.status
    await until(lambda: [each["reason"] for each in kube.created] == ["StatusFieldsDropped"])


async def test_what_is_nobodys_business_does_not_stop_a_status(server: Server, office: Office) -> None:
    """A change of a label, of which nothing is decided, is a conflict like any other, and the status is stored."""
    office.clerk.turns = 1
    office.open()
    server.labels, server.version = {"line": "1"}, server.version + 1
    await until(lambda: server.status.get("turns") == 1 and office.rests)
    assert server.conflicts == 1


async def test_who_writes_without_end_keeps_nothing_from_being_stored(
    server: Server, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else's writes come between a look and what follows from it for longer than both take."""
    monkeypatch.setattr(report, "OVERTAKEN_SECS", 0.02)
    monkeypatch.setattr(report, "MAX_OVERTAKEN_SECS", 0.02)
    office.clerk.turns = 2

    async def write() -> None:
        while True:
            server.version += 1
            await asyncio.sleep(0.002)

    writer = asyncio.create_task(write())
    office.open()
    await until(lambda: server.status.get("turns") == 2)
    writer.cancel()


async def test_what_is_asked_while_an_answer_is_on_its_way_is_heard(server: Server, office: Office) -> None:
    """A word that comes after our write is stored, and is told of before we know that, is no echo of it."""
    office.clerk.turns, server.answers = 1, asyncio.Event()
    office.open()
    await until(lambda: server.status.get("turns") == 1)
    server.change(asked=[1])
    await until(server.told.empty)
    for _ in range(20):
        await asyncio.sleep(0)
    server.answers.set()
    await until(lambda: server.status.get("heard") == [1] and office.rests)


async def test_a_record_that_was_overtaken_is_not_called_stored(server: Server, office: Office) -> None:
    """Whoever waits for a record before acting is told that it is not stored, when somebody else was first."""
    office.open()
    await until(lambda: office.rests)
    server.version += 1
    office.reporter.publish(KEY, DeskStatus(turns=1))
    assert await office.reporter.stored(KEY, 30) is Stored.AWAY


async def test_it_is_read_until_it_can_be(server: Server, office: Office) -> None:
    """While the API server is away nothing is given up: the object is read again, and what is asked is heard."""
    office.open()
    await until(lambda: office.rests)
    server.away, server.status, server.version = 3, {"asked": [1]}, server.version + 1
    office.reporter.publish(KEY, DeskStatus(turns=1))
    await until(lambda: server.status.get("heard") == [1])
    assert server.away == 0


async def test_one_that_is_gone_is_forgotten(server: Server, office: Office) -> None:
    """An object that is found gone when it is read again is not looked after any more."""
    office.open()
    await until(lambda: office.rests)
    server.gone, server.version = True, server.version + 1
    office.reporter.publish(KEY, DeskStatus(turns=1))
    await until(lambda: office.inventory.uid(KEY) is None and not office.reporter.pending(KEY))


@pytest.mark.parametrize("server", range(1, 4), indirect=True)
async def test_people_are_told_of_what_is_stored(
    server: Server, office: Office, kube: FakeKube, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often others are quicker, each Event follows the status that it tells of, once and in order."""
    told: list[tuple[int, int]] = []

    async def create(body: Mapping[str, Any]) -> None:
        told.append((int(body["note"].removeprefix("turn ")), server.status.get("turns", 0)))

    monkeypatch.setattr(kube, "create_event", create)
    monkeypatch.setattr(announce, "MAX_ALIKE", TURNS)
    office.clerk = Crier(TURNS)
    office.reporter.sharing = sharing_of(server, office.inventory, [office.clerk])
    office.open()
    for _ in range(TURNS):
        server.version += 1
        for _ in range(10):
            await server.turns()
    await until(lambda: len(told) >= TURNS)
    assert server.conflicts
    assert [turn for turn, _ in told] == list(range(1, TURNS + 1))
    assert [(turn, stored) for turn, stored in told if stored < turn] == []


async def test_people_are_told_of_what_is_refused_for_good(server: Server, office: Office, kube: FakeKube) -> None:
    """A status that the API server never takes keeps nobody from being told; one of an object that is gone does."""
    office.open()
    await until(lambda: office.rests)
    for turn, error in ((1, Rejected("not valid", "refused")), (2, Gone("it is gone", "gone"))):
        server.errors = [error]
        office.reporter.publish(KEY, DeskStatus(turns=turn))
        office.reporter.notice(KEY, Notice(Turn.TAKEN, f"turn {turn}"))
        await until(lambda: not office.reporter.pending(KEY))
        await until(lambda: [each["note"] for each in kube.created] == ["turn 1"])


async def test_nobody_is_told_of_another_object_of_the_name(server: Server, office: Office, kube: FakeKube) -> None:
    """An Event that waits while its object is made anew is about one that is gone, and is dropped."""
    office.open()
    await until(lambda: office.rests)
    server.errors = [Unavailable("away", "unreachable")]
    office.reporter.publish(KEY, DeskStatus(turns=1))
    office.reporter.notice(KEY, Notice(Turn.TAKEN, "turn 1"))
    await until(lambda: not server.errors)
    body = server.body()
    office.inventory.present(office.clerk, {**body, "metadata": {**body["metadata"], "uid": "u2"}})
    await until(lambda: not office.reporter.pending(KEY))
    assert server.status["turns"] == 1
    assert kube.created == []


def test_a_place_that_counts_no_changes_is_refused(kube: FakeKube, metrics: Metrics) -> None:
    """A kind whose status is shared is not looked after where that could not be kept: the fault shows at the start."""
    inventory = Inventory.__new__(Inventory)
    with pytest.raises(TypeError, match="FakeKube keeps no statuses that are shared, as those of Desk are"):
        sharing_of(kube, inventory, [Clerk(0)])
    assert sharing_of(kube, inventory, [PlcController()]) is None
