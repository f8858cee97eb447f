"""What becomes of a Service, each change of it in its order."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from .stage import Stage
from .workload import HASH


@asynccontextmanager
async def selections(stage: Stage, name: str) -> AsyncIterator[list[str]]:
    """Note each revision that a Service comes to select while the block lasts; the first is that of now."""
    seen: list[str] = []

    async def begun() -> bool:
        return bool(seen)

    task = asyncio.create_task(_watch(stage, name, seen))
    try:
        await stage.until(begun, f"the Service {name} is watched")
        yield seen
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _watch(stage: Stage, name: str, seen: list[str]) -> None:
    url = stage.url("Service", name).rpartition("/")[0]
    options = {"watch": "1", "fieldSelector": f"metadata.name={name}"}
    async with stage.api.get(url, params=options, timeout=aiohttp.ClientTimeout(total=None)) as lines:
        async for line in lines.content:
            selected = json.loads(line)["object"]["spec"]["selector"].get(HASH, "")
            if [selected] != seen[-1:]:
                seen.append(selected)
