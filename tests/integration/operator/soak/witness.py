"""Who watches every status that is stored: what is told in numbers only goes up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from lightkube.core.exceptions import ApiError

from ..conftest import IndustrialPLC, Site

NEVER_LESS = ("observedGeneration", "driftEvents", "correctionsApplied")


class Witness:
    """Keeps what went back, or spoke of a generation that there was not yet."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen: dict[str, tuple[int, ...]] = {}
        self.statuses = 0
        self.wrong: list[str] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch until the block ends, over every outage."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            try:
                async for _what, body in self._site.client.watch(IndustrialPLC, namespace=self._site.namespace):
                    self._look(body)
            except (ApiError, httpx2.HTTPError):
                await asyncio.sleep(0.5)

    def _look(self, body: Any) -> None:
        name, status = body["metadata"]["name"], body.get("status") or {}
        numbers = tuple(int(status.get(each, 0)) for each in NEVER_LESS)
        before = self._seen.get(name, numbers)
        self.statuses += numbers != before
        if any(now < then for now, then in zip(numbers, before, strict=True)):
            self.wrong.append(f"{name}: {NEVER_LESS} went from {before} to {numbers}")
        if numbers[0] > int(body["metadata"]["generation"]):
            self.wrong.append(f"{name}: generation {numbers[0]} is told of before it is there")
        self._seen[name] = numbers
