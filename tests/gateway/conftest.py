"""A real gateway for stories of routes and rollouts: Contour and Envoy, and pods that are real HTTP servers.

`gateway`, `kubelet` and `plane` are shared by the session; `stage` is a namespace for one test, with what it takes to
put versions of an application there and a route to them. What sends is `stage.send`, and `stage.stream` for as long as
something else goes on. `workload` is a Rollout there, led by `delivery`, the operator, which tells `bus` what happens
and asks `samples`, a Prometheus. Where a machine gives pods no addresses the tests are left out, which is said.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from testbed import WORKLOADS, ControlPlane, contour, control_plane
from testbed.addresses import pod_addresses
from testbed.asking import administrator
from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.cache import say
from testbed.errors import AddressesRefusedError
from testbed.gateway import Gateway
from testbed.gateway import gateway as running_gateway
from testbed.gotools import PROMETHEUS, built
from testbed.pods import Kubelet, Servers

from ..integration.racks.listener import Listener  # noqa: TID252 - tests have no package
from .operating import Delivery
from .samples import Samples
from .samples import samples as running_samples
from .stage import Stage
from .workload import Workload

NEEDED = Beforehand()
NUMBERS = count(1)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what is needed before the first test: that takes longer than a test may, and is to be seen."""
    if "addresses" in asked(session):
        NEEDED.do(session, prepare)


def prepare() -> None:
    """Build or download all that a gateway needs, unless it could not be used here."""
    try:
        with pod_addresses():
            pass
    except AddressesRefusedError as error:
        say(f"THE TESTS ON A GATEWAY ARE LEFT OUT: {error}")
        return
    needed_binaries(controller_manager=True)
    contour.needed()
    built(PROMETHEUS)


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let pods have addresses on this machine; where that cannot be, the test is left out."""
    NEEDED.must_be_done(request.config)
    try:
        with pod_addresses():
            yield
    except AddressesRefusedError as error:
        pytest.skip(f"A TEST ON A GATEWAY IS LEFT OUT: {error}")


@pytest.fixture(scope="session")
def plane(addresses: None) -> Iterator[ControlPlane]:
    """Return a control plane with the controllers of workloads, on which the gateway stands."""
    with control_plane(controllers=WORKLOADS) as running:
        yield running


@pytest.fixture(scope="session")
def kubelet(plane: ControlPlane) -> Iterator[Kubelet]:
    """Let each pod of the plane be a real HTTP server, which says its name and version."""
    with Kubelet(plane, Servers()) as running:
        yield running


@pytest.fixture(scope="session")
def gateway(plane: ControlPlane, kubelet: Kubelet) -> Iterator[Gateway]:
    """Return the gateway: Contour, which obeys HTTPRoutes that name `gateway.parent`, and Envoy."""
    with running_gateway(plane) as running:
        yield running


@pytest.fixture
async def stage(plane: ControlPlane, kubelet: Kubelet, gateway: Gateway) -> AsyncIterator[Stage]:
    """Return a namespace of its own, whose route has a host of its own; it is deleted with all in it."""
    async with administrator(plane) as api:
        stage = Stage(api, kubelet, gateway, f"stage-{next(NUMBERS)}")
        await stage.open()
        yield stage
        await stage.close()


@pytest.fixture(scope="session")
def bus() -> Iterator[Listener]:
    """Return what hears all events of the operator."""
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="session")
def samples(addresses: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    """Return what analyses are told, by a Prometheus."""
    with running_samples(tmp_path_factory.mktemp("prometheus")) as running:
        yield running


@pytest.fixture(scope="session")
def delivery(
    plane: ControlPlane, gateway: Gateway, bus: Listener, samples: Samples, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Delivery]:
    """Return the operator of workloads, which leads those of all tests."""
    with Delivery(plane, bus.url, samples.url, tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture
async def workload(stage: Stage, delivery: Delivery) -> AsyncIterator[Workload]:
    """Return a Rollout of its own, which is there when its first version is declared."""
    workload = Workload(stage)
    yield workload
    await workload.gone()
