"""`fabctl list`."""

from fabctl.commands.selecting import show
from fabctl.model import view
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Printing, Rows
from fabctl.render.tables import declared_table


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """List what Git declares: where each PLC is, its register or map, and its target."""
    return await show(
        (),
        scope,
        output,
        lambda bodies: declared_table(map(view, bodies), wide=output is Format.WIDE, namespaces=scope.all_namespaces),
        managed_fields=show_managed_fields,
        printing=printing,
    )
