"""A control plane whose controller manager collects what owners leave, with the kinds and the roles of racks."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.kinds import KINDS
from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.plane import ControlPlane, control_plane

from ..planes import APPLY, CRDS, FORCE, GROUP, MANIFESTS, until

FOUND = Beforehand()
NUMBERS = count(1)
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the programs before the first test: a build takes longer than a test may, and is to be seen."""
    if "collecting" in asked(session):
        FOUND.do(session, lambda: needed_binaries(controller_manager=True))


@pytest.fixture(scope="session")
def collecting(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Return a control plane with a controller manager and the kinds: give each test a namespace of its own."""
    FOUND.must_be_done(request.config)
    with control_plane(controller_manager=True) as running:
        with running.client() as api:
            _install(api)
        yield running


def _install(api: httpx.Client) -> None:
    """Install the kinds and the roles as they are shipped, and wait until the kinds are served."""
    kinds = {**dict.fromkeys(KINDS, MANIFESTS), **dict.fromkeys(RACK_KINDS, MANIFESTS / "racks")}
    for kind, folder in kinds.items():
        body = (folder / f"{kind.crd_name}.yaml").read_text()
        api.patch(f"{CRDS}/{kind.crd_name}", params=FORCE, content=body, headers=APPLY).raise_for_status()
    until(lambda: all(api.get(f"{GROUP}/{kind.plural}").status_code == 200 for kind in kinds), "the kinds are served")


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
