"""`fabctl history`."""

from __future__ import annotations

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, nothing_found, selected
from fabctl.corrections import corrections
from fabctl.names import named
from fabctl.options import HERE_ALL, PRINTING, Format, ManagedFields, Names, Printing, Rows, Scope, is_table
from fabctl.render import show_table
from fabctl.render.corrections import history_table
from fabctl.render.objects import show_objects


async def history(
    *names: Names,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Scope = HERE_ALL,
) -> int:
    """Show the last corrections: when which register was written, and what came of it; the newest first.

    The operator keeps the last 20 of each PLC in its status; all there ever were stand in its audit log.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        output: How to print; json and yaml are the PLCs, with status.history.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    one = len(wanted) == 1
    async with connected(scope) as cluster:
        bodies = await (found(cluster, wanted) if wanted else selected(cluster, (), scope))
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(bodies, output, one=one, managed_fields=show_managed_fields, headers=headers)
    elif not bodies:
        if not wanted:
            printing.say(nothing_found(cluster, scope))
    elif known := corrections(bodies):
        now = datetime.now(UTC)
        table = history_table(known, names=not one, namespaces=scope.all_namespaces, now=now)
        show_table(table, output, headers=headers)
    else:
        printing.say("No correction is known.")
    return int(len(bodies) < len(wanted))
