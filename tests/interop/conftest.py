"""A server of Kafka's protocol, built before the first test."""

from pathlib import Path

import pytest
from testbed.beforehand import Beforehand, asked
from testbed.gotools import KFAKE, built

FIXTURE = "kfake"
PROGRAM = Beforehand()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build it: that takes longer than a test may, and is to be seen."""
    if FIXTURE in asked(session):
        PROGRAM.do(session, lambda: built(KFAKE))


@pytest.fixture(scope="session")
def kfake(request: pytest.FixtureRequest) -> Path:
    """Return where kfake is."""
    PROGRAM.must_be_done(request.config)
    return built(KFAKE)["kfake"]
