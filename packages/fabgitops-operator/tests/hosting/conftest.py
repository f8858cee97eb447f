"""An API server in memory that can refuse, and objects to tell of."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_operator.hosting.metrics import Metrics

KEY = Key("IndustrialPLC", "plant", "mixer")


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.001)


@dataclass
class FakeKube:
    """What Reporter and Announcer need of the API: it remembers writes, and raises `errors` in their order, each once.

    Requests wait for `hold` where there is one; `waiting` counts those that do, `most` the most at the same time.
    The namespace `deaf` always answers Events with `deaf_says`, or never.
    """

    statuses: list[tuple[Key, Mapping[str, Any]]] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    created: list[Mapping[str, Any]] = field(default_factory=list)
    patched: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)
    always: Exception | None = None
    hold: asyncio.Event | None = None
    deaf: str = ""
    deaf_says: Exception | None = None
    attempts: int = 0
    waiting: int = 0
    most: int = 0

    async def _answer(self) -> None:
        self.attempts += 1
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.waiting -= 1
        error = self.errors.pop(0) if self.errors else self.always
        if error is not None:
            raise error

    async def patch_status(self, key: Key, uid: str, status: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remember a status, and the uid that each attempt named; return the object as it is stored now."""
        self.uids.append(uid)
        await self._answer()
        self.statuses.append((key, status))
        return {"metadata": {"resourceVersion": str(1000 + len(self.statuses))}, "status": status}

    async def create_event(self, body: Mapping[str, Any]) -> None:
        """Remember an Event."""
        if body["metadata"]["namespace"] == self.deaf:
            if self.deaf_says is not None:
                raise self.deaf_says
            await asyncio.Event().wait()
        await self._answer()
        self.created.append(body)

    async def patch_event(self, namespace: str, name: str, body: Mapping[str, Any]) -> None:
        """Remember a change of an Event."""
        await self._answer()
        self.patched.append((f"{namespace}/{name}", body))


@pytest.fixture
def kube() -> FakeKube:
    """Return an API server in memory."""
    return FakeKube()


@pytest.fixture
def metrics() -> Metrics:
    """Return metrics of nothing so far."""
    return Metrics()


def writes(metrics: Metrics, resource: str, result: str) -> float | None:
    """Return how many writes of this result were counted."""
    return metrics.registry.get_sample_value("fabgitops_api_writes_total", {"resource": resource, "result": result})
