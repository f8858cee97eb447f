"""`fabctl chaos get`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.chaos.experiments import experiment
from fabctl.chaos.tree import experiment_tree
from fabctl.cluster import connected
from fabctl.commands.chaos.following import code_of, followed
from fabctl.commands.following import until_signalled
from fabctl.errors import UsageError
from fabctl.names import EXPERIMENT, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render.objects import show_objects
from fabctl.render.tree import show_tree


async def get(
    name: Names,
    /,
    *,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    interval: Annotated[float, Parameter(validator=Number(gte=0.1))] = 1.0,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> int:
    """Draw an experiment: its phases, each target with the time that is left, its probes, and the verdict.

    With -w as it goes on, until it is over; then the exit code says what it showed, as that of fabctl chaos run --wait
    does. Ctrl-C ends the looking, and not the experiment. In a pipe a line for each change.

    Args:
        name: The experiment, also as chaos/NAME.
        watch: Go on until it is over.
        interval: Seconds after which its time is drawn anew, at least 0.1; what changes is drawn at once.
        output: How to print; wide says more of each; json, yaml and name are the experiment alone.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), EXPERIMENT)
    wide = output is Format.WIDE
    if watch and output not in {Format.TABLE, Format.WIDE}:
        raise UsageError(f"--watch draws a tree: drop it, or -o {output}")
    if watch:
        code = 0

        async def look() -> None:
            nonlocal code
            async with connected(connection) as cluster:
                body = await cluster.get(wanted, EXPERIMENT)
                code = code_of(experiment(await followed(cluster, body, interval, wide=wide)))

        return await until_signalled(look()) or code
    async with connected(connection) as cluster:
        body = await cluster.get(wanted, EXPERIMENT)
    if output not in {Format.TABLE, Format.WIDE}:
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=EXPERIMENT)
    else:
        show_tree(experiment_tree(experiment(body), datetime.now(UTC)), wide=wide)
    return 0
