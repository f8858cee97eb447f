"""Processes beside the agent that do one thing and end."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from fabgitops_operator.agent.holders.run import command

PATIENCE_SECS = 30.0


async def done(kind: str, about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Have one thing done, and return what was told of it.

    Raises:
        TimeoutError: It took too long, and was killed.
    """
    process = await asyncio.create_subprocess_exec(*command(kind, about), stdout=asyncio.subprocess.PIPE)
    try:
        told, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return [json.loads(line) for line in told.splitlines()]
