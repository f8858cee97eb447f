"""`fabctl describe`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.errors import FabctlError
from fabctl.model import view
from fabctl.options import HERE, Connection, Name
from fabctl.render import show_sections
from fabctl.render.description import description


async def describe(name: Name, /, *, connection: Connection = HERE) -> None:
    """Show all that is known of one PLC: spec, status, conditions, and its Events with the newest last.

    Args:
        name: The PLC.
        connection: Which cluster, and where in it.
    """
    async with connected(connection) as cluster:
        plc = view(await cluster.get(name))
        try:
            events = await cluster.events(plc.namespace, plc.uid)
        except FabctlError as error:  # who may not see Events still sees the rest
            show_sections(description(plc, str(error), datetime.now(UTC)))
        else:
            show_sections(description(plc, events, datetime.now(UTC)))
