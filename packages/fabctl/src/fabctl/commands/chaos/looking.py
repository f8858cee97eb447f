"""What an experiment would hit, as far as it can be known before it is made."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from fabctl.chaos.agents import agents
from fabctl.chaos.choosing import candidates, choice, sparing
from fabctl.chaos.experiments import OVER, PENDING, Experiment, experiment
from fabctl.chaos.guarding import ALLOWED, MARK, NAME, policy
from fabctl.chaos.rehearsal import Look
from fabctl.checks import ALONE
from fabctl.cluster.failures import NotThere
from fabctl.errors import Denied, FabctlError, NotInstalled
from fabctl.fields import mapping, sequence, text
from fabctl.labels import selector_text
from fabctl.names import CHAOS_POLICY, EXPERIMENT, PLC, POD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from datetime import datetime

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

T = TypeVar("T")


async def looked(cluster: Cluster, body: Body, given: Experiment, namespace: str, now: datetime) -> Look:
    """Return what an experiment would find.

    Args:
        cluster: Where.
        body: It, as it would be.
        given: The same as it is shown.
        namespace: Where its targets are.
        now: What the age of Leases is counted to.
    """
    target = mapping(mapping(body.get("spec")).get("target"))
    allowed, opted_in, bodies, claimed, leases = await asyncio.gather(
        _or_why(the_policy(cluster)),
        _or_why(_opted_in(cluster, namespace)),
        _or_why(_matching(cluster, namespace, target)),
        _or_why(_claimed(cluster, given)),
        _or_why(leases_of_agents(cluster, None)),
    )
    leases = [] if leases is None else leases
    known = policy(allowed) if allowed is not None and not isinstance(allowed, FabctlError) else allowed
    agents_there = leases if isinstance(leases, FabctlError) else {each.node: each for each in agents(leases, now)}
    if isinstance(bodies, FabctlError):
        return Look(known, opted_in, bodies, None, agents_there)
    by_policy = None if known is None or isinstance(known, FabctlError) else sparing(known, given.scenario, target)
    found = candidates(bodies, target, by_policy, {} if isinstance(claimed, FabctlError) else claimed)
    chosen = choice(found, target, by_policy) if target else None
    return Look(known, opted_in, tuple(found), chosen, agents_there)


async def _or_why(asking: Awaitable[T]) -> T | FabctlError:
    try:
        return await asking
    except (Denied, NotInstalled) as error:
        return error


async def leases_of_agents(cluster: Cluster, namespace: str | None) -> list[Body] | None:
    """Return the Leases of agents; None where there are no Leases, as an operator without a cluster has none."""
    try:
        return await cluster.agents(namespace)
    except NotThere:
        return None


async def the_policy(cluster: Cluster) -> Body | None:
    """Return the ChaosPolicy, None where there is none."""
    return await cluster.one(CHAOS_POLICY, None, NAME)


async def _opted_in(cluster: Cluster, namespace: str) -> bool:
    """Return whether a namespace lets experiments in; each does where the operator is its own API server, with none."""
    if ALONE in text((await cluster.server_version()).get("gitVersion")):
        return True
    try:
        found = await cluster.read(f"/api/v1/namespaces/{namespace}", "namespaces", namespace)
    except NotThere:
        return False
    return mapping(mapping(found.get("metadata")).get("labels")).get(MARK) == ALLOWED


async def _matching(cluster: Cluster, namespace: str, target: Body) -> list[Body]:
    if not target:
        return []
    kind = POD if text(target.get("kind")) == "pods" else PLC
    return await cluster.list_objects(namespace, selector_text(mapping(target.get("labelSelector"))), kind)


async def _claimed(cluster: Cluster, given: Experiment) -> Mapping[str, str]:
    """Return by the uid of each target, and of where it is injected, which other experiment has it."""
    claimed: dict[str, str] = {}
    for body in await cluster.list_objects(None, kind=EXPERIMENT):
        each = experiment(body)
        if each.phase not in {PENDING, *OVER} and each.key != given.key:
            for record in map(mapping, sequence(mapping(body.get("status")).get("targets"))):
                place = text(record.get("id")).rpartition(".")[2]
                claimed |= dict.fromkeys((text(record.get("uid")), place), "/".join(each.key))
    return claimed
