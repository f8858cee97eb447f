"""The PLCs that a rollout selects."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fabctl.errors import UnknownPLC
from fabctl.names import check_name
from fabctl.rollouts import selector_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

AT_ONCE = 16
"""Requests to the API server under way at a time."""


async def members(cluster: Cluster, rollout: Body, names: Sequence[str] | None = None) -> list[Body]:
    """Return the PLCs that a rollout selects, in the namespace in which it is; none where it selects none.

    Args:
        cluster: Where they are.
        rollout: The rollout.
        names: Those that matter, where that is not all; one that is gone is left out.
    """
    if names is None:
        selector = selector_of(rollout)
        return await cluster.list_objects(cluster.namespace, selector) if selector else []
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Body | None:
        async with slots:
            try:
                check_name(name)  # whoever may write a status may have put anything there, and it becomes part of a URL
                return await cluster.get(name)
            except (UnknownPLC, ValueError):
                return None

    return [body for body in await asyncio.gather(*map(one, names)) if body is not None]
