"""One control plane for a whole pytest run: `pytest_plugins = ["testbed.pytest_plugin"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.beforehand import Beforehand, asked
from testbed.binaries import needed_binaries
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane

FIXTURE = "control_plane"
BINARIES = Beforehand()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the binaries before the first test: a build takes longer than a test may, and is to be seen."""
    if FIXTURE in asked(session):
        BINARIES.do(session, lambda: needed_binaries(controller_manager=False))


@pytest.fixture(scope="session")
def control_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """A real API server with RBAC on, shared by the run: give each test a namespace of its own."""
    BINARIES.must_be_done(request.config)
    with running_control_plane() as running:
        yield running
