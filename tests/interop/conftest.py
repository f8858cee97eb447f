"""What tests of buses share: a server of Kafka's protocol, built before the first one, and short waits."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from fabgitops_operator.bus import pace
from testbed.beforehand import Beforehand, asked
from testbed.gotools import KFAKE, built

FIXTURE = "kfake"
PROGRAM = Beforehand()

FOREIGN = find_spec("redfish") is not None
"""Whether the libraries of others that read BMCs are there: in the environment of `./dev interop` alone."""

collect_ignore = [] if FOREIGN else ["test_bmc_story.py", "test_redfish.py"]


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Refuse to leave out what is asked for."""
    if not FOREIGN and config.getoption("-m") == "interop":
        raise pytest.UsageError("tests of BMCs need libraries of others: ./dev interop installs them")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build it: that takes longer than a test may, and is to be seen."""
    if FIXTURE in asked(session):
        PROGRAM.do(session, lambda: built(KFAKE))


@pytest.fixture(scope="session")
def kfake(request: pytest.FixtureRequest) -> Path:
    """Return where kfake is."""
    PROGRAM.must_be_done(request.config)
    return built(KFAKE)["kfake"]


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, and wait for no answer for long."""
    monkeypatch.setattr(pace, "FIRST_SECS", 0.02)
    monkeypatch.setattr(pace, "LONGEST_SECS", 0.2)
    for client in ("nats", "kafka"):
        monkeypatch.setattr(f"fabgitops_operator.bus.{client}.REPLY_SECS", 1.0)
