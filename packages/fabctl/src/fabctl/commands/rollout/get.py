"""`fabctl rollout get`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.branching import branches, looked_at
from fabctl.cluster import connected
from fabctl.commands.following import again, until_signalled
from fabctl.commands.rollout.finding import find, meant
from fabctl.commands.rollout.members import members
from fabctl.errors import UsageError
from fabctl.names import ROLLOUT, WORKLOAD
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render.objects import show_objects
from fabctl.render.telling import open_tree
from fabctl.render.tree import show_tree
from fabctl.rollouts import rollout_view

if TYPE_CHECKING:
    from fabctl.branching import Branch
    from fabctl.cluster.client import Cluster
    from fabctl.commands.rollout.finding import Meant
    from fabctl.fields import Body
    from fabctl.names import Kind


async def get(
    name: Names,
    /,
    *,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    interval: Annotated[float, Parameter(validator=Number(gte=0.1))] = 2.0,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> int:
    """Draw a rollout as it stands, what judges it, and the last decisions.

    Of set-points its waves with their PLCs: of more than a hundred those of the wave that is under way, and those that
    have failed or are waited for. Of a workload its revisions with their pods, weights and steps. With -w until Ctrl-C;
    in a pipe a line for each change of how the rollout stands, and for each decision.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        watch: Go on until Ctrl-C.
        interval: Seconds between two looks, at least 0.1; a workload is watched, and drawn at once when it changes.
        output: How to print; wide says more of each; json, yaml and name are the rollout alone.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    wanted = meant(name)
    wide = output is Format.WIDE
    if watch and output not in {Format.TABLE, Format.WIDE}:
        raise UsageError(f"--watch draws a tree: drop it, or -o {output}")
    if watch:
        return await until_signalled(_watch(wanted, interval, connection, wide=wide))
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)
        if output not in {Format.TABLE, Format.WIDE}:
            show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=kind)
            return 0
        show_tree(await _tree(cluster, kind, body), wide=wide)
    return 0


async def _tree(cluster: Cluster, kind: Kind, body: Body) -> Branch:
    if kind is ROLLOUT:
        return branches(rollout_view(body), await members(cluster, body, looked_at(rollout_view(body))), _now())
    from fabctl.commands.rollout.owned import owned  # noqa: PLC0415 - of a workload alone
    from fabctl.lineage import lineage  # noqa: PLC0415
    from fabctl.workloads import workload_view  # noqa: PLC0415

    rollout, found = workload_view(body), await owned(cluster, body)
    return lineage(rollout, found.of(rollout.uid), _now(), found.missing.items())


async def _watch(wanted: Meant, interval: float, connection: Connection, *, wide: bool) -> None:
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)  # what is wrong from the start ends it at once
        if kind is WORKLOAD:
            from fabctl.commands.rollout.watching import watch  # noqa: PLC0415 - of a workload alone

            await watch(cluster, body, interval, wide=wide)
            return
        name = wanted[1]
        found = body, await members(cluster, body, looked_at(rollout_view(body)))
        with open_tree() as told:
            while True:
                rollout = rollout_view(found[0])
                told.show(rollout.decisions, branches(rollout, found[1], _now()), wide=wide)
                found = await again(lambda: _looked_at(cluster, name), told.trouble, interval)


async def _looked_at(cluster: Cluster, name: str) -> tuple[Body, list[Body]]:
    body = await cluster.get(name, ROLLOUT)
    return body, await members(cluster, body, looked_at(rollout_view(body)))


def _now() -> datetime:
    return datetime.now(UTC)
