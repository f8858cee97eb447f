"""`fabctl describe`."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.errors import FabctlError
from fabctl.fields import Body
from fabctl.model import view
from fabctl.options import HERE, Connection, Name, TableOutput
from fabctl.render import show_sections
from fabctl.render.description import description


async def describe(
    name: Name,
    /,
    *,
    drifted: Annotated[bool, Parameter(negative="")] = False,
    output: TableOutput = "table",
    connection: Connection = HERE,
) -> None:
    """Show all that is known of one PLC: spec, registers, status, conditions, and its Events with the newest last.

    The registers of a map stand with problems first, each with where its values were declared when a template is
    involved.

    Args:
        name: The PLC.
        drifted: Of the registers, show only those that do not hold what Git wants or cannot be read.
        output: wide also has the words of each register as they came.
        connection: Which cluster, and where in it.
    """
    async with connected(connection) as cluster:
        plc = view(await cluster.get(name))
        events: list[Body] | str
        try:
            events = await cluster.events(plc.namespace, plc.uid)
        except FabctlError as error:  # who may not see Events still sees the rest
            events = str(error)
    show_sections(description(plc, events, datetime.now(UTC), wide=output == "wide", drifted=drifted))
