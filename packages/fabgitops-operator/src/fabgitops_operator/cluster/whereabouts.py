"""Where those are whom an experiment asks: agents of nodes by their Leases, containers of pods, PLCs, and the API."""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.selecting import Selector
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import place_of
from fabgitops_core.control.chaos.scenarios.network_delay import TO_TARGET
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.ports import Secrets
from fabgitops_core.modbus.route import Route

from fabgitops_operator.chaos.agents import COMPONENT, NoWayError
from fabgitops_operator.chaos.asking import Asking, Sharing
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.plcs import endpoint_of, token_of
from fabgitops_operator.chaos.reading import taken_along
from fabgitops_operator.cluster.experiments import POD, Experiments
from fabgitops_operator.cluster.holders import LEASE
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.ports import Body

KEPT_SECS = 2.0
"""How long the Leases of agents are taken as they were seen: a round asks about each target at once."""
HEARD_SECS = 0.5
"""How long the Leases of now are waited for where there are those of before: a renewal has a round of 5 s for all."""


class Whereabouts:
    """What agents and mocks are asked by; see `chaos.agents.Cluster` and `chaos.mocks.Plcs`.

    Args:
        rest: The way to the API server.
        experiments: What finds objects by their labels.
        namespace: Where the Leases of agents are.
        server: URL of the API server.
        secrets: Where tokens of control APIs are.
        route: Where PLCs really are.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        rest: Rest,
        experiments: Experiments,
        namespace: str,
        server: str,
        secrets: Secrets,
        route: Route,
        clock: Callable[[], float],
    ) -> None:
        self._rest, self._experiments, self._namespace, self._server = rest, experiments, namespace, server
        self._secrets, self._route, self._clock = secrets, route, clock
        self._leases: Sequence[Body] = ()
        self._seen_at = float("-inf")
        self._looking = Asking(self._look)
        self._plcs, self._everywhere = Sharing(self._ways_to_plcs), Sharing(self._all_plcs)

    async def agents(self) -> Sequence[Body]:
        """Return the Leases of agents; while nobody answers, or answers late, those that were seen last."""
        if self._clock() - self._seen_at > KEPT_SECS:
            try:
                await self._looking.soon(HEARD_SECS if self._leases else None)
            except TimeoutError:
                pass  # those that were seen last: who renews or ends does not wait for an API server that hangs
            except ApiError as error:
                if not self._leases:
                    raise NoWayError(f"which agents there are is not known: {error}") from None
        return self._leases

    async def _look(self) -> None:
        page = await self._rest.page(LEASE, self._namespace, COMPONENT, "")
        self._leases, self._seen_at = page["items"], self._clock()

    async def container_id(self, spot: Spot, container: str) -> str:
        """Return the id of a container of the pod of this uid, the first where none is named.

        Raises:
            NoWayError: The pod is gone, has no such container, or that one does not run.
        """
        pod = await self._pod(spot)
        name = container or pod["spec"]["containers"][0]["name"]
        running = {
            each["name"]: each.get("containerID") for each in (pod.get("status") or {}).get("containerStatuses", ())
        }
        if not (found := running.get(name)):
            raise NoWayError(f"the pod {spot.namespace}/{spot.name} has no container {name} that runs")
        return str(found).rpartition("/")[2]

    async def _pod(self, spot: Spot) -> Body:
        try:
            found = await self._rest.get(POD, spot.namespace, spot.name)
        except ApiError as error:
            raise NoWayError(str(error)) from None
        if found is None or found["metadata"]["uid"] != spot.uid:
            raise NoWayError(f"the pod {spot.namespace}/{spot.name} is not there any more")
        return found

    async def pod(self, spot: Spot) -> Body:
        """Return the pod into which something is injected, as an agent takes it: the target, or the operator's.

        Raises:
            NoWayError: The operator's is another by now, or cannot be looked up.
        """
        if spot.kind is TargetKind.PODS:
            return {"namespace": spot.namespace, "pod": spot.name, "uid": spot.uid}
        try:
            found = await self._experiments.operator(spot.namespace)
        except AwayError as error:
            raise NoWayError(str(error)) from None
        if found.uid != place_of(spot.id):
            raise NoWayError("the operator of the PLCs is another pod by now: nothing was injected")
        return {"namespace": found.namespace, "pod": found.name, "uid": found.uid}

    async def networks(self, spot: Spot, destination: str) -> Sequence[Body]:
        """Return the ways of a destination as an agent takes them.

        `PROTOCOL CIDR PORT` with `*` for any port, `plcs SELECTOR` (JSON), `target` for the PLC that is one, or `api`
        for the API server.

        Raises:
            NoWayError: A name has no address, or PLCs cannot be looked up.
        """
        what, _, rest = destination.partition(" ")
        if what == "api":
            url = urlsplit(self._server)
            return await _ways(str(url.hostname), url.port or 443)
        if what == TO_TARGET:
            return await self._ways_to(spot)
        if what == "plcs":
            return await self._plcs.of((spot.namespace, rest))
        network, port = rest.rsplit(" ", 1)
        way: dict[str, Any] = {"network": network, "protocol": what.lower()}
        return [way if port == "*" else {**way, "port": int(port)}]

    async def _ways_to(self, spot: Spot) -> Sequence[Body]:
        try:
            found = await self.endpoint(spot)
        except AwayError as error:
            raise NoWayError(str(error)) from None
        if found is None:
            raise NoWayError(f"the IndustrialPLC {spot.namespace}/{spot.name} is not the same any more")
        return await _ways(found.host, found.port)

    async def _ways_to_plcs(self, asked: tuple[str, str]) -> Sequence[Body]:
        return [way for each in await self._places(*asked) for way in await _ways(each.host, each.port)]

    async def _all_plcs(self, namespace: str) -> Sequence[Body]:
        return await self._experiments.everywhere(namespace)

    async def _places(self, namespace: str, selector: str) -> Sequence[Endpoint]:
        """Return where PLCs are, looked at once for all pods of a round: there may be thousands of each."""
        try:
            found = await self._experiments.plcs(namespace, Selector.model_validate(json.loads(selector)))
            if why := taken_along(found, await self._everywhere.of(namespace) if found else ()):
                raise NoWayError(why)
            return [endpoint_of(each, self._route) for each in found]
        except AwayError as error:
            raise NoWayError(str(error)) from None

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where the PLC of this uid is, as the operator connects to it; None where it is gone.

        Raises:
            AwayError: Nobody says, or no device is reached there, by the device map.
        """
        try:
            found = await self._rest.get(INDUSTRIAL_PLC, spot.namespace, spot.name)
        except ApiError as error:
            raise AwayError(str(error)) from None
        if found is None or found["metadata"]["uid"] != spot.uid:
            return None
        return endpoint_of(found, self._route)

    async def token(self, spot: Spot, secret: str) -> str:
        """Return the token out of a Secret of the PLC's namespace; see `chaos.plcs.token_of`."""
        return await token_of(self._secrets, spot, secret)


async def _ways(host: str, port: int) -> list[Body]:
    """Return the ways to a host, by each address that it has."""
    return [{"network": address, "port": port, "protocol": "tcp"} for address in await _addresses(host)]


async def _addresses(host: str) -> Sequence[str]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NoWayError(f"{host} has no address: {error.strerror or error}") from None
    return sorted({str(address[0]) for *_, address in found})
