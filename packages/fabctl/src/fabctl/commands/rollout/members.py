"""The PLCs that a rollout selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabctl.rollouts import selector_of

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def members(cluster: Cluster, rollout: Body) -> list[Body]:
    """Return the PLCs that a rollout selects, in the namespace in which it is; none where it selects none."""
    selector = selector_of(rollout)
    return await cluster.list_objects(cluster.namespace, selector) if selector else []
