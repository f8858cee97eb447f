"""PLCs that an operator looks after no more: what one of them is, is nobody else's trouble."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_operator.cluster.leaving import Leaving
from fabgitops_operator.hosting.errors import ApiError, Gone, Rejected
from fabgitops_operator.hosting.ports import Body


class Given:
    """An API of PLCs in one namespace, which does not take the status of one."""

    def __init__(self, odd: str, error: ApiError) -> None:
        self.odd, self.error = odd, error
        self.told: list[str] = []
        self.tried = 0

    async def list_all(self, _: Kind, namespace: str | None) -> AsyncIterator[Body]:
        """Yield three, in their order."""
        for name in ("first", "second", "third"):
            metadata = {"name": name, "namespace": namespace, "uid": name}
            yield {"metadata": metadata, "spec": {}, "status": {"phase": "Connected"}}

    async def patch_status(self, key: Key, _uid: str, status: Body) -> Body:
        """Take a status."""
        if key.name == self.odd:
            self.tried += 1
            raise self.error
        self.told.append(key.name)
        return status


@pytest.mark.parametrize("error", [Rejected("refused", "invalid"), Gone("not found", "notfound")])
async def test_one_whose_status_is_refused_keeps_no_other_from_being_told(error: ApiError) -> None:
    """Each other one in the namespace says that nobody looks after it, and the odd one is not asked for ever."""
    api: Any = Given("second", error)
    leaving = Leaving(api, "here", (), lambda: ("line-1",), 0.01)
    async with leaving.running(), asyncio.timeout(10):
        while len(api.told) < 2 or not api.tried:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # further looks
    assert api.told == ["first", "third"]
    assert api.tried == 1
