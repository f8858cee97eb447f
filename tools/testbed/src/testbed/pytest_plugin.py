"""One control plane for a whole pytest run: `pytest_plugins = ["testbed.pytest_plugin"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane
from testbed.pods import Kubelet
from testbed.protocol import WORKLOADS

FIXTURE = "control_plane"
WITH_CONTROLLERS = "workload_plane"
BINARIES = Beforehand()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the binaries before the first test: a build takes longer than a test may, and is to be seen."""
    if wanted := {FIXTURE, WITH_CONTROLLERS} & asked(session):
        BINARIES.do(session, lambda: needed_binaries(controller_manager=WITH_CONTROLLERS in wanted))


@pytest.fixture(scope="session")
def control_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """A real API server with RBAC on, shared by the run: give each test a namespace of its own."""
    BINARIES.must_be_done(request.config)
    with running_control_plane() as running:
        yield running


@pytest.fixture(scope="session")
def workload_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Another API server, whose Deployments and ReplicaSets make pods and whose Services have EndpointSlices.

    Its pods stay Pending unless a test asks for `kubelet` as well.
    """
    BINARIES.must_be_done(request.config)
    with running_control_plane(controllers=WORKLOADS) as running:
        yield running


@pytest.fixture(scope="session")
def kubelet(workload_plane: ControlPlane) -> Iterator[Kubelet]:
    """Let the pods of `workload_plane` run, ready or not as their annotations and the test say; nobody serves there.

    Its images are the whole session's: a test that breaks one uses a name that no other test has.
    """
    with Kubelet(workload_plane) as running:
        yield running
