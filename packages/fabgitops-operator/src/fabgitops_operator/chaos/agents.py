"""Agents of nodes: found by their Leases, trusted for what those say, and asked for what lasts no longer than renewed.

The Lease of a node says where its agent is and which certificate it shows. It is the one that is named after the node,
and says so in itself as well: admission lets an agent write no other. Whether an agent lives is seen by whether its
Lease is renewed, by this process's own clock: no two clocks are compared.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRemove, AgentRenew, Deed, Fault, Lease, Spot
from fabgitops_core.control.chaos.outcomes import Outcome, Place, Result

from fabgitops_operator.chaos.web import Reply, asked

FRESH_SECS = 15.0
COMPONENT = "app.kubernetes.io/component=chaos-agent"
NONE = "none"
MOST_WAYS = 32
"""To so many places an agent makes packets late."""
_OPERATIONS = {"GET": "health", "PUT": "inject", "POST": "renew", "DELETE": "remove"}
_PREFIX = "agent.fabgitops.io/"
_NAME = "fabgitops-agent-"
Body = Mapping[str, Any]


class NoWayError(Exception):
    """An injection cannot be asked for: its text says why, and nothing was sent."""


class Cluster(Protocol):
    """What is looked up before an agent is asked."""

    async def agents(self) -> Sequence[Body]:
        """Return the Leases of agents. Raises NoWayError."""

    async def pod(self, spot: Spot) -> Body:
        """Return the pod into which something is injected: its namespace, pod and uid. Raises NoWayError."""

    async def container_id(self, spot: Spot, container: str) -> str:
        """Return the id of a container of the pod of this uid, the first where none is named. Raises NoWayError."""

    async def networks(self, spot: Spot, destination: str) -> Sequence[Body]:
        """Return the ways of a destination as an agent takes them: network, port, protocol. Raises NoWayError."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as its Lease says: URL, SHA-256 of its certificate, what it can, and when the Lease was renewed."""

    url: str
    certificate: bytes
    can: frozenset[str]
    cannot: Mapping[str, str]
    renewed: str


@dataclass(slots=True)
class _Seen:
    renewed: str
    at: float


class Agents:
    """All agents. `token` returns the one to show them, or raises NoWayError; `clock` gives seconds, never less."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        cluster: Cluster,
        token: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        """Prepare it; nothing is sent yet."""
        self._session, self._cluster, self._token, self._clock = session, cluster, token, clock
        self._seen: dict[str, _Seen] = {}
        self._looked_at = float("-inf")
        self.requests: Counter[tuple[str, str]] = Counter()
        """How often an operation was asked for, by its name and what came of it."""

    def up(self) -> Mapping[str, bool]:
        """Return of each node that has an agent whether that renews its Lease; of none while nobody asks for agents."""
        now = self._clock()
        if now - self._looked_at > FRESH_SECS:
            return {}
        return {node: now - seen.at <= FRESH_SECS for node, seen in self._seen.items()}

    async def place(self, deed: Deed) -> Place:
        """Return what the agent of a target's node can do, by which clock; it is asked right now whether it lives."""
        try:
            agent = await self._of(deed.spot)
            self._must_be_alive(deed.spot)
            reply = await self._ask(agent, "GET", "health")
        except NoWayError as error:
            return Place(why=str(error))
        if isinstance(reply, Outcome) or reply.clock is None:
            return Place(why=reply.message if isinstance(reply, Outcome) else f"{agent.url} tells no clock")
        if reply.status != 200:
            return Place(why=reply.error)
        why = "; ".join(f"{name}: {reason}" for name, reason in sorted(agent.cannot.items()))
        return Place(agent.can, reply.clock, why="" if agent.can else why, most_secs=_most_secs(reply.body))

    async def do(self, deed: Deed) -> Outcome:
        """Have something done, and return what came of it."""
        try:
            agent = await self._of(deed.spot)
            return await self._done(agent, deed)
        except NoWayError as error:
            return Outcome(Result.REFUSED, str(error))

    async def _done(self, agent: Agent, deed: Deed) -> Outcome:
        path = f"injections/{deed.spot.id}"
        match deed:
            case AgentInject():
                self._must_be_alive(deed.spot)
                body = await self._body(deed)
                return _of_injecting(await self._ask(agent, "PUT", path, body))
            case AgentRenew():
                return _of(await self._ask(agent, "POST", f"{path}/renew", _timely(deed.lease)))
            case AgentRemove():
                return _of(await self._ask(agent, "DELETE", path))
        raise NoWayError(f"no agent does a {type(deed).__name__}")

    async def stop(self) -> Mapping[str, Outcome]:
        """End everything on every node at once, and return what came of it by node."""
        try:
            leases = await self._cluster.agents()
        except NoWayError as error:
            return {"": Outcome(Result.UNKNOWN, str(error))}
        told = await asyncio.gather(*map(self._stopped, leases))
        return dict(zip(map(_node, leases), told, strict=True))

    async def _stopped(self, lease: Body) -> Outcome:
        try:
            return _of(await self._ask(agent_of(lease), "DELETE", "injections"))
        except NoWayError as error:
            return Outcome(Result.REFUSED, str(error))

    async def _ask(self, agent: Agent, method: str, path: str, body: object = None) -> Reply | Outcome:
        """Ask an agent. Raises NoWayError where there is no token to show it: it would refuse."""
        pinned, token = aiohttp.Fingerprint(agent.certificate), self._token()
        reply = await asked(self._session, method, f"{agent.url}/v1/{path}", body, token=token, ssl=pinned)
        operation = "stop" if path == "injections" else _OPERATIONS[method]
        self.requests[operation, _of(reply).result.name.lower()] += 1
        return reply

    async def _of(self, spot: Spot) -> Agent:
        leases = {_node(lease): lease for lease in await self._cluster.agents()}
        self._look(leases)
        lease = leases.get(spot.node)
        if lease is None:
            raise NoWayError(f"no agent is on node {spot.node}: its DaemonSet does not run there")
        return agent_of(lease)

    def _must_be_alive(self, spot: Spot) -> None:
        """Refuse an agent whose Lease is old; what it holds already is renewed all the same, as long as it answers."""
        if self._clock() - self._seen[spot.node].at > FRESH_SECS:
            raise NoWayError(f"the agent of node {spot.node} has not renewed its Lease for {FRESH_SECS:g} s")

    def _look(self, leases: Mapping[str, Body]) -> None:
        """Note when each Lease was seen to be renewed."""
        now = self._looked_at = self._clock()
        self._seen = {node: seen for node, seen in self._seen.items() if node in leases}
        for node, lease in leases.items():
            renewed = str(lease["spec"].get("renewTime"))
            if (before := self._seen.get(node)) is None or before.renewed != renewed:
                self._seen[node] = _Seen(renewed, now)

    async def _body(self, deed: AgentInject) -> Body:
        spot, lease = deed.spot, deed.lease
        pod = await self._cluster.pod(spot)
        times = {"leaseSecs": int(lease.secs), "capSecs": max(1, int(lease.cap_secs)), **_timely(lease)}
        return {**pod, **times, "fault": await self._fault((spot, *deed.beside), deed.fault)}

    async def _fault(self, spots: Sequence[Spot], fault: Fault) -> Body:
        if fault["kind"] == "cpu":
            found = await self._cluster.container_id(spots[0], str(fault["container"]))
            return {"cpuStress": {**_kept(fault, ("loadPercent", "workers")), "containerId": found}}
        ways: list[Body] = []
        for spot in spots:
            for there in await asyncio.gather(*(self._cluster.networks(spot, to) for to in _destinations(fault))):
                ways += [way for way in there if way not in ways]
        if not ways and any(_destinations(fault)):
            raise NoWayError("none of the places that packets go to is known: nothing would be late")
        if len(ways) > MOST_WAYS:
            often = f"packets would be late to {len(ways)} places, and an agent takes {MOST_WAYS}"
            raise NoWayError(f"{often}: choose fewer, or say them by cidr")
        return {"networkDelay": {**_kept(fault, ("delayMillis", "jitterMillis", "lossPercent")), "to": ways}}


def agent_of(lease: Body) -> Agent:
    """Return an agent as its Lease has it.

    Raises:
        NoWayError: It is not what an agent writes, or not what that of its node does.
    """
    name = _name(lease)
    about = lease["metadata"].get("annotations") or {}
    try:
        able = dict(json.loads(about[f"{_PREFIX}capabilities"]))
        certificate = bytes.fromhex(about[f"{_PREFIX}certificate-sha256"])
        url, node = str(about[f"{_PREFIX}address"]), str(about[f"{_PREFIX}node"])
    except (KeyError, TypeError, ValueError):
        raise NoWayError(f"the Lease {name} is not what an agent writes") from None
    if name != _NAME + node:
        raise NoWayError(f"the Lease {name} says that it is of node {node}, whose Lease is {_NAME}{node}: not asked")
    cannot = {name: str(how) for name, how in able.items() if str(how).startswith(NONE)}
    return Agent(url, certificate, frozenset(able) - cannot.keys(), cannot, str(lease["spec"].get("renewTime")))


def _most_secs(body: Body) -> float | None:
    """Return for how long an agent holds anything at all; None where it does not say so."""
    told = body.get("maxSecs")
    return float(told) if isinstance(told, int) and not isinstance(told, bool) else None


def _name(lease: Body) -> str:
    return str(lease["metadata"]["name"])


def _node(lease: Body) -> str:
    """Return of which node a Lease is, by its name, if of any: who may write it says only what is in it."""
    name = _name(lease)
    return name.removeprefix(_NAME) if name.startswith(_NAME) else ""


def _timely(lease: Lease) -> Body:
    return {"instance": lease.instance, "notAfter": lease.not_after}


def _kept(fault: Fault, names: Iterable[str]) -> Body:
    return {name: fault[name] for name in names if name in fault}


def _destinations(fault: Fault) -> Sequence[str]:
    return [str(fault[name]) for name in sorted(fault) if name.startswith("to")]


def _of(reply: Reply | Outcome) -> Outcome:
    return reply if isinstance(reply, Outcome) else reply.outcome(effective=_effective(reply.body))


def _of_injecting(reply: Reply | Outcome) -> Outcome:
    """Return what came of beginning: a pod that has no process on its node is gone."""
    outcome = _of(reply)
    gone = isinstance(reply, Reply) and reply.status == 404
    return Outcome(Result.GONE, outcome.message, outcome.clock) if gone else outcome


def _effective(body: Body) -> bool | None:
    """Return whether an injection has had an effect, as far as its holder has told."""
    told = [body[name] for name in ("held", "lost", "usedSecs") if name in body]
    return any(told) if told else None
