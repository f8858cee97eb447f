"""One control plane for a whole pytest run: `pytest_plugins = ["testbed.pytest_plugin"]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from testbed.binaries import needed_binaries
from testbed.errors import TestbedError
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane

FIXTURE = "control_plane"
PROBLEM = pytest.StashKey[TestbedError]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find the binaries before the first test: a build takes longer than a test may, and is to be seen."""
    wanted = any(FIXTURE in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        try:
            needed_binaries(controller_manager=False)
        except TestbedError as error:
            # Every test that needs them fails by itself; those that do not are none the worse.
            session.config.stash[PROBLEM] = error


@pytest.fixture(scope="session")
def control_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """A real API server with RBAC on, shared by the run: give each test a namespace of its own."""
    if PROBLEM in request.config.stash:
        raise request.config.stash[PROBLEM]
    with running_control_plane() as running:
        yield running
