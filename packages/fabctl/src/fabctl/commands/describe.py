"""`fabctl describe`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.commands.selecting import found
from fabctl.errors import FabctlError
from fabctl.guards import guards, to_write
from fabctl.model import view
from fabctl.names import named
from fabctl.options import HERE, Connection, Names, TableOutput
from fabctl.plans import plan
from fabctl.releases import release_of
from fabctl.render import show_sections
from fabctl.render.description import description
from fabctl.render.guards import guards_section
from fabctl.render.plans import waiting_section
from fabctl.render.waves import release_section

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def describe(
    name: Names,
    /,
    *names: Names,
    drifted: Annotated[bool, Parameter(negative="")] = False,
    output: TableOutput = "table",
    connection: Connection = HERE,
) -> int:
    """Show all that is known of a PLC: spec, registers, status, guards, conditions, and its Events, the newest last.

    The registers of a map stand with problems first, each with where its values were declared when a template is
    involved.

    Args:
        name: The PLC, also as plc/NAME.
        names: Further ones.
        drifted: Of the registers, show only those that do not hold what Git wants or cannot be read.
        output: wide also has the words of each register as they came.
        connection: Which cluster, and where in it.
    """
    wanted = named((name, *names))
    async with connected(connection) as cluster:
        bodies = await found(cluster, wanted)
        for at, body in enumerate(bodies):
            plc, now = view(body), datetime.now(UTC)
            waiting, led = plan(body), release_of(body)
            sections = description(
                plc,
                await events_or_why_not(cluster, plc.namespace, plc.uid),
                now,
                wide=output == "wide",
                drifted=drifted,
                more=[
                    guards_section(plc, guards(body), to_write(body), now),
                    *([waiting_section(plc, waiting, now)] if waiting else []),
                    *([release_section(led, now)] if led else []),
                ],
            )
            show_sections(sections, below=at > 0)
    return int(len(bodies) < len(wanted))


async def events_or_why_not(cluster: Cluster, namespace: str, uid: str) -> list[Body] | str:
    """Return the Events about an object, or why they are not to be had: who may not see Events sees the rest."""
    try:
        return await cluster.events(namespace, uid)
    except FabctlError as error:
        return str(error)
