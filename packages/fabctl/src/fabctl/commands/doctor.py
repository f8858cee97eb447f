"""`fabctl doctor`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.checks import (
    ALONE,
    APPROVE,
    OF_RACKS,
    OF_ROLLOUTS,
    OF_WORKLOADS,
    RIGHTS,
    Check,
    Right,
    State,
    is_held,
    of_chaos,
    of_clocks,
    of_definition,
    of_leases,
    of_operators,
    of_rights,
    pod_of,
    version_of,
    worst,
)
from fabctl.cluster import connected
from fabctl.commands.selecting import several, show_here
from fabctl.errors import Denied, FabctlError, NoConfig
from fabctl.fields import text
from fabctl.names import CHECK, EXPERIMENT, RACK, ROLLOUT, WORKLOAD, Kind, check_name
from fabctl.options import ANYWHERE, PRINTING, Anywhere, Connection, Format, Printing, Rows
from fabctl.render.objects import made
from fabctl.render.shapes import Table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def doctor(
    *,
    output: Rows = Format.TABLE,
    printing: Printing = PRINTING,
    connection: Anywhere = ANYWHERE,
) -> int:
    """Look for what is wrong between here and the PLCs, and say how to mend it.

    Kubeconfig, API server, who you are and what you may do in the namespace, the definitions, the operator, clocks.
    Exit code 1 when a check has failed; warnings are none.

    Args:
        output: How to print; in json and yaml each check is an object.
        printing: What is left out.
        connection: Which clusters, and where in them.
    """
    if contexts := several(connection):
        from fabctl.commands.contexts import Everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        told = await asyncio.gather(*(_told(replace(connection, context=each)) for each in contexts))
        known = [(context, check) for context, checks in zip(contexts, told, strict=True) for check in checks]
        checks = Everywhere(known, ())
        show_everywhere(
            checks.spread(lambda check: [_object(check)]), checks, _table, output, kind=CHECK, printing=printing
        )
        return worst([check for _, check in known])
    found = await _told(connection)
    show_here(list(map(_object, found)), found, _table, output, "", kind=CHECK, printing=printing)
    return worst(found)


async def _told(connection: Connection) -> list[Check]:
    return [check async for check in _checks(connection)]


def _object(check: Check) -> Body:
    name = re.sub(r"[^a-z0-9]+", "-", check.name.lower()).strip("-")
    return made("Check", name, check=check.name, state=str(check.state), found=check.found, mend=check.mend)


async def _checks(connection: Connection) -> AsyncIterator[Check]:
    try:
        async with connected(connection) as cluster:
            where = f'context "{cluster.context}", namespace {cluster.namespace}, {cluster.server}'
            yield Check("kubeconfig", State.OK, text(where))
            async for check in _of_the_cluster(cluster):
                yield check
    except NoConfig as error:
        yield Check("kubeconfig", State.FAILED, str(error), "choose one with --kubeconfig and --context")


async def _of_the_cluster(cluster: Cluster) -> AsyncIterator[Check]:
    try:
        version = text((await cluster.server_version()).get("gitVersion"))
        yield Check("API server", State.OK, f"answers, {version}")
        yield of_clocks(datetime.now(UTC), cluster.date)
        yield Check("you", State.OK, text(await cluster.user()))
    except NoConfig:
        raise
    except FabctlError as error:
        yield Check("API server", State.FAILED, str(error), "until this is mended nothing else can be looked at")
        return
    alone = version.partition(ALONE)[2]
    needing = {
        **RIGHTS,
        **(OF_ROLLOUTS if await _has(cluster, ROLLOUT) else {}),
        **(OF_WORKLOADS if await _has(cluster, WORKLOAD) else {}),
        **(of_chaos(alone=bool(alone)) if await _has(cluster, EXPERIMENT) else {}),
        **(OF_RACKS if await _has(cluster, RACK) else {}),
    }
    for check in of_rights(await _allowed(cluster, needing, known=not alone), needing):
        yield check
    if alone:
        yield Check("definitions", State.OK, f"version {alone}, those of the operator")
        yield Check("operator", State.OK, f"{alone}, which is the API server itself")
        return
    definitions, check = await _definitions(cluster)
    yield check
    for check in await _operators(cluster, definitions):
        yield check


async def _has(cluster: Cluster, kind: Kind) -> bool:
    try:
        return await cluster.serves(kind)
    except FabctlError:  # then it is not known, and who wants to lead a rollout is told by its own commands
        return False


async def _allowed(cluster: Cluster, needing: Mapping[str, tuple[Right, ...]], *, known: bool) -> dict[Right, bool]:
    """Return which rights there are; who may patch may approve where the API server does not know that right."""
    rights = sorted({right for needed in needing.values() for right in needed}, key=str)
    asked = (cluster.may(right.verb if known or right != APPROVE else "patch", *right[1:]) for right in rights)
    return dict(zip(rights, await asyncio.gather(*asked), strict=True))


async def _definitions(cluster: Cluster) -> tuple[str, Check]:
    """Return the version of the definitions, "" where it is not known, and what is to be said of them."""
    try:
        body = await cluster.definition()
    except Denied as error:
        return "", Check("definitions", State.SKIPPED, str(error))
    except FabctlError as error:
        return "", Check("definitions", State.FAILED, str(error))
    return version_of(body), of_definition(body)


async def _operators(cluster: Cluster, definitions: str) -> list[Check]:
    try:
        leases = await cluster.leases()
    except FabctlError as error:
        return [*await _over(cluster, ()), Check("operator", State.SKIPPED, str(error))]
    now = cluster.date or datetime.now(UTC)
    held = [lease for lease in leases if is_held(lease, now)]
    checks = [*await _over(cluster, held), *of_leases(leases, definitions, now)]
    return [*checks, *await asyncio.gather(*(_health(cluster, lease) for lease in held))]


async def _over(cluster: Cluster, held: Iterable[Body]) -> list[Check]:
    """Return what may be done that is about operators, by the Leases that they hold."""
    needing = of_operators(pod_of(lease)[0] for lease in held)
    return of_rights(await _allowed(cluster, needing, known=True), needing)


async def _health(cluster: Cluster, lease: Body) -> Check:
    """Ask an operator whether it is ready, through the API server: its Lease is held in the name of its pod."""
    namespace, pod = pod_of(lease)
    name = f"health of {pod}"
    try:
        check_name(pod)
        status, said = await cluster.pod(namespace, pod, "readyz")
    except (FabctlError, ValueError) as error:
        return Check(name, State.SKIPPED, text(str(error)))
    answer = " ".join(text(said).split())[:200]
    if status == 200:
        return Check(name, State.OK, f"ready: {answer}")
    if status in {403, 404}:
        return Check(
            name,
            State.SKIPPED,
            f"not asked ({status}): {answer}",
            "ask for a role with get on pods/proxy, which fabctl top takes, too",
        )
    mend = f"look at its log: kubectl logs -n {namespace} {pod}"
    return Check(name, State.FAILED, f"not ready ({status}): {answer}", mend)


def _table(checks: Sequence[Check]) -> Table:
    rows = tuple((each.name, str(each.state), each.found, each.mend) for each in checks)
    return Table("", ("Check", "Result", "Found", "To mend"), rows)
