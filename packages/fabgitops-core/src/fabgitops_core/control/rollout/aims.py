"""What is to be now: made of the status and of what is there, and compared with what is there.

An aim says nothing of what is to stay as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.api.rollout.steps import HeaderRoute
from fabgitops_core.control.rollout.differing import Doing


@dataclass(frozen=True, slots=True)
class Routing:
    """Where requests go: `weight` of `maxTrafficWeight` to the canary Service, the rest to the stable one.

    `canary` and `stable` are the revisions that the two Services select, "" where nothing is to be selected beside what
    the Service itself says; `headers` send requests to the canary Service besides, the first goes before the others.
    """

    weight: int = 0
    canary: str = ""
    stable: str = ""
    headers: tuple[HeaderRoute, ...] = ()

    def weight_of(self, revision: str, most: int) -> int:
        """Return the weight that a revision has by both Services, 0 to `most`, which is that of both together."""
        return self.weight * (self.canary == revision) + (most - self.weight) * (self.stable == revision)


@dataclass(frozen=True, slots=True)
class Aims:
    """What is to be now.

    Args:
        make: Whether the ReplicaSet of the template that is declared is to be made.
        replicas: How many pods each revision is to have now, by its hash.
        selectors: Which revision each Service is to select, by its name.
        release: Services that are to select all pods again, by name: they are named no more.
        routing: Where the routes are to send requests; None where there are none.
        keep_until: Until when a revision is left as it is, by its hash; None takes that away.
        delete: Revisions that go, by their hash: each has no pods.
        leave: What puts routes back that are named no more.
        workload: How many pods of its own the Deployment keeps that says what the pods are; None for as many as it has.
        due: When it is to be looked at again though nothing has changed; None for never.
    """

    make: bool = False
    replicas: Mapping[str, int] = field(default_factory=dict)
    selectors: Mapping[str, str] = field(default_factory=dict)
    release: tuple[str, ...] = ()
    routing: Routing | None = None
    keep_until: Mapping[str, datetime | None] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    leave: tuple[Doing, ...] = ()
    workload: int | None = None
    due: datetime | None = None
