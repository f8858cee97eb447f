"""Statuses on their way to the API server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.api.industrialplc import IndustrialPLCStatus
from fabgitops_core.api.meta import Key
from fabgitops_operator.announce import Announcer
from fabgitops_operator.kube import Forbidden, Gone, Rejected, Unavailable
from fabgitops_operator.metrics import Metrics
from fabgitops_operator.report import Reporter

from .conftest import KEY, FakeKube, until, writes

AWAY = Unavailable("the API server cannot be reached", "unreachable")


@pytest.fixture
def gone() -> list[Key]:
    """Return the objects that turned out to be gone."""
    return []


@pytest.fixture
async def reporter(kube: FakeKube, metrics: Metrics, gone: list[Key]) -> AsyncIterator[Reporter]:
    """Return a reporter."""
    reporter = Reporter(kube, Announcer(kube, metrics), metrics, gone.append)
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
    assert await reporter.stored(KEY, 30)
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


async def test_a_gone_object_is_forgotten(reporter: Reporter, kube: FakeKube, gone: list[Key]) -> None:
    """A 404 says that the object is gone: it is not tried again, and the inventory is told."""
    kube.errors = [Gone("not found", "gone")]
    reporter.publish(KEY, status(1))
    assert not await reporter.stored(KEY, 30)
    assert (gone, kube.attempts) == ([KEY], 1)


async def test_a_rejected_status_is_told_and_not_tried_again(
    reporter: Reporter, kube: FakeKube, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    """A status that the API server rejects is an error in the log and in the metrics, and is not called stored."""
    kube.errors = [Rejected("status.phase: unsupported value", "rejected")]
    reporter.publish(KEY, status(1))
    assert not await reporter.stored(KEY, 30)
    assert (kube.attempts, writes(metrics, "status", "rejected")) == (1, 1)
    assert "plant/mixer: status not stored: status.phase: unsupported value" in caplog.messages
    reporter.publish(KEY, status(2))
    assert await reporter.stored(KEY, 30)


@pytest.mark.parametrize("error", [AWAY, Forbidden("you may not", "forbidden")])
async def test_what_may_pass_is_tried_again_with_the_latest(
    reporter: Reporter, kube: FakeKube, metrics: Metrics, error: Unavailable, caplog: pytest.LogCaptureFixture
) -> None:
    """While the API server is away or refuses us a status is tried again, as it stands by then, and told of once."""
    kube.errors = [error, error]
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    await until(lambda: kube.waiting)
    reporter.publish(KEY, status(2))
    kube.hold.set()
    assert await reporter.stored(KEY, 30)
    assert (sent(kube), writes(metrics, "status", error.reason)) == ([2], 2)
    assert len([line for line in caplog.messages if "trying again until it is stored" in line]) == 1


async def test_stored_waits_only_so_long(reporter: Reporter, kube: FakeKube) -> None:
    """Waiting for a status to be stored ends at its limit and says that it is not."""
    kube.hold = asyncio.Event()
    reporter.publish(KEY, status(1))
    assert not await reporter.stored(KEY, 0.01)
    kube.hold.set()
    assert await reporter.stored(KEY, 30)


async def test_nothing_published_is_stored(reporter: Reporter) -> None:
    """Nobody waits for an object of which nothing is on its way."""
    assert await reporter.stored(KEY, 30)


async def test_close_sends_what_is_left(reporter: Reporter, kube: FakeKube) -> None:
    """At the end what was published is still sent."""
    reporter.publish(KEY, status(1))
    await reporter.close(30)
    assert sent(kube) == [1]


async def test_close_tells_what_was_lost(reporter: Reporter, kube: FakeKube, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be sent before the end is told in the log."""
    kube.always = AWAY
    reporter.publish(KEY, status(1))
    await until(lambda: kube.attempts)
    await reporter.close(0)
    assert "1 status(es) could not be stored before the end" in caplog.messages
