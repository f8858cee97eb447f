"""What becomes of the pods of a control plane, for as long as anybody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Literal

import aiohttp

from testbed.asking import BETWEEN_TRIES, ask
from testbed.pods.manifest import Pod

PODS = "/api/v1/pods"

Change = Literal["ALL", "ADDED", "MODIFIED", "DELETED"]


async def watch(client: aiohttp.ClientSession) -> AsyncIterator[tuple[Change, list[Pod]]]:
    """All pods (ALL), then each change; all of them anew after each interruption.

    Raises:
        TestbedError: the API server refuses it.
    """
    while True:
        found = await ask(client, "GET", PODS)
        yield "ALL", found["items"]
        try:
            async for change in _changes(client, found["metadata"]["resourceVersion"]):
                yield change
        except (aiohttp.ClientError, TimeoutError):  # it was stopped; `ask` waits until it is there again
            continue


async def _changes(client: aiohttp.ClientSession, since: str) -> AsyncIterator[tuple[Change, list[Pod]]]:
    options = {"watch": "1", "resourceVersion": since}
    async with client.get(PODS, params=options, timeout=aiohttp.ClientTimeout(total=None)) as stream:
        if not stream.ok:
            await asyncio.sleep(BETWEEN_TRIES)
            return
        async for line in stream.content:
            event = json.loads(line)
            if event["type"] == "ERROR":  # what it started from is too old
                return
            yield event["type"], [event["object"]]
