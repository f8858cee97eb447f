"""Each test that stands on a plane runs on every plane, but for those that say why one will not do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from testbed.gotools import ARGO_ROLLOUTS, FLUX_HEALTH, KUBECTL
from testbed.programs import Programs

from .box import box
from .planes import KUBERNETES, STANDALONE, Kubernetes, Plane

PLANES = (KUBERNETES, STANDALONE)

NEEDED = {
    "kubectl_program": (KUBECTL, "kubectl"),
    "argo_plugin": (ARGO_ROLLOUTS, "kubectl-argo-rollouts"),
    "flux_health": (FLUX_HEALTH, "flux-health"),
}
PROGRAMS = Programs(NEEDED)

MARKS = {"only_kubernetes": KUBERNETES, "only_standalone": STANDALONE}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what stands on a plane on each that will do."""
    if "plane" in metafunc.fixturenames:
        marked = [plane for mark, plane in MARKS.items() if metafunc.definition.get_closest_marker(mark)]
        metafunc.parametrize("plane", marked or PLANES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those that run on Kubernetes say so: what they need is built before the first of them."""
    for item in items:
        if isinstance(item, pytest.Function) and named(item) == KUBERNETES:
            item.fixturenames = [*item.fixturenames, "control_plane"]


def named(item: pytest.Function) -> str:
    """Return the name of the plane that a test runs on, or nothing."""
    return str(item.callspec.params.get("plane", "")) if hasattr(item, "callspec") else ""


@pytest.fixture
def plane(request: pytest.FixtureRequest) -> Iterator[Plane]:
    """Return where objects are kept: an API server on which a test installs the kinds, or a box of the test's own."""
    if request.param == KUBERNETES:
        kubernetes = Kubernetes(request.getfixturevalue("control_plane"))
        yield kubernetes
        kubernetes.let_go()
    else:
        with box(request.getfixturevalue("tmp_path")) as found:
            yield found


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and is to be seen."""
    PROGRAMS.build(session)


@pytest.fixture(scope="session")
def kubectl_program(request: pytest.FixtureRequest) -> Path:
    """Return where kubectl is, of the version that the test bed has."""
    return PROGRAMS.of(request, "kubectl_program")


@pytest.fixture(scope="session")
def argo_plugin(request: pytest.FixtureRequest) -> Path:
    """Return where the kubectl plugin of Argo Rollouts is."""
    return PROGRAMS.of(request, "argo_plugin")


@pytest.fixture(scope="session")
def flux_health(request: pytest.FixtureRequest) -> Path:
    """Return where the program is that judges health as Flux does."""
    return PROGRAMS.of(request, "flux_health")
