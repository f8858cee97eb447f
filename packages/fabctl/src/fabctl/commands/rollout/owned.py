"""What a Rollout of a workload owns: its ReplicaSets and their pods."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fabctl.errors import Denied
from fabctl.fields import key_of, mapping, text
from fabctl.names import POD, REPLICA_SET, Kind
from fabctl.revisions import HASH, LABEL, revisions
from fabctl.rollouts import selector_of

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster, Key
    from fabctl.fields import Body
    from fabctl.revisions import Revision


@dataclass(slots=True)
class Owned:
    """What was found, by namespace and name, and what may not be looked at, with why."""

    sets: dict[Key, Body] = field(default_factory=dict)
    pods: dict[Key, Body] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, uid: str) -> list[Revision]:
        """Return the revisions that an object owns."""
        return revisions(uid, self.sets.values(), self.pods.values())


def selectors(rollout: Body) -> tuple[tuple[Kind, str], ...]:
    """Return by which labels the ReplicaSets and the pods of a Rollout are looked for."""
    name = text(mapping(rollout.get("metadata")).get("name"))
    pods = selector_of(rollout) or text(mapping(rollout.get("status")).get("selector"))
    return (REPLICA_SET, f"{LABEL}={name}"), (POD, ",".join(filter(None, (pods, HASH))))


async def owned(cluster: Cluster, rollout: Body, *, pods: bool = True) -> Owned:
    """Return what a Rollout owns; what may not be listed is missing, and said."""
    found = Owned()

    async def look(kind: Kind, selector: str, into: dict[Key, Body]) -> None:
        try:
            bodies = await cluster.list_objects(cluster.namespace, selector, kind)
        except Denied as error:
            found.missing[kind.plural] = str(error)
        else:
            into.update({key_of(body): body for body in bodies})

    wanted = zip(selectors(rollout), (found.sets, found.pods), strict=True)
    await asyncio.gather(*(look(kind, selector, into) for (kind, selector), into in list(wanted)[: 1 + pods]))
    return found
