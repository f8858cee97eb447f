"""The Lease as the operator keeps it: from an API server in memory, by a clock that a test moves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.lease.election import Terms
from fabgitops_operator.cluster.lease.keeper import Lease, LeaseLostError, LeaseRefusedError
from fabgitops_operator.hosting.errors import ApiError, Conflict, Forbidden, Gone, Unavailable

AWAY = Unavailable("the API server cannot be reached", "unreachable")
NO_RIGHT = Forbidden("leases is forbidden", "forbidden")


class FakeLeases:
    """Leases in memory; `error` is raised instead of an answer, `lose` after the write was done."""

    def __init__(self) -> None:
        self.body: dict[str, Any] | None = None
        self.version = 0
        self.error: ApiError | None = None
        self.lose = False
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.unanswered = asyncio.Event()

    async def lease(self, namespace: str, name: str) -> Mapping[str, Any]:
        """Return it."""
        del namespace, name
        self._answer()
        if self.body is None:
            raise Gone("not found", "gone")
        return self.body

    async def create_lease(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make it."""
        self._answer()
        if self.body is not None:
            raise Conflict("already exists", "unavailable")
        return await self._late(self.put(body["spec"]))

    async def replace_lease(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace it."""
        self._answer()
        if self.body is None:
            raise Gone("not found", "gone")
        if body["metadata"]["resourceVersion"] != self.body["metadata"]["resourceVersion"]:
            raise Conflict("conflict", "unavailable")
        stored = self.put(body["spec"])
        if self.lose:
            self.lose = False
            raise AWAY
        return await self._late(stored)

    async def _late(self, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.answers.is_set():
            self.unanswered.set()
            await self.answers.wait()
        return stored

    def _answer(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error

    def put(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Store a spec, whoever asks."""
        self.version += 1
        self.body = {"metadata": {"resourceVersion": str(self.version)}, "spec": dict(spec)}
        return self.body

    @property
    def holder(self) -> str:
        """Return who holds it."""
        return str(self.body["spec"]["holderIdentity"]) if self.body else ""


class Clock:
    """Seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


@pytest.fixture
def leases() -> FakeLeases:
    """Return an API server."""
    return FakeLeases()


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
async def lease(leases: FakeLeases, clock: Clock) -> AsyncIterator[Lease]:
    """Return the Lease of an operator that tries again at once."""
    lease = Lease(leases, "plant", "fab", Terms("me", retry=0.001), clock)
    yield lease
    leases.error = None
    await lease.release()


async def asked(leases: FakeLeases, times: int = 3) -> None:
    """Wait until the API server was asked a few times more."""
    target = leases.asked + times
    async with asyncio.timeout(30):
        while leases.asked < target:
            await asyncio.sleep(0.001)


async def test_it_is_made_held_and_released(lease: Lease, leases: FakeLeases) -> None:
    """A start makes the Lease and may write; an end leaves it to nobody, and may not."""
    assert lease.why_not() == "waiting for the Lease plant/fab"
    await lease.acquire()
    assert (leases.holder, lease.why_not(), lease.may_have_passed()) == ("me", "", False)
    await lease.release()
    assert leases.holder == ""
    assert not lease.held


@pytest.mark.parametrize("under_way", ["taking", "renewing"])
async def test_an_end_releases_what_was_just_being_stored(lease: Lease, leases: FakeLeases, under_way: str) -> None:
    """Told to end between a request and its answer, it waits for that, and nobody has to wait for its Lease."""
    if under_way == "renewing":
        await lease.acquire()
    leases.answers.clear()
    taking = asyncio.create_task(lease.acquire()) if under_way == "taking" else None
    await leases.unanswered.wait()
    if taking is not None:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    ending = asyncio.create_task(lease.release())
    await asyncio.sleep(0)
    leases.answers.set()
    await ending
    assert (leases.holder, lease.held) == ("", False)


async def test_another_holder_is_named(lease: Lease, leases: FakeLeases, caplog: pytest.LogCaptureFixture) -> None:
    """Who waits says for whom, in log and probe, once, and goes on when the Lease is released."""
    caplog.set_level(logging.INFO)
    leases.put({"holderIdentity": "them", "leaseDurationSeconds": 60})
    waiting = asyncio.create_task(lease.acquire())
    await asked(leases, 10)
    assert lease.waits() == "waiting: them holds the Lease plant/fab"
    assert len([message for message in caplog.messages if "them holds" in message]) == 1
    assert lease.why_not() == lease.waits()
    leases.put({"holderIdentity": "", "leaseDurationSeconds": 60, "leaseTransitions": 4})
    await waiting
    assert lease.held
    assert leases.body
    assert leases.body["spec"]["leaseTransitions"] == 5


async def test_nothing_is_written_once_it_cannot_be_renewed(
    lease: Lease, leases: FakeLeases, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """While the API server is away writes go on until the deadline, are held then, and go on once it is renewed."""
    caplog.set_level(logging.INFO)
    await lease.acquire()
    leases.error = AWAY
    await asked(leases)
    clock.now += 39
    assert lease.held
    clock.now += 1
    assert "was not renewed for 40 s, and another operator may take it: the API server cannot" in lease.why_not()
    assert not lease.may_have_passed()
    clock.now += 20
    assert lease.may_have_passed()
    await asked(leases)
    assert len([message for message in caplog.messages if "nothing is written from now on" in message]) == 1
    leases.error = None
    await asked(leases)
    assert lease.why_not() == ""
    assert any("renewed again" in message for message in caplog.messages)


NO_LOGIN = Unavailable("the plugin has failed", "unreachable")
NO_LOGIN.__cause__ = NoCredentialsError("the plugin has failed")


@pytest.mark.parametrize(
    ("error", "may"),
    [(AWAY, True), (Unavailable("too many requests", "unavailable"), False), (NO_RIGHT, False), (NO_LOGIN, False)],
    ids=["nobody answers", "throttled", "refused", "not asked"],
)
async def test_only_an_outage_for_everybody_is_outlasted(
    leases: FakeLeases, clock: Clock, error: ApiError, may: bool
) -> None:
    """With `outlast` writes go on while nobody answers, not while an API server answers others, or was not asked."""
    lease = Lease(leases, "plant", "fab", Terms("me", retry=0.001, outlast=True), clock)
    await lease.acquire()
    leases.error = error
    for _ in range(10):
        await asked(leases)
        clock.now += 10
    assert lease.held is may
    leases.error = None
    await lease.release()


async def test_a_renewal_whose_answer_is_lost_is_found(lease: Lease, leases: FakeLeases) -> None:
    """A renewal that was stored and not answered makes nobody end."""
    await lease.acquire()
    leases.lose = True
    await asked(leases, 8)
    assert (lease.held, leases.holder) == (True, "me")


async def test_a_deleted_lease_is_made_again(lease: Lease, leases: FakeLeases) -> None:
    """A holder whose Lease somebody deletes makes it anew and goes on."""
    await lease.acquire()
    leases.body = None
    await asked(leases, 5)
    assert (lease.held, leases.holder) == (True, "me")


async def test_it_is_lost_to_another(lease: Lease, leases: FakeLeases) -> None:
    """Who finds another's name in the Lease that it held ends, and leaves the other's Lease alone."""
    await lease.acquire()
    leases.put({"holderIdentity": "them", "leaseDurationSeconds": 60, "leaseTransitions": 1})
    with pytest.raises(LeaseLostError, match="them has taken it"):
        await lease.lost()
    assert not lease.held
    await lease.release()
    assert leases.holder == "them"


async def test_a_start_without_rights_is_refused(lease: Lease, leases: FakeLeases) -> None:
    """A start that may not have a Lease ends, and says what to do."""
    leases.error = NO_RIGHT
    with pytest.raises(LeaseRefusedError, match=r"leases is forbidden; run .*manifests.* --no-lease"):
        await lease.acquire()


async def test_a_start_without_an_api_server_gives_up_after_a_minute(
    lease: Lease, leases: FakeLeases, clock: Clock
) -> None:
    """A start waits a minute for an API server that says nothing; one that waits for another operator goes on."""
    leases.error = AWAY
    starting = asyncio.create_task(lease.acquire())
    await asked(leases)
    assert not starting.done()
    clock.now += 61
    with pytest.raises(Unavailable):
        await starting


async def test_who_waits_outlasts_an_outage(lease: Lease, leases: FakeLeases, clock: Clock) -> None:
    """Who has seen the Lease once waits through outages and refusals, and takes it when its time is over."""
    leases.put({"holderIdentity": "them", "leaseDurationSeconds": 90})
    waiting = asyncio.create_task(lease.acquire())
    await asked(leases)
    for error in (AWAY, NO_RIGHT):
        leases.error = error
        await asked(leases)
        clock.now += 40
    assert not waiting.done()
    leases.error = None
    await asked(leases)
    assert not waiting.done()
    clock.now += 11
    await waiting
    assert lease.held


async def test_an_end_without_an_api_server_says_who_waits(
    lease: Lease, leases: FakeLeases, caplog: pytest.LogCaptureFixture
) -> None:
    """A Lease that cannot be released is told, with how long the next operator waits."""
    await lease.acquire()
    leases.error = AWAY
    await lease.release()
    assert any("not released" in message and "60 s" in message for message in caplog.messages)
