"""A control plane whose controller manager collects what owners leave, and the operator of racks under its own role."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.cluster.install import manifests
from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.plane import ControlPlane, control_plane

from ..operators import Operator, install
from .hall import Hall
from .listener import Listener
from .zygote import Zygote

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-racks"
FOUND = Beforehand()
NUMBERS = count(1)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the programs before the first test: a build takes longer than a test may, and is to be seen."""
    if "collecting" in asked(session):
        FOUND.do(session, lambda: needed_binaries(controller_manager=True))


@pytest.fixture(scope="session")
def collecting(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Return a control plane with a controller manager, the kinds, and the rights of the operator of racks."""
    FOUND.must_be_done(request.config)
    with control_plane(controller_manager=True) as running:
        with running.client() as api:
            install(api, manifests(with_racks=True, with_rack_plcs=True), (*KINDS, *RACK_KINDS))
        yield running


@pytest.fixture
def api(collecting: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client of the administrator."""
    with collecting.client() as client:
        yield client


@pytest.fixture
def namespace(api: httpx.Client) -> str:
    """Return a fresh namespace."""
    name = f"racks-{next(NUMBERS)}"
    api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@pytest.fixture
def hall(api: httpx.Client, namespace: str) -> Hall:
    """Return a hall of its own."""
    return Hall(api, namespace)


@pytest.fixture(scope="session")
def bus() -> Iterator[Listener]:
    """Return what hears all events of all operators."""
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="session")
def operators_kubeconfig(collecting: ControlPlane) -> Path:
    """Return the way there of the operator of racks, with exactly its rights."""
    return collecting.kubeconfig_for(ACCOUNT)


@pytest.fixture(scope="module")
def operator(operators_kubeconfig: Path, bus: Listener, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return the operator of racks, which looks after all namespaces for as long as tests of a module ask for it."""
    with Operator(operators_kubeconfig, bus.url, tmp_path_factory.mktemp("racks") / "operator.log") as running:
        yield running


@pytest.fixture(scope="session")
def zygote(operators_kubeconfig: Path) -> Iterator[Zygote]:
    """Return what starts operators of which each meets a fault of its own."""
    with Zygote(operators_kubeconfig) as ready:
        yield ready
