"""An API server that takes requests and never answers: what is injected is renewed and ended all the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.deeds import (
    AgentRemove,
    AgentRenew,
    Deed,
    Lease,
    Mock,
    MockFault,
    MockRemove,
    MockRenew,
    MockSet,
    Spot,
)
from fabgitops_core.control.chaos.events import Acted
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Result
from fabgitops_core.control.chaos.requests import Act
from fabgitops_core.engine.ports import SecretError
from fabgitops_core.modbus.route import straight
from fabgitops_core.testing.host import FakeHost
from fabgitops_operator.chaos.agents import Agents
from fabgitops_operator.chaos.mocks import Mocks
from fabgitops_operator.chaos.performing import Performing
from fabgitops_operator.cluster.whereabouts import KEPT_SECS, Whereabouts

KEY = Key("ChaosExperiment", "line-1", "run")
LEASE = Lease("i", 10.0, 15.0, 60.0)
POD = Spot("line-1", "hmi", TargetUid("p"), NodeName("n"), InjectionId("e.p"))


def plc(mock: str) -> Spot:
    """Return a PLC that is a mock, under an injection of its own."""
    return Spot("line-1", "mixer", TargetUid("u"), NodeName(""), InjectionId(f"{mock}.u"))


class Line:
    """An agent and a mock, both real servers; and an API server that may hang, which only this test is."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.port, self.now = port, 0.0
        self.asked: list[tuple[str, str]] = []
        self.answering = asyncio.Event()
        self.answering.set()
        whereabouts = Whereabouts(self, None, "x", "https://a", self, straight, lambda: self.now)  # type: ignore[arg-type]
        agents, mocks = Agents(session, whereabouts, str, lambda: self.now), Mocks(session, whereabouts)
        self._act = Performing(FakeHost(), None, agents, mocks, None).performers()[Act]  # type: ignore[arg-type]

    async def page(self, *_asked: object) -> Mapping[str, Any]:
        """Return the Lease of the agent."""
        await self.answering.wait()
        about = {
            "node": "n",
            "address": f"http://127.0.0.1:{self.port}",
            "certificate-sha256": "00" * 32,
            "capabilities": json.dumps({"networkDelay": "nfqueue"}),
        }
        metadata = {
            "name": "fabgitops-agent-n",
            "annotations": {f"agent.fabgitops.io/{name}": text for name, text in about.items()},
        }
        return {"items": [{"metadata": metadata, "spec": {"renewTime": "1"}}], "metadata": {}}

    async def get(self, *_asked: object) -> Mapping[str, Any]:
        """Return the PLC."""
        await self.answering.wait()
        return {"metadata": {"name": "mixer", "uid": "u"}, "spec": {"deviceAddress": "127.0.0.1", "port": 502}}

    async def text(self, secret: object) -> str:
        """Return the token of the mock."""
        await self.answering.wait()
        raise SecretError(f"there is no {secret}")

    async def answer(self, request: web.Request) -> web.Response:
        """Do what is asked."""
        self.asked.append((request.method, request.path))
        return web.json_response({"instance": "i", "now": 1.0, "registers": [{"value": 9}]})

    async def done(self, *deeds: Deed) -> set[tuple[str, str]]:
        """Have everything done, and return what was asked of agents and mocks; each must have answered."""
        self.asked.clear()
        self.now += KEPT_SECS + 1.0
        acted = await self._act(KEY, Act(deeds), str)
        assert isinstance(acted, Acted)
        assert {each.result for each in acted.outcomes.values()} == {Result.DONE}, acted.outcomes
        return set(self.asked)


@pytest.fixture(name="line")
async def _line() -> AsyncIterator[Line]:
    made: list[Line] = []

    async def answer(request: web.Request) -> web.Response:
        return await made[0].answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        made.append(Line(session, server.port or 0))
        yield made[0]
        made[0].answering.set()


async def test_renewals_and_ends_do_not_wait_for_the_api_server(line: Line) -> None:
    """While it hangs, what an agent and a mock hold is renewed, then ended, where that was known to be last."""
    mock = Mock(line.port)
    await line.done(MockFault(plc("fault"), {"fault": "frozen"}, lease=LEASE, mock=mock))
    renewals = AgentRenew(POD, LEASE), MockRenew(plc("fault"), LEASE, mock)
    asked = {("POST", "/v1/injections/e.p/renew"), ("POST", "/v1/faults/fault.u/renew")}
    assert await line.done(*renewals) == asked
    line.answering.clear()
    for _ in range(2):
        assert await line.done(*renewals) == asked
    ends = AgentRemove(POD), MockRemove(plc("fault"), mock)
    assert await line.done(*ends) == {("DELETE", "/v1/injections/e.p"), ("DELETE", "/v1/faults/fault.u")}


async def test_a_drift_is_put_back_without_the_api_server(line: Line) -> None:
    """While it hangs a register is put back to what it held, by the way by which it was set."""
    drift = MockSet(plc("drift"), Mock(line.port), "7", 9)
    assert await line.done(drift) == {("PUT", "/v1/registers/7")}
    line.answering.clear()
    back = MockSet(plc("drift"), Mock(line.port), "7", 2500, only_if=9)
    assert await line.done(back) == {("PUT", "/v1/registers/7")}
