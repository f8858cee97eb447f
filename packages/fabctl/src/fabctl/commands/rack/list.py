"""`fabctl rack list`."""

from datetime import UTC, datetime

from fabctl.commands.selecting import show
from fabctl.names import RACK
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Printing, Rows
from fabctl.racks import rack_view
from fabctl.render.racks import rack_table


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """List racks: where each stands, how many parts are there, and what waits for a yes.

    Args:
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its racks.
    """
    wide = output is Format.WIDE
    return await show(
        (),
        scope,
        output,
        lambda bodies: rack_table(
            map(rack_view, bodies),
            wide=wide,
            namespaces=scope.all_namespaces,
            now=datetime.now(UTC),
            steady=output is Format.CSV,
        ),
        kind=RACK,
        managed_fields=show_managed_fields,
        printing=printing,
    )
