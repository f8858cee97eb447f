"""Several rollouts of both kinds: which are meant, and what is done to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fabctl.commands.acting import Act
from fabctl.commands.listing import chunks_of_all
from fabctl.commands.rollout.finding import find
from fabctl.commands.selecting import namespace_of
from fabctl.names import ROLLOUT, ROLLOUTS, WORKLOAD, Kind
from fabctl.rollouts import RolloutView, rollout_view
from fabctl.workloads import WorkloadView, workload_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.commands.acting import Annotations, Answer
    from fabctl.commands.rollout.finding import Meant
    from fabctl.errors import FabctlError
    from fabctl.fields import Body
    from fabctl.model import View
    from fabctl.options import Scope

Viewed = tuple[Kind, RolloutView | WorkloadView]
"""A rollout, and of which kind it is."""


async def views(cluster: Cluster, wanted: Sequence[Meant], scope: Scope) -> tuple[list[Viewed], int]:
    """Return the rollouts of these names, or where there are none all that the scope selects.

    The exit code comes with them to which it leads that a kind may not be seen.

    Raises:
        FabctlError: One of the names is not there, or says not which rollout is meant.
    """
    if wanted:
        found = await asyncio.gather(*(find(cluster, each) for each in wanted))
        return [_viewed(*each) for each in found], 0
    left: list[FabctlError] = []
    chunks = chunks_of_all(cluster, namespace_of(cluster, scope), scope.selector, ROLLOUTS, left.append)
    titles = {kind.title: kind for kind in ROLLOUTS}
    there = [_viewed(titles[body["kind"]], body) async for chunk in chunks for body in chunk]
    return there, max((error.code for error in left), default=0)


def _viewed(kind: Kind, body: Body) -> Viewed:
    return kind, workload_view(body) if kind is WORKLOAD else rollout_view(body)


def acts_of(
    rollouts: Sequence[Viewed],
    annotations: Annotations,
    asked: str,
    answers: Mapping[Kind, Callable[[View, Body], Answer | None]],
) -> list[Act]:
    """Return what is done to rollouts, an act for each kind that is among them."""
    return [
        Act({each.key: annotations for of, each in rollouts if of is kind}, asked, answers[kind], kind)
        for kind in (ROLLOUT, WORKLOAD)
        if any(of is kind for of, _ in rollouts)
    ]
