"""Statuses on their way to the API server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, RegisterStatus
from fabgitops_core.engine.ports import Stored
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.errors import Forbidden, Gone, Rejected, TooLarge, Unavailable
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import Reporter

from .conftest import KEY, FakeKube, until, writes

AWAY = Unavailable("the API server cannot be reached", "unreachable")
START = datetime(2026, 1, 1, tzinfo=UTC)
BUG = RuntimeError("a bug")


class Objects:
    """Objects that are there, all with the same uid, and those that turned out to be gone."""

    def __init__(self) -> None:
        self.now: str | None = "u1"
        self.gone: list[tuple[Key, str]] = []

    def uid(self, _key: Key) -> str | None:
        """Return the uid."""
        return self.now

    def lost(self, key: Key, uid: str) -> None:
        """Remember who is gone."""
        self.gone.append((key, uid))


@pytest.fixture
def objects() -> Objects:
    """Return objects."""
    return Objects()


@pytest.fixture
async def reporter(kube: FakeKube, metrics: Metrics, objects: Objects) -> AsyncIterator[Reporter]:
    """Return a reporter."""
    reporter = Reporter(kube, Announcer(kube, metrics), metrics, objects)
    yield reporter
    kube.hold = None
    await reporter.close(0)


def status(drifts: int) -> IndustrialPLCStatus:
    """Return a status that is told from others by its count."""
    return IndustrialPLCStatus(drift_events=drifts)


def sent(kube: FakeKube) -> list[int]:
    """Return which statuses were stored."""
    return [body["driftEvents"] for _key, body in kube.statuses]


async def test_only_the_last_is_sent(reporter: Reporter, kube: FakeKube, metrics: Metrics) -> None:
    """Of several statuses published while one is under way only the last is sent, never two at once."""
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    await until(lambda: kube.waiting)
    for number in (2, 3, 4):
        reporter.publish(KEY, status(number))
    kube.hold.set()
    assert await reporter.stored(KEY, 30) is Stored.YES
    assert (sent(kube), kube.most) == ([1, 4], 1)
    assert writes(metrics, "status", "ok") == 2


async def test_objects_do_not_wait_for_each_other(reporter: Reporter, kube: FakeKube) -> None:
    """Patches of different objects are under way at the same time, and not more than 16."""
    kube.hold = asyncio.Event()
    for number in range(20):
        reporter.publish(Key("IndustrialPLC", "plant", f"plc-{number}"), status(number))
    await until(lambda: kube.waiting == 16)
    kube.hold.set()
    await until(lambda: len(kube.statuses) == 20)
    assert kube.most == 16


async def test_a_gone_object_is_forgotten(reporter: Reporter, kube: FakeKube, objects: Objects) -> None:
    """A 404 says that the object is gone: it is not tried again, and the inventory is told."""
    kube.errors = [Gone("not found", "gone")]
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    assert (objects.gone, kube.attempts) == ([(KEY, "u1")], 1)


async def test_a_rejected_status_is_told_and_not_tried_again(
    reporter: Reporter, kube: FakeKube, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    """A status that the API server rejects is an error in the log and in the metrics, and is not called stored."""
    kube.errors = [Rejected("status.phase: unsupported value", "rejected")]
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    assert (kube.attempts, writes(metrics, "status", "rejected")) == (1, 1)
    assert "plant/mixer: status not stored: status.phase: unsupported value" in caplog.messages
    reporter.publish(KEY, status(2))
    assert await reporter.stored(KEY, 30) is Stored.YES


@pytest.mark.parametrize("error", [AWAY, Forbidden("you may not", "forbidden"), BUG])
async def test_what_may_pass_is_tried_again_with_the_latest(
    reporter: Reporter, kube: FakeKube, metrics: Metrics, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """While the API server is away or refuses us, or we fail, the latest status is tried again, and told of once."""
    kube.errors = [error, error]
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    await until(lambda: kube.waiting)
    reporter.publish(KEY, status(2))
    kube.hold.set()
    await until(lambda: kube.statuses)
    assert await reporter.stored(KEY, 30) is Stored.YES
    assert (sent(kube), writes(metrics, "status", getattr(error, "reason", "failed"))) == ([2], 2)
    assert len([line for line in caplog.messages if "trying again until it is stored" in line]) == 1
    assert ("Traceback" in caplog.text) == (error is BUG)


@pytest.mark.parametrize("error", [Forbidden("you may not", "forbidden"), BUG])
async def test_a_refusal_is_told_at_once_to_who_waits(reporter: Reporter, kube: FakeKube, error: Exception) -> None:
    """Who waits for a record hears that it is refused without waiting for the attempts that follow."""
    kube.always = error
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    kube.always = None
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_an_api_server_that_comes_back_in_time_has_stored_it(reporter: Reporter, kube: FakeKube) -> None:
    """Who waits for a record while the API server is away for a moment hears that it was stored in the end."""
    kube.errors = [AWAY]
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_an_api_server_that_stays_away_is_told_as_such(reporter: Reporter, kube: FakeKube) -> None:
    """Who waits for a record longer than the limit hears that the API server is away."""
    kube.always = AWAY
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 0.01) is Stored.AWAY


@pytest.mark.parametrize("urge", ["publish", "stored", "close"])
async def test_a_pause_ends_when_somebody_urges(
    reporter: Reporter, kube: FakeKube, urge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new status, and who waits for one, is tried at once however long the pause after a failure still lasts."""
    monkeypatch.setattr("random.uniform", lambda _low, _high: 1e6)
    kube.errors = [AWAY]
    reporter.publish(KEY, status(1))
    await until(lambda: kube.attempts == 1 and not kube.waiting)
    await asyncio.sleep(0)
    if urge == "publish":
        reporter.publish(KEY, status(2))
        await until(lambda: kube.statuses)
    elif urge == "stored":
        assert await reporter.stored(KEY, 30) is Stored.YES
    else:
        await reporter.close(30)
    assert sent(kube) == [2 if urge == "publish" else 1]


async def test_a_rejected_record_stays_refused(reporter: Reporter, kube: FakeKube) -> None:
    """Who asks only after a status was rejected hears so too, until another is stored or the object is gone."""
    kube.errors = [Rejected("no", "rejected")] * 2
    reporter.publish(KEY, status(1))
    await until(lambda: kube.attempts == 1 and not kube.waiting)
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    reporter.forget("u1")
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_a_status_is_for_the_object_it_was_published_for(
    reporter: Reporter, kube: FakeKube, objects: Objects
) -> None:
    """A status names its object's uid; when that is gone, the one of another made under its name still goes out."""
    kube.errors = [Gone("another uid", "gone")]
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    await until(lambda: kube.waiting)
    objects.now = "u2"
    reporter.publish(KEY, status(2))
    kube.hold.set()
    assert await reporter.stored(KEY, 30) is Stored.YES
    assert (kube.uids, sent(kube), objects.gone) == (["u1", "u2"], [2], [(KEY, "u1")])


async def test_nothing_is_sent_for_an_object_that_is_not_there(
    reporter: Reporter, kube: FakeKube, objects: Objects
) -> None:
    """A status of an object that is gone goes nowhere, and counts as refused."""
    objects.now = None
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    assert kube.attempts == 0


async def test_stored_waits_only_so_long(reporter: Reporter, kube: FakeKube) -> None:
    """Waiting for a status to be stored ends at its limit and says that it is not."""
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 0.01) is Stored.AWAY
    kube.hold.set()
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_nothing_published_is_stored(reporter: Reporter) -> None:
    """Nobody waits for an object of which nothing is on its way."""
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_close_sends_what_is_left(reporter: Reporter, kube: FakeKube) -> None:
    """At the end what was published is still sent."""
    reporter.publish(KEY, status(1))
    await reporter.close(30)
    assert sent(kube) == [1]


async def test_nothing_is_sent_after_the_end(reporter: Reporter, kube: FakeKube) -> None:
    """What the watch still leads to once the statuses that were left are sent is not sent any more."""
    reporter.publish(KEY, status(1))
    await reporter.close(30)
    reporter.publish(KEY, status(2))
    assert await reporter.stored(KEY, 30) is Stored.YES
    assert sent(kube) == [1]


async def test_close_tells_what_was_lost(reporter: Reporter, kube: FakeKube, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be sent before the end is told in the log."""
    kube.always = AWAY
    reporter.publish(KEY, status(1))
    await until(lambda: kube.attempts)
    await reporter.close(0)
    assert "1 status(es) could not be stored before the end" in caplog.messages


def many() -> IndustrialPLCStatus:
    """Return a status of many registers, of which one was written and is not proven."""
    written = RegisterStatus(name="r0", place="holding 1", actual="x" * 100, unverified_write="09c4")
    others = (RegisterStatus(name=f"r{number}", actual="x" * 100) for number in range(1, 5))
    ready = Condition(
        type="Ready", status=ConditionStatus.TRUE, reason="InSync", observed_generation=1, last_transition_time=START
    )
    return IndustrialPLCStatus(registers=(written, *others), corrections_applied=3, conditions=(ready,))


async def test_a_status_that_is_too_large_is_told_in_short(reporter: Reporter, kube: FakeKube) -> None:
    """Where etcd does not take a status, one without values says so, keeps what must last, and is no record."""
    kube.errors = [TooLarge("patching: etcdserver: request is too large", "rejected"), None]
    reporter.publish(KEY, many())
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    assert await reporter.stored(KEY, 30) is Stored.REFUSED
    ((_key, body),) = kube.statuses
    assert body["registers"] == [{"name": "r0", "place": "holding 1", "unverifiedWrite": "09c4"}]
    assert "etcdserver: request is too large" in body["lastError"]
    assert body["correctionsApplied"] == 3
    assert [(each["type"], each["status"], each["reason"]) for each in body["conditions"]] == [
        ("Ready", "False", "StatusTooLarge")
    ]
    assert IndustrialPLCStatus.model_validate(body).last_error == body["message"]
    reporter.publish(KEY, status(2))
    assert await reporter.stored(KEY, 30) is Stored.YES


async def test_nothing_is_stored_while_another_may_know_more(
    kube: FakeKube, metrics: Metrics, objects: Objects
) -> None:
    """While another operator may hold the Lease its statuses stand: ours wait, are no record, and hold up no end."""
    outdated = True
    reporter = Reporter(kube, Announcer(kube, metrics), metrics, objects, lambda: outdated)
    reporter.publish(KEY, status(1))
    assert await reporter.stored(KEY, 0.3) is Stored.AWAY
    assert (kube.attempts, writes(metrics, "status", "ok")) == (0, None)
    outdated = False
    assert await reporter.stored(KEY, 30) is Stored.YES
    outdated = True
    reporter.publish(KEY, status(2))
    async with asyncio.timeout(30):
        await reporter.close(600)
    assert sent(kube) == [1]


async def test_a_pause_that_the_api_server_asks_for_is_kept(reporter: Reporter, kube: FakeKube) -> None:
    """Who waits for a record does not urge an API server that asked for a pause (Retry-After)."""
    kube.errors = [Unavailable("too many requests", "unavailable", pause=600)]
    reporter.publish(KEY, status(1))
    await until(lambda: kube.attempts)
    assert await reporter.stored(KEY, 0.2) is Stored.AWAY
    assert kube.attempts == 1
