"""Agents as the operator asks them: over TLS, by what their Leases say, and what their answers mean."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, AgentRenew, Fault, Lease, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Result
from fabgitops_operator.agent.announcing import Said
from fabgitops_operator.agent.gate import Gate
from fabgitops_operator.agent.server import Place, Server
from fabgitops_operator.agent.showing import shown
from fabgitops_operator.chaos.agents import Agents
from fabgitops_operator.cluster.chaos import token_of
from fabgitops_operator.hosting.http import served

from .test_gate import OPERATOR, Tokens
from .test_injections import Node
from .test_rooms import CONTAINER, UID

SPOT = Spot("line-1", "hmi-1", TargetUid(UID), NodeName("node-1"), InjectionId(f"run.{UID}"))
DELAY: Fault = {"kind": "network", "delayMillis": 100, "jitterMillis": 0, "lossPercent": 0}
CPU: Fault = {"kind": "cpu", "loadPercent": 50, "workers": 2, "container": "web"}


class Site:
    """A cluster with one agent, which really listens; `now` is this operator's clock, `node.now` the agent's."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.node, self.now, self.renewed = Node(), 0.0, "2026-11-29T23:00:00Z"
        self.said = Said("", "", {}, "node-1", "abc")
        self.token: Callable[[], str] = lambda: "good"
        self.ways: dict[str, Sequence[Mapping[str, Any]]] = {"api": [{"network": "10.0.0.1/32", "port": 6443}]}
        self.agents_ = Agents(session, self, self.shows, lambda: self.now)

    def shows(self) -> str:
        """Return the token that agents are shown."""
        return self.token()

    async def agents(self) -> Sequence[Mapping[str, Any]]:
        """Return the Lease."""
        return [self.said.body("plant", self.renewed)]

    async def pod(self, spot: Spot) -> Mapping[str, Any]:
        """Return the pod of a target: a PLC's is the operator's."""
        name = spot.name if spot.kind is TargetKind.PODS else "operator"
        return {"namespace": spot.namespace, "pod": name, "uid": UID}

    async def container_id(self, spot: Spot, container: str) -> str:
        """Return the container's."""
        assert (spot, container) == (SPOT, "web")
        return CONTAINER

    async def networks(self, spot: Spot, destination: str) -> Sequence[Mapping[str, Any]]:
        """Return the ways of a destination."""
        return self.ways[destination if destination != "target" else spot.name]

    def lease(self, ahead: float = 10.0) -> Lease:
        """Return a lease by the agent's clock as it is now."""
        return Lease("abc", self.node.now + ahead, 15.0, 60.0)


@pytest.fixture(name="site")
async def _site() -> AsyncIterator[Site]:
    able = {"networkDelay": "nfqueue", "cpuStress": "v2"}
    async with aiohttp.ClientSession() as session:
        made = Site(session)
        place = Place("node-1", "abc", able)
        server = Server(place, made.node.all, Gate(Tokens(), OPERATOR, time.monotonic), lambda: made.node.now)
        tls, fingerprint = shown("127.0.0.1")
        async with served(server.application(), "127.0.0.1", 0, "", tls) as port:
            made.said = Said(f"https://127.0.0.1:{port}", fingerprint, able, "node-1", "abc")
            yield made


async def test_an_injection_is_led(site: Site) -> None:
    """Its place is looked at, it is begun, renewed and ended; each answer brings the agent's clock, and its effect."""
    site.node.now = 7.0
    place = await site.agents_.place(AgentRemove(SPOT))
    assert place.can == {"networkDelay", "cpuStress"}
    assert place.most_secs == float(site.node.all.cap_secs)
    assert place.clock
    assert (place.clock.instance, place.clock.now) == ("abc", 7.0)
    begun = await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))
    assert (begun.result, begun.effective, begun.clock) == (Result.DONE, True, place.clock)
    assert (await site.agents_.do(AgentRenew(SPOT, site.lease()))).result is Result.DONE
    assert site.node.begun[SPOT.id].lengthened == 15
    assert (await site.agents_.do(AgentRemove(SPOT))).result is Result.DONE
    assert (await site.agents_.do(AgentRenew(SPOT, site.lease()))).result is Result.LOST
    assert (await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))).result is Result.LOST
    assert (await site.agents_.do(AgentRemove(SPOT))).result is Result.LOST


async def test_what_is_asked(site: Site) -> None:
    """A container is named by its id, a place by its networks; a place that nobody knows is not everywhere."""
    stress = AgentInject(SPOT, CPU, site.lease())
    assert (await site.agents_.do(stress)).result is Result.DONE
    (kept,) = site.node.all.listed()
    assert kept["uid"] == UID
    site.ways["plcs {}"] = []
    other = replace(SPOT, id=InjectionId("b"))
    nowhere = AgentInject(SPOT, {**DELAY, "to0": "plcs {}"}, site.lease())
    told = await site.agents_.do(replace(nowhere, spot=SPOT))
    assert (told.result, told.message.startswith("none of the places")) == (Result.REFUSED, True)
    assert other.id not in site.node.begun


async def test_packets_to_plcs_leave_the_operators_pod(site: Site) -> None:
    """PLCs that are targets share one injection into the operator's pod, of packets to where each of them is."""
    mixer, press = (replace(SPOT, name=name, uid=TargetUid(name), kind=TargetKind.PLCS) for name in ("mixer", "press"))
    site.ways |= {"mixer": [{"network": "10.0.0.7", "port": 502}], "press": [{"network": "10.0.0.8", "port": 502}]}
    deed = AgentInject(mixer, {**DELAY, "to0": "target"}, site.lease(), (press, mixer))
    assert (await site.agents_.do(deed)).result is Result.DONE
    (held,) = site.node.all.listed()
    assert (held["pod"], held["uid"]) == ("operator", UID)
    (asked,) = site.node.asked
    assert asked.fault.network_delay
    assert [way.network for way in asked.fault.network_delay.to] == ["10.0.0.7/32", "10.0.0.8/32"]
    site.ways["mixer"] = [{"network": f"10.0.1.{number}", "port": 502} for number in range(33)]
    many = replace(deed, spot=replace(mixer, id=InjectionId("many")))
    told = await site.agents_.do(many)
    assert (told.result, told.message) == (
        Result.REFUSED,
        "packets would be late to 34 places, and an agent takes 32: choose fewer, or say them by cidr",
    )


async def test_what_comes_too_late_is_told(site: Site) -> None:
    """A request for another start of the agent, or after its last moment, did nothing; that is told apart."""
    late = await site.agents_.do(AgentInject(SPOT, DELAY, site.lease(-1.0)))
    assert (late.result, "too late" in late.message) == (Result.LATE, True)
    other = AgentInject(SPOT, DELAY, replace(site.lease(), instance="before"))
    assert (await site.agents_.do(other)).result is Result.LATE
    assert not site.node.begun


async def test_an_agent_that_is_silent_is_not_asked(site: Site) -> None:
    """An agent whose Lease was not renewed for 15 s by our clock is away; so is a node without one."""
    assert (await site.agents_.place(AgentRemove(SPOT))).why == ""
    site.now = 15.1
    assert "has not renewed its Lease for 15 s" in (await site.agents_.place(AgentRemove(SPOT))).why
    site.renewed = "2026-11-29T23:00:20Z"
    assert (await site.agents_.place(AgentRemove(SPOT))).why == ""
    elsewhere = replace(SPOT, node=NodeName("node-2"))
    assert (
        await site.agents_.place(AgentRemove(elsewhere))
    ).why == "no agent is on node node-2: its DaemonSet does not run there"
    assert (await site.agents_.do(AgentRemove(elsewhere))).result is Result.REFUSED


async def test_nothing_begins_at_an_agent_that_is_silent(site: Site) -> None:
    """An agent that has died since it was looked at is not asked for another injection; what it holds is led on."""
    await site.agents_.place(AgentRemove(SPOT))
    await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))
    site.now = 15.1
    other = replace(SPOT, id=InjectionId("b"))
    told = await site.agents_.do(AgentInject(other, DELAY, site.lease()))
    assert (told.result, "has not renewed its Lease" in told.message) == (Result.REFUSED, True)
    assert other.id not in site.node.begun
    assert (await site.agents_.do(AgentRenew(SPOT, site.lease()))).result is Result.DONE
    assert (await site.agents_.do(AgentRemove(SPOT))).result is Result.DONE


async def test_agents_are_counted(site: Site) -> None:
    """Whether each agent is up is known while somebody asks for agents, and what each request came to is counted."""
    assert site.agents_.up() == {}
    await site.agents_.place(AgentRemove(SPOT))
    assert site.agents_.up() == {"node-1": True}
    site.now = 15.1
    assert site.agents_.up() == {}
    await site.agents_.do(AgentRemove(SPOT))
    assert site.agents_.up() == {"node-1": False}
    assert site.agents_.requests == {("health", "done"): 1, ("remove", "lost"): 1}


async def test_who_shows_another_certificate_is_told_nothing(site: Site) -> None:
    """Where another certificate is shown than the Lease names, nothing is sent: neither the token nor the request."""
    site.said = replace(site.said, certificate=shown("127.0.0.1")[1])
    told = await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))
    assert (told.result, "another certificate" in told.message) == (Result.REFUSED, True)
    assert not site.node.begun


async def test_no_answer_is_no_refusal(site: Site) -> None:
    """Where nothing answers, or the agent cannot find out who asks, it may have been done: that is not known."""
    site.said = replace(site.said, url="https://127.0.0.1:1")
    assert (await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))).result is Result.UNKNOWN
    assert (await site.agents_.place(AgentRemove(SPOT))).why.startswith("no answer from https://127.0.0.1:1")


async def test_a_wrong_token_is_told(site: Site) -> None:
    """An agent that does not know the token refuses, and its reason is what is told."""
    site.token = lambda: "bad"
    assert "none for the audience" in (await site.agents_.place(AgentRemove(SPOT))).why
    assert (await site.agents_.do(AgentRemove(SPOT))).result is Result.REFUSED


FILES: dict[str, tuple[bytes | None, str]] = {
    "gone": (None, "cannot be read: No such file or directory"),
    "empty": (b"\n", "holds no token: one word of ASCII"),
    "lines": (b"good\nX: y", "holds no token: one word of ASCII"),
    "letters": ("gööd".encode(), "holds no token: one word of ASCII"),
}


@pytest.mark.parametrize("case", FILES)
async def test_a_token_that_cannot_be_read_is_named(site: Site, tmp_path: Path, case: str) -> None:
    """Where the file holds no token no agent is asked, and the setting, the file and the reason are told."""
    content, why = FILES[case]
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    site.token = lambda: token_of(file)
    told = f"--agent-token-file {file} {why}"
    assert (await site.agents_.place(AgentRemove(SPOT))).why == told
    done = [await site.agents_.do(AgentInject(SPOT, DELAY, site.lease())), *(await site.agents_.stop()).values()]
    assert [(each.result, each.message) for each in done] == [(Result.REFUSED, told)] * 2
    assert not site.agents_.requests
    file.write_text("good\n")
    assert (await site.agents_.place(AgentRemove(SPOT))).why == ""


async def test_without_a_token_file_no_agent_is_asked(site: Site) -> None:
    """As its help says; and it says which setting is missing."""
    site.token = lambda: token_of(None)
    why = (await site.agents_.place(AgentRemove(SPOT))).why
    assert (why, site.agents_.requests) == ("agents want a token: say with --agent-token-file where it is", {})


async def test_all_are_stopped(site: Site) -> None:
    """The kill switch reaches every agent, and what each said of it is told."""
    await site.agents_.do(AgentInject(SPOT, DELAY, site.lease()))
    told = await site.agents_.stop()
    assert {node: outcome.result for node, outcome in told.items()} == {"node-1": Result.DONE}
    assert not site.node.begun[SPOT.id].alive


async def test_an_agent_that_says_it_is_another_nodes_is_not_asked(site: Site) -> None:
    """The Lease of a node is the one of its name: one that claims another's node in it is shown no token, and named."""
    genuine = site.said.body("plant", site.renewed)
    claiming = replace(site.said, url="https://127.0.0.1:1").body("plant", site.renewed)
    claiming["metadata"]["name"] = "fabgitops-agent-z"

    unnamed = {**claiming, "metadata": {**claiming["metadata"], "name": "node-1"}}

    async def agents() -> Sequence[Mapping[str, Any]]:
        return [genuine, claiming, unnamed]

    site.agents = agents  # type: ignore[method-assign]
    assert (await site.agents_.place(AgentRemove(SPOT))).why == ""
    why = "the Lease fabgitops-agent-z says that it is of node node-1, whose Lease is fabgitops-agent-node-1: not asked"
    assert (await site.agents_.place(AgentRemove(replace(SPOT, node=NodeName("z"))))).why == why
    told = await site.agents_.stop()
    assert told["node-1"].result is Result.DONE
    assert (told["z"].result, told["z"].message) == (Result.REFUSED, why)
    assert told[""].message.startswith("the Lease node-1 says that it is of node node-1, whose Lease is")
    assert site.agents_.requests == {("health", "done"): 1, ("stop", "done"): 1}


@pytest.mark.parametrize("broken", ["node", "address", "certificate-sha256", "capabilities"])
async def test_a_lease_that_no_agent_wrote(site: Site, broken: str) -> None:
    """A Lease that lacks something is named, and nobody is asked for its sake."""
    body = site.said.body("plant", site.renewed)
    del body["metadata"]["annotations"][f"agent.fabgitops.io/{broken}"]

    async def agents() -> Sequence[Mapping[str, Any]]:
        return [body]

    site.agents = agents  # type: ignore[method-assign]
    assert (
        await site.agents_.place(AgentRemove(SPOT))
    ).why == "the Lease fabgitops-agent-node-1 is not what an agent writes"
    told = await site.agents_.stop()
    assert [each.result for each in told.values()] == [Result.REFUSED]
