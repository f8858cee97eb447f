"""`fabctl rollout get`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.branching import branches, looked_at
from fabctl.cluster import connected
from fabctl.commands.following import again, until_signalled
from fabctl.commands.rollout.members import members
from fabctl.errors import UsageError
from fabctl.names import ROLLOUT, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render.objects import show_objects
from fabctl.render.telling import open_tree
from fabctl.render.tree import show_tree
from fabctl.rollouts import rollout_view

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


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
    """Draw a rollout: its waves, the PLCs of each and how each stands, what judges it, and the last decisions.

    Of more than a hundred PLCs those of the wave that is under way are shown, and those that have failed or are waited
    for. With -w again and again until Ctrl-C; in a pipe a line for each change and each decision.

    Args:
        name: The rollout, also as spr/NAME.
        watch: Go on until Ctrl-C.
        interval: Seconds between two looks, at least 0.1.
        output: How to print; wide says more of each; json, yaml and name are the rollout alone.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), ROLLOUT)
    wide = output is Format.WIDE
    if watch and output not in {Format.TABLE, Format.WIDE}:
        raise UsageError(f"--watch draws a tree: drop it, or -o {output}")
    if watch:
        return await until_signalled(_watch(wanted, interval, connection, wide=wide))
    async with connected(connection) as cluster:
        if output not in {Format.TABLE, Format.WIDE}:
            body = await cluster.get(wanted, ROLLOUT)
            show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=ROLLOUT)
            return 0
        body, plcs = await _looked_at(cluster, wanted)
        show_tree(branches(rollout_view(body), plcs, datetime.now(UTC)), wide=wide)
    return 0


async def _looked_at(cluster: Cluster, name: str) -> tuple[Body, list[Body]]:
    body = await cluster.get(name, ROLLOUT)
    return body, await members(cluster, body, looked_at(rollout_view(body)))


async def _watch(name: str, interval: float, connection: Connection, *, wide: bool) -> None:
    async with connected(connection) as cluster:
        found = await _looked_at(cluster, name)  # what is wrong from the start ends it at once
        with open_tree() as told:
            while True:
                rollout = rollout_view(found[0])
                told.show(rollout, branches(rollout, found[1], datetime.now(UTC)), wide=wide)
                found = await again(lambda: _looked_at(cluster, name), told.trouble, interval)
