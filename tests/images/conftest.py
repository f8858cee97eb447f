"""The images that `./dev images` has just built, and the engine that runs them."""

import pytest
from testbed.containers import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return the container engine."""
    return Engine.find()
