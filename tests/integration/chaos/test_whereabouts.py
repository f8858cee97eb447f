"""Where agents, containers and PLCs are, found out on a real API server."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.crd import definition
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid
from fabgitops_core.control.plc.requests import Endpoint, SecretKey
from fabgitops_core.engine.ports import SecretError
from fabgitops_core.modbus.route import straight
from fabgitops_operator.agent.announcing import Announcing, Said
from fabgitops_operator.chaos.agents import NoWayError, agent_of
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.cluster.experiments import Experiments
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.lease.record import EVERYWHERE, Reach, Record, body_of
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.cluster.whereabouts import Whereabouts
from testbed.plane import ControlPlane

from ..planes import APPLY, FORCE, until
from .test_world import Site

pytestmark = pytest.mark.integration
PLCS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/industrialplcs.fabgitops.io"


class Tokens:
    """Secrets, of which this test has one."""

    async def text(self, secret: SecretKey) -> str:
        """Return what it holds."""
        if secret.name != "mock":
            raise SecretError(f"there is no Secret {secret.name}")
        return "open sesame"


class Place(Site):
    """A namespace, and where things of it are."""

    def __init__(self, api: httpx.Client, rest: Rest, kube: Kube, server: str) -> None:
        super().__init__(api, Experiments(rest, "default"))
        self.experiments = experiments = Experiments(rest, self.name)
        self.kube, self.now = kube, 0.0
        about = (rest, experiments, self.name, server, Tokens(), straight)
        self.whereabouts = Whereabouts(*about, lambda: self.now)


@pytest.fixture
def leases(http: httpx.Client) -> Iterator[list[str]]:
    """Return the namespaces whose Leases end with the test: who looks for operators looks in each."""
    used: list[str] = []
    yield used
    for name in used:
        http.delete(f"/apis/coordination.k8s.io/v1/namespaces/{name}/leases").raise_for_status()


@pytest.fixture(name="place")
async def _place(control_plane: ControlPlane, http: httpx.Client, leases: list[str]) -> AsyncIterator[Place]:
    access = by_kubeconfig(chosen([control_plane.kubeconfig]))
    rest, kube = Rest(access), Kube(access, ())
    place = Place(http, rest, kube, access.cluster.server)
    leases.append(place.name)
    yield place
    await kube.close()
    await rest.close()


async def test_agents_are_found_by_their_leases(place: Place) -> None:
    """What an agent says in its Lease is what the operator finds, anew after 2 s; a released one has no time."""
    said = Said("https://10.0.0.7:8443", "ab" * 32, {"networkDelay": "nfqueue", "cpuStress": "none: no"}, "node-1", "x")
    announcing = Announcing(place.kube, place.name, said)
    assert await place.whereabouts.agents() == []
    await announcing.renew()
    assert await place.whereabouts.agents() == []
    place.now = 2.1
    (lease,) = await place.whereabouts.agents()
    agent = agent_of(lease)
    assert (agent.url, set(agent.can), dict(agent.cannot)) == (said.url, {"networkDelay"}, {"cpuStress": "none: no"})
    await announcing.renew()
    await announcing.release()
    place.now = 5.0
    (lease,) = await place.whereabouts.agents()
    assert lease["spec"].get("renewTime") is None


async def test_a_container_is_named_by_its_id(place: Place) -> None:
    """The id is that of the container which runs, or the first; a pod that was replaced has none."""
    pod = place.pod("hmi")
    status = {"name": "web", "image": "web", "imageID": "", "ready": True, "restartCount": 0}
    running = {**status, "containerID": f"containerd://{'ab' * 32}"}
    place.patch(f"{place.path('pods')}/hmi/status", {"status": {"containerStatuses": [running]}})
    spot = place.spot(pod)
    for name in ("", "web"):
        assert await place.whereabouts.container_id(spot, name) == "ab" * 32
    with pytest.raises(NoWayError, match="has no container db that runs"):
        await place.whereabouts.container_id(spot, "db")
    with pytest.raises(NoWayError, match="is not there any more"):
        await place.whereabouts.container_id(replace(spot, uid=TargetUid("other")), "")


async def test_the_operator_of_plcs_is_found_by_its_lease(place: Place) -> None:
    """Who holds the Lease of PLCs is whose packets are held: of the namespace asked for, and of no other kinds."""
    with pytest.raises(AwayError, match=f"no operator in {place.name} holds a Lease for the PLCs of line-1"):
        await place.experiments.operator("line-1")
    pod = place.pod("operator-0")

    async def held(name: str, reach: Reach, holder: str = "operator-0_ab12cd34") -> None:
        await place.kube.create_lease(body_of(place.name, name, Record("", holder, 60.0, reach=reach)))

    await held("racks", Reach(frozenset({EVERYWHERE}), family="racks"), "racks-0_ab12cd34")
    await held("line-2", Reach(frozenset({"line-2"}), family="plc"), "other-0_ab12cd34")
    with pytest.raises(AwayError, match="holds a Lease"):
        await place.experiments.operator("line-1")
    await held("line-1", Reach(frozenset({"line-1"}), family="plc"))
    found = await place.experiments.operator("line-1")
    assert (found.name, found.uid, found.node) == ("operator-0", pod["metadata"]["uid"], "node-1")
    with pytest.raises(AwayError, match=f"is other-0, and no pod of {place.name} is called that"):
        await place.experiments.operator("line-2")
    at = InjectionId(f"run.{found.uid}")
    spot = Spot("line-1", "mixer", TargetUid("plc"), found.node, at, kind=TargetKind.PLCS)
    assert await place.whereabouts.pod(spot) == {"namespace": place.name, "pod": "operator-0", "uid": found.uid}
    with pytest.raises(NoWayError, match="another pod by now"):
        await place.whereabouts.pod(replace(spot, id=InjectionId("run.other")))
    assert (await place.whereabouts.pod(place.spot(pod)))["pod"] == "operator-0"


async def test_places_are_networks(place: Place) -> None:
    """A network is itself, the API server its addresses and port; a name without an address is told."""
    spot = place.spot(place.pod("hmi"))
    assert await place.whereabouts.networks(spot, "TCP 10.0.0.0/8 502") == [
        {"network": "10.0.0.0/8", "protocol": "tcp", "port": 502}
    ]
    assert await place.whereabouts.networks(spot, "UDP fd00::/8 *") == [{"network": "fd00::/8", "protocol": "udp"}]
    (api,) = await place.whereabouts.networks(spot, "api")
    assert (api["network"], api["port"] > 0) == ("127.0.0.1", True)


async def test_plcs_are_where_the_operator_finds_them(place: Place, plcs: None) -> None:
    """A PLC's place is that of its manifest; one that was replaced is gone, and a token comes out of its Secret."""
    spec = {"deviceAddress": "10.20.1.5", "port": 1502, "targetRegister": 4001, "targetValue": 2500}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "spec": spec}
    body["metadata"] = {"name": "mixer", "labels": {"line": "1"}}
    spot = place.spot(place.post(place.path("industrialplcs", "apis/fabgitops.io/v1"), body))
    assert await place.whereabouts.endpoint(spot) == Endpoint("10.20.1.5", 1502)
    selector = json.dumps({"matchLabels": {"line": "1"}})
    assert await place.whereabouts.networks(spot, f"plcs {selector}") == [
        {"network": "10.20.1.5", "port": 1502, "protocol": "tcp"}
    ]
    assert await place.whereabouts.endpoint(replace(spot, uid=TargetUid("other"))) is None
    assert await place.whereabouts.networks(spot, "target") == [
        {"network": "10.20.1.5", "port": 1502, "protocol": "tcp"}
    ]
    with pytest.raises(NoWayError, match="is not the same any more"):
        await place.whereabouts.networks(replace(spot, uid=TargetUid("other")), "target")
    assert await place.whereabouts.token(spot, "") == ""
    assert await place.whereabouts.token(spot, "mock") == "open sesame"
    with pytest.raises(LookupError, match="there is no Secret other"):
        await place.whereabouts.token(spot, "other")


@pytest.fixture(name="plcs")
def _plcs(http: httpx.Client) -> None:
    """Have the definition of PLCs, unless it is there."""
    http.patch(PLCS, params=FORCE, content=json.dumps(definition(INDUSTRIAL_PLC)), headers=APPLY).raise_for_status()
    served = "/apis/fabgitops.io/v1/industrialplcs"
    until(lambda: http.get(served).is_success, "PLCs are served")
