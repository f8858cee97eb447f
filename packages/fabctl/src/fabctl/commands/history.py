"""`fabctl history`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, nothing_found, selected
from fabctl.corrections import corrections
from fabctl.names import named
from fabctl.options import HERE_ALL, Format, ManagedFields, Names, Output, Scope
from fabctl.render import show_table
from fabctl.render.corrections import history_table
from fabctl.render.objects import show_objects


async def history(
    *names: Names,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    scope: Scope = HERE_ALL,
) -> int:
    """Show the last corrections: when which register was written, and what came of it; the newest first.

    The operator keeps the last 20 of each PLC in its status; all there ever were stand in its audit log.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        output: How to print; json and yaml are the PLCs, with status.history.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    one = len(wanted) == 1
    async with connected(scope) as cluster:
        bodies = await (found(cluster, wanted) if wanted else selected(cluster, (), scope))
    if output not in {Format.TABLE, Format.WIDE}:
        show_objects(bodies, output, one=one, managed_fields=show_managed_fields)
    elif not bodies:
        sys.stderr.write("" if wanted else nothing_found(cluster, scope) + "\n")
    elif known := corrections(bodies):
        now = datetime.now(UTC)
        show_table(history_table(known, names=not one, namespaces=scope.all_namespaces, now=now))
    else:
        sys.stderr.write("No correction is known.\n")
    return int(len(bodies) < len(wanted))
