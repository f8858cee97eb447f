"""A store of the tests' own kinds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import Store

from .things import RESOURCES


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Return a store that begins empty."""
    async with await Store.open(tmp_path / "state", RESOURCES) as store:
        yield store
