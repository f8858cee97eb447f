"""The injections of a node: each begun once, held while it is renewed in time, and never begun again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from fabgitops_operator.agent import holding
from fabgitops_operator.agent.asked import Inject, Renew
from fabgitops_operator.agent.injections import CannotHoldError, Holding, Injections
from fabgitops_operator.agent.targets import NoSuchPodError

from .test_rooms import UID, inject

OTHER = "0b5a2f6e-5a4e-4d6c-9c1d-1f3f5a7b9c0e"
UIDS = (UID, OTHER, f"{OTHER[:-1]}f")
HARDER = {"networkDelay": {"delayMillis": 200}}


class Held:
    """An injection that is held by nobody but this test."""

    def __init__(self, over: Callable[[str], None]) -> None:
        self.over, self.lengthened, self.alive = over, 0.0, True

    def state(self) -> Mapping[str, Any]:
        """Tell something."""
        return {"held": 3}

    def hold(self, secs: float) -> None:
        """Count."""
        self.lengthened += secs

    async def end(self) -> None:
        """End, as a process does: its end is heard of."""
        self.alive = False
        self.over("removed")


class Node:
    """An agent's injections, by a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.begun: dict[str, Held] = {}
        self.asked: list[Inject] = []
        self.ended: list[tuple[str, ...]] = []
        self.problem: Exception | None = None
        self.all = Injections(self, lambda: self.now, "abc", 2, 300, lambda *told: self.ended.append(told))

    async def begin(self, injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        """Begin one, unless there is a problem."""
        assert asked.uid in UIDS
        assert injection not in self.begun, "no injection is begun twice"
        if self.problem:
            raise self.problem
        self.begun[injection] = Held(over)
        self.asked.append(asked)
        return self.begun[injection]


@pytest.fixture(name="node")
def _node() -> Node:
    return Node()


async def test_begun_once_and_ended_for_good(node: Node) -> None:
    """A request that is sent again changes nothing; one that comes after the end begins nothing."""
    for moment in (9.0, 10.0):
        answer = await node.all.put("e.t", inject(notAfter=moment))
        assert (answer.status, answer.body) == (200, {"held": 3})
    assert (await node.all.put("e.t", inject(fault=HARDER))).status == 409
    assert (await node.all.delete("e.t")).status == 200
    assert not node.begun["e.t"].alive
    assert node.ended == [("networkDelay", "removed")]
    answer = await node.all.put("e.t", inject())
    told = "injection e.t has ended, and does not begin again"
    assert (answer.status, answer.body) == (410, {"error": told})
    assert (await node.all.delete("e.t")).status == 404


async def test_an_end_that_overtakes_its_beginning(node: Node) -> None:
    """What is ended before it was begun never begins: the request was held up on its way."""
    assert (await node.all.delete("e.t")).status == 404
    assert (await node.all.put("e.t", inject())).status == 410
    assert not node.begun


async def test_late_requests_count_nothing(node: Node) -> None:
    """A request after its last moment, or for another start, by the agent's clock, neither begins nor lengthens."""
    node.now = 10.5
    answer = await node.all.put("e.t", inject(notAfter=10.0))
    told = "this came too late, is for too late, or for another start of this agent"
    assert (answer.status, answer.body) == (412, {"error": told})
    assert (await node.all.put("e.t", inject(notAfter=20.0, instance="before"))).status == 412
    assert (await node.all.put("e.t", inject(notAfter=20.0))).status == 200
    assert node.all.renew("e.t", Renew(instance="abc", not_after=10.0)).status == 412
    assert node.all.renew("e.t", Renew(instance="abc", not_after=11.0)).status == 200
    assert node.begun["e.t"].lengthened == 15


async def test_a_renewal_begins_nothing(node: Node) -> None:
    """What has run out stays out: a renewal of it is told that it has ended, or never was."""
    await node.all.put("e.t", inject())
    node.begun["e.t"].over("lease")
    assert node.all.renew("e.t", Renew(instance="abc", not_after=1.0)).status == 410
    assert node.all.renew("e.x", Renew(instance="abc", not_after=1.0)).status == 404
    assert node.ended == [("networkDelay", "lease")]
    assert (await node.all.put("e.t", inject())).status == 410


async def test_what_cannot_be_held_never_is(node: Node) -> None:
    """A pod that is not here and a holder that fails are told apart, and the same injection is not tried again."""
    node.problem = NoSuchPodError("no process of it")
    answer = await node.all.put("a", inject())
    assert (answer.status, answer.body) == (404, {"error": "no process of it"})
    node.problem = CannotHoldError("no queues")
    assert (await node.all.put("b", inject())).status == 422
    node.problem = None
    assert (await node.all.put("b", inject())).status == 410
    assert len(node.all) == 0


async def test_no_more_than_is_allowed(node: Node) -> None:
    """One injection a pod, so many an agent, and none for longer than the agent's own cap."""
    assert (await node.all.put("a", inject())).status == 200
    assert (await node.all.put("b", inject())).status == 409
    assert (await node.all.put("b", inject(uid=OTHER, capSecs=301))).status == 422
    assert (await node.all.put("b", inject(uid=OTHER))).status == 200
    assert (await node.all.put("c", inject(uid=f"{OTHER[:-1]}f"))).status == 429
    assert [each["id"] for each in node.all.listed()] == ["a", "b"]


async def test_stopping_ends_all(node: Node) -> None:
    """The kill switch ends everything, and what was on its way then begins nothing."""
    await node.all.put("a", inject())
    await node.all.put("b", inject(uid=OTHER))
    assert (await node.all.stop()).body == {"ended": 2}
    assert not any(held.alive for held in node.begun.values())
    assert node.ended == [("networkDelay", "stopped")] * 2
    assert (await node.all.put("c", inject(notAfter=10.0))).status == 423
    node.now = 1.0
    assert (await node.all.put("c", inject(notAfter=11.0))).status == 200


@pytest.mark.parametrize("end_all", [Injections.stop, Injections.close])
async def test_none_waits_for_one_that_does_not_hear(
    node: Node, monkeypatch: pytest.MonkeyPatch, end_all: Callable[[Injections], Awaitable[object]]
) -> None:
    """The kill switch, and the end of the agent, tell all holders at once: one that hangs keeps no other active."""
    await node.all.put("a", inject())
    await node.all.put("b", inject(uid=OTHER))
    told: list[Held] = []
    both = asyncio.Event()

    async def end(held: Held) -> None:
        told.append(held)
        if len(told) > 1:
            both.set()
        await both.wait()
        held.over("removed")

    monkeypatch.setattr(Held, "end", end)
    async with asyncio.timeout(20):
        await end_all(node.all)
    assert (len(told), len(node.all)) == (2, 0)


async def test_ended_while_it_begins(node: Node) -> None:
    """An injection that is over before it was told to have begun is answered as ended."""
    begin = node.begin

    async def over_at_once(injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        held = await begin(injection, asked, over)
        over("target")
        return held

    node.all.holders.begin = over_at_once  # type: ignore[method-assign]
    assert (await node.all.put("a", inject())).status == 410
    assert len(node.all) == 0


async def test_a_pod_is_taken_until_its_holder_is_gone(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing begins in a pod whose injection is being ended and not gone yet: two would be active in it."""
    await node.all.put("a", inject())
    going, gone = asyncio.Event(), asyncio.Event()

    async def end(held: Held) -> None:
        going.set()
        await gone.wait()
        held.over("removed")

    monkeypatch.setattr(Held, "end", end)
    ending = asyncio.create_task(node.all.delete("a"))
    await going.wait()
    assert (await node.all.put("b", inject())).status == 409
    assert (await node.all.put("c", inject(uid=OTHER))).status == 200
    assert (await node.all.put("d", inject(uid=UIDS[2]))).status == 429
    gone.set()
    assert ((await ending).status, node.ended) == (200, [("networkDelay", "removed")])
    assert (await node.all.put("b", inject())).status == 200


async def test_a_pod_is_taken_though_the_lease_is_over(node: Node) -> None:
    """A lease that is over by the agent's clock frees no pod whose holder has not ended yet."""
    await node.all.put("a", inject())
    node.now = 15.0
    assert (await node.all.put("b", inject(notAfter=20.0))).status == 409
    assert node.all.renew("a", Renew(instance="abc", not_after=20.0)).status == 410
    assert node.begun["a"].lengthened == 0
    node.begun["a"].over("lease")
    assert (await node.all.put("b", inject(notAfter=20.0))).status == 200


async def test_whoever_ends_it_too_waits_until_it_is_gone(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stopped and deleted at once is told to have ended when it is gone, to both, and counts once."""
    await node.all.put("a", inject())
    going, gone = asyncio.Event(), asyncio.Event()

    async def end(held: Held) -> None:
        going.set()
        await gone.wait()
        held.over("removed")

    monkeypatch.setattr(Held, "end", end)
    stopping = asyncio.create_task(node.all.stop())
    await going.wait()
    asyncio.get_running_loop().call_soon(gone.set)
    assert (await node.all.delete("a")).status == 200
    assert (await stopping).body == {"ended": 1}
    assert node.ended == [("networkDelay", "stopped")]


async def test_stopped_while_it_begins(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stopped while its holder begins is ended as soon as that is there, and its pod is taken until then."""
    begin, begins, go_on = node.begin, asyncio.Event(), asyncio.Event()

    async def slow(injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        begins.set()
        if injection == "a":
            await go_on.wait()
        return await begin(injection, asked, over)

    monkeypatch.setattr(node, "begin", slow)
    beginning = asyncio.create_task(node.all.put("a", inject()))
    await begins.wait()
    await node.all.stop()
    node.now = 1.0
    assert (await node.all.put("b", inject(notAfter=11.0))).status == 409
    go_on.set()
    assert (await beginning).status == 410
    assert not node.begun["a"].alive
    assert (await node.all.put("b", inject(notAfter=11.0))).status == 200


async def test_a_node_that_starts_no_process(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started the injection is refused with the reason, and its pod may have another."""
    del node
    monkeypatch.setattr(holding, "_of", lambda *_: ("net", {}))
    monkeypatch.setattr(holding, "command", lambda *_: ["/nowhere/python"])
    real = Injections(holding.Holders(), lambda: 0.0, "abc", 2, 300)
    answer = await real.put("a", inject())
    assert (answer.status, "No such file" in answer.body["error"]) == (422, True)
    assert len(real) == 0
    assert (await real.put("b", inject())).status == 422
