"""`fabctl brake status`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.brakes import brake
from fabctl.cluster import connected
from fabctl.commands.selecting import several, show_here
from fabctl.names import CONFIG_MAP
from fabctl.options import ANYWHERE, PRINTING, Anywhere, Format, ManagedFields, Printing, Rows
from fabctl.render import Table
from fabctl.render.brakes import brake_table

if TYPE_CHECKING:
    from fabctl.fields import Body

NONE = "no fleet brake was ever on"


async def status(
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    connection: Anywhere = ANYWHERE,
) -> int:
    """Show whether the fleet brake of an operator holds all corrections, since when, and why.

    Args:
        output: How to print; json and yaml are what the operators keep of it.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        connection: Which clusters; with -n only operators that run in this namespace.
    """
    if contexts := several(connection):
        from fabctl.commands.contexts import ask_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere = await ask_everywhere(contexts, connection, lambda cluster, _: cluster.brakes(connection.namespace))
        show_everywhere(
            everywhere,
            everywhere,
            _table,
            output,
            kind=CONFIG_MAP,
            managed_fields=show_managed_fields,
            printing=printing,
        )
        return everywhere.code()
    async with connected(connection) as cluster:
        bodies = await cluster.brakes(connection.namespace)
    show_here(
        bodies,
        bodies,
        _table,
        output,
        NONE,
        kind=CONFIG_MAP,
        managed_fields=show_managed_fields,
        printing=printing,
    )
    return 0


def _table(bodies: list[Body]) -> Table:
    return brake_table(list(map(brake, bodies)), datetime.now(UTC))
