"""`fabctl get-status`."""

from datetime import UTC, datetime

from fabctl.commands.selecting import show
from fabctl.fields import Body
from fabctl.model import view
from fabctl.names import named
from fabctl.options import HERE_ALL, Format, ManagedFields, Names, Output, Scope
from fabctl.render.maps import troubles
from fabctl.render.shapes import Section
from fabctl.render.tables import status_table


async def get_status(
    *names: Names,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    scope: Scope = HERE_ALL,
) -> int:
    """Show Git vs. reality: target, actual value, status and drifts.

    Actual is "-" while it is not known what the register holds; wide then shows the value last read, marked so. Of a
    map it is how many of the registers with a desired value hold it; with NAME those that differ stand below.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        output: How to print.
        show_managed_fields: Whether json and yaml keep metadata.managedFields.
        scope: Which cluster, and which of its PLCs.
    """
    return await show(
        named(names),
        scope,
        output,
        lambda bodies: status_table(map(view, bodies), wide=output is Format.WIDE, namespaces=scope.all_namespaces),
        lambda body: _troubles(body, output),
        managed_fields=show_managed_fields,
    )


def _troubles(body: Body, output: Format) -> list[Section]:
    return troubles(view(body), datetime.now(UTC), wide=output is Format.WIDE)
