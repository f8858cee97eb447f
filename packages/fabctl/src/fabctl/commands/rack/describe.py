"""`fabctl rack describe`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.describe import events_or_why_not
from fabctl.commands.selecting import found
from fabctl.names import RACK, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.racks import rack_view
from fabctl.render import show_sections
from fabctl.render.objects import show_objects
from fabctl.render.racks import rack_description


async def describe(
    name: Names,
    /,
    *names: Names,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> int:
    """Show all that is known of a rack: spec, parts, what waits for a yes, conditions, and its Events.

    Args:
        name: The rack, also as rack/NAME.
        names: Further ones.
        output: How to print; wide also has what is said of single places, their addresses.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    wanted = named((name, *names), RACK)
    one = len(wanted) == 1
    async with connected(connection) as cluster:
        bodies = await found(cluster, wanted, RACK)
        if output not in {Format.TABLE, Format.WIDE}:
            show_objects(bodies, output, one=one, managed_fields=show_managed_fields, kind=RACK)
            return int(len(bodies) < len(wanted))
        for at, rack in enumerate(map(rack_view, bodies)):
            events = await events_or_why_not(cluster, rack.namespace, rack.uid)
            show_sections(rack_description(rack, events, datetime.now(UTC), wide=output is Format.WIDE), below=at > 0)
    return int(len(bodies) < len(wanted))
