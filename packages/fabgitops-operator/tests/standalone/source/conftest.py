"""A store of a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Return a store in the test's folder."""
    opened = await Store.open(tmp_path / "kept")
    yield opened
    await opened.close()
