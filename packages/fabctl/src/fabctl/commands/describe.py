"""`fabctl describe`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.commands.selecting import found
from fabctl.errors import FabctlError
from fabctl.exporting import template_of
from fabctl.fields import mapping, text
from fabctl.guards import guards, to_write
from fabctl.maps import resolved
from fabctl.model import view
from fabctl.names import TEMPLATE, check_name, named
from fabctl.options import HERE, Connection, Names, TableOutput
from fabctl.plans import plan
from fabctl.releases import release_of
from fabctl.render import show_sections
from fabctl.render.description import description
from fabctl.render.guards import guards_section
from fabctl.render.plans import waiting_section
from fabctl.render.waves import release_section
from fabctl.ways import ways

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
    involved. What is read elsewhere, written in a group, with steps before and after it, or again and again has a part
    of its own: of a password it has the name and key of the Secret.

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
        for at, given in enumerate(bodies):
            template, unknown = await template_or_why_not(cluster, given)
            body = given if template is None else resolved(given, template)
            plc, now = view(body), datetime.now(UTC)
            waiting, led = plan(body), release_of(body)
            sections = description(
                plc,
                await events_or_why_not(cluster, plc.namespace, plc.uid),
                now,
                wide=output == "wide",
                drifted=drifted,
                ways=ways(given, template, unknown),
                more=[
                    guards_section(plc, guards(body), to_write(body), now),
                    *([waiting_section(plc, waiting, now)] if waiting else []),
                    *([release_section(led, now)] if led else []),
                ],
            )
            show_sections(sections, below=at > 0)
    return int(len(bodies) < len(wanted))


async def template_or_why_not(cluster: Cluster, plc: Body) -> tuple[Body | None, str]:
    """Return the spec of the template that a PLC names, or why it is not to be had: the PLC alone is shown then."""
    name, namespace = template_of(plc), text(mapping(plc.get("metadata")).get("namespace"))
    if not name:
        return None, ""
    try:
        check_name(name)
        return mapping((await cluster.get(name, TEMPLATE, namespace)).get("spec")), ""
    except (FabctlError, ValueError) as error:
        return None, f"what the template says beside the resolved registers: {error}"


async def events_or_why_not(cluster: Cluster, namespace: str, uid: str) -> list[Body] | str:
    """Return the Events about an object, or why they are not to be had: who may not see Events sees the rest."""
    try:
        return await cluster.events(namespace, uid)
    except FabctlError as error:
        return str(error)
