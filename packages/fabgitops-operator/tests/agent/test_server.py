"""The agent's API over HTTP, with injections that only this test holds."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from fabgitops_operator.agent.asked import Inject
from fabgitops_operator.agent.gate import Gate
from fabgitops_operator.agent.injections import Holding
from fabgitops_operator.agent.metrics import Metrics
from fabgitops_operator.agent.server import Place, Server
from fabgitops_operator.agent.showing import shown

from .test_gate import OPERATOR, Tokens
from .test_injections import Held, Node
from .test_rooms import CONTAINER, inject

HEADERS = {"Authorization": "Bearer good"}
BODY = inject().model_dump(mode="json", by_alias=True, exclude_none=True)
Client = TestClient[web.Request, web.Application]


@pytest.fixture(name="node")
def _node() -> Node:
    return Node()


class Door(Gate):
    """A gate that counts whom it has let in: whoever has no body to be read is in the line then."""

    passed = 0

    async def refused(self, authorization: str, *, begins: bool = True) -> tuple[int, str] | None:
        """Ask the gate, and count."""
        why = await super().refused(authorization, begins=begins)
        self.passed += not why
        return why


@pytest.fixture(name="door")
def _door(node: Node) -> Door:
    return Door(Tokens(), OPERATOR, lambda: node.now)


@pytest.fixture(name="client")
async def _client(node: Node, door: Door) -> AsyncIterator[Client]:
    place = Place("node-1", "abc", {"networkDelay": "nfqueue", "cpuStress": "none: no cpu controller"})
    server = Server(place, node.all, door, lambda: node.now)
    async with TestClient(TestServer(server.application()), headers=HEADERS) as client:
        yield client


async def test_an_injection_over_http(client: Client, node: Node) -> None:
    """Put, listed, renewed and deleted; each answer has the agent's own time, from which a last moment is reckoned."""
    node.now = 3.0
    answer = await client.put("/v1/injections/e.t", json=BODY)
    assert (answer.status, await answer.json()) == (200, {"instance": "abc", "now": 3.0, "held": 3})
    health = await (await client.get("/v1/health")).json()
    one = {"id": "e.t", "namespace": "line-1", "pod": "hmi-1", "uid": BODY["uid"], "held": 3}
    assert (health["node"], health["now"], health["injections"]) == ("node-1", 3.0, [one])
    assert (await client.post("/v1/injections/e.t/renew", json={"instance": "abc", "notAfter": 4.0})).status == 200
    assert node.begun["e.t"].lengthened == 15
    assert (await client.delete("/v1/injections/e.t")).status == 200
    assert (await client.put("/v1/injections/e.t", json=BODY)).status == 410
    assert (await (await client.delete("/v1/injections")).json())["ended"] == 0


async def test_what_is_for_another_start_counts_nothing(client: Client, node: Node) -> None:
    """After a new start of the agent nothing begins or goes on that was reckoned by the clock of the one before."""
    answer = await client.put("/v1/injections/e.t", json=BODY | {"instance": "before"})
    assert (answer.status, "another start of this agent" in (await answer.json())["error"]) == (412, True)
    assert (await client.put("/v1/injections/e.t", json=BODY)).status == 200
    renewed = await client.post("/v1/injections/e.t/renew", json={"instance": "before", "notAfter": 4.0})
    assert (renewed.status, node.begun["e.t"].lengthened) == (412, 0)


async def test_requests_about_one_injection_wait_for_each_other(client: Client, node: Node) -> None:
    """A request that is sent again while the first is under way begins nothing of its own."""
    answers = await asyncio.gather(*(client.put("/v1/injections/e.t", json=BODY) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert len(node.begun) == 1


async def test_a_request_waits_for_one_that_has_waited_itself(
    client: Client, node: Node, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third request about an injection begins when the second is over, not as soon as the first is."""
    begin, begins, go_on = node.begin, asyncio.Event(), asyncio.Event()
    ending: list[Held] = []
    ends, gone = asyncio.Event(), asyncio.Event()

    async def slow(injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        begins.set()
        await go_on.wait()
        return await begin(injection, asked, over)

    async def end(held: Held) -> None:
        ending.append(held)
        ends.set()
        await gone.wait()
        held.over("removed")

    async def let_in(how_many: int) -> None:
        while door.passed < how_many:
            await asyncio.sleep(0)

    monkeypatch.setattr(node, "begin", slow)
    monkeypatch.setattr(Held, "end", end)
    url = "/v1/injections/e.t"
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        first = group.create_task(client.put(url, json=BODY))
        await begins.wait()
        second = group.create_task(client.delete(url))
        await let_in(2)
        go_on.set()
        await ends.wait()
        third = group.create_task(client.delete(url))
        await let_in(3)
        assert len(ending) == 1
        gone.set()
    assert [each.result().status for each in (first, second, third)] == [200, 200, 404]


async def test_an_api_server_that_is_away_ends_nothing_that_is_held(client: Client, node: Node, door: Door) -> None:
    """What was begun is renewed and ended by whoever began it, however long nobody says whose the token is."""
    assert (await client.put("/v1/injections/e.t", json=BODY | {"capSecs": 120})).status == 200
    assert isinstance(door.reviews, Tokens)
    door.reviews.away = True
    for node.now in range(5, 100, 5):
        ahead = {"instance": "abc", "notAfter": node.now + 9.0}
        assert (await client.post("/v1/injections/e.t/renew", json=ahead)).status == 200
    late = await client.put("/v1/injections/other", json=BODY | {"notAfter": node.now + 9.0})
    assert (late.status, "whose token it is cannot be found out" in (await late.json())["error"]) == (503, True)
    assert (await client.delete("/v1/injections/e.t")).status == 200
    assert list(node.begun) == ["e.t"]


WRONG = {
    "no JSON": (b"{", "the body is no JSON in UTF-8"),
    "an array": (b"[]", "the body: Input should be a valid dictionary or instance of Inject"),
    "a field too much": (b'{"privileged": true}', "namespace: Field required"),
    "a deep one": (b"[" * 60_000, "the body is no JSON in UTF-8"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_is_sent_wrongly_is_named(client: Client, case: str) -> None:
    """A body that is none is refused with what is wrong, and nothing of it is echoed."""
    body, why = WRONG[case]
    answer = await client.put("/v1/injections/e.t", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, (await answer.json())["error"]) == (400, why)


async def test_what_cannot_be_asked(client: Client) -> None:
    """A name that is none, a path that is none, a body too large and a fault that this node cannot hold are refused."""
    assert (await client.put("/v1/injections/..%2Fx", json=BODY)).status == 400
    assert (await client.get("/v1/pods")).status == 404
    assert (await client.put("/v1/injections/e.t", data=b"x" * 70_000)).status == 413
    stress = BODY | {"fault": {"cpuStress": {"containerId": CONTAINER}}}
    answer = await client.put("/v1/injections/e.t", json=stress)
    told = "cpuStress cannot be held on node node-1: none: no cpu controller"
    assert (answer.status, (await answer.json())["error"]) == (422, told)


async def test_without_a_token_nothing_is_answered(client: Client, node: Node) -> None:
    """Whoever shows no token is refused before anything is looked at, on every path."""
    for method, path in (("PUT", "/v1/injections/e.t"), ("GET", "/v1/health"), ("DELETE", "/v1/injections")):
        answer = await client.request(method, path, headers={"Authorization": "Bearer bad"})
        assert answer.status == 401
    assert not node.begun


def test_a_certificate_is_of_this_start() -> None:
    """Each start shows another certificate, known by its fingerprint, and leaves no key behind."""
    first, second = shown("10.0.0.1"), shown("fd00::1")
    assert first[1] != second[1]
    assert len(bytes.fromhex(first[1])) == 32


def test_metrics_count_ends() -> None:
    """How injections ended is counted by what they were and why."""
    metrics = Metrics()
    metrics.ended("networkDelay", "lease")
    sample = {"fault": "networkDelay", "cause": "lease"}
    assert metrics.registry.get_sample_value("fabgitops_agent_injections_ended_total", sample) == 1
