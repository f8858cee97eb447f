"""`fabctl rack list`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import namespace_of, nothing_found
from fabctl.names import RACK
from fabctl.options import HERE_ALL, PRINTING, Format, ManagedFields, Printing, Rows, Scope, is_table
from fabctl.racks import rack_view
from fabctl.render import show_table
from fabctl.render.objects import show_objects
from fabctl.render.racks import rack_table


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Scope = HERE_ALL,
) -> None:
    """List racks: where each stands, how many parts are there, and what waits for a yes.

    Args:
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its racks.
    """
    async with connected(scope) as cluster:
        bodies = await cluster.list_objects(namespace_of(cluster, scope), scope.selector, RACK)
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(bodies, output, one=False, managed_fields=show_managed_fields, kind=RACK, headers=headers)
    elif not bodies:
        printing.say(nothing_found(cluster, scope, RACK))
    else:
        wide, now = output is Format.WIDE, datetime.now(UTC)
        show_table(
            rack_table(map(rack_view, bodies), wide=wide, namespaces=scope.all_namespaces, now=now),
            output,
            headers=headers,
        )
