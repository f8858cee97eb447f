"""`fabctl history`."""

from __future__ import annotations

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, nothing_found, selected, several
from fabctl.corrections import Correction, corrections, newest_first
from fabctl.names import PLC, named
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Names, Printing, Rows, is_table
from fabctl.render import Table, show_table
from fabctl.render.corrections import history_table
from fabctl.render.objects import show_objects


async def history(
    *names: Names,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
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
    now = datetime.now(UTC)

    def table(known: list[Correction]) -> Table:
        return history_table(known, names=not one or bool(contexts), namespaces=scope.all_namespaces, now=now)

    if contexts := several(scope):
        from fabctl.commands.contexts import objects_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere, code = await objects_everywhere(contexts, wanted, scope)
        show_everywhere(
            everywhere,
            everywhere.spread(lambda plc: corrections([plc])).picked(newest_first),
            table,
            output,
            managed_fields=show_managed_fields,
            printing=printing,
        )
        return code
    async with connected(scope) as cluster:
        if not wanted and not is_table(output):
            from fabctl.commands.chunking import shown_in_chunks  # noqa: PLC0415 - a table is put into an order

            if await shown_in_chunks(
                cluster,
                scope,
                (PLC,),
                output,
                lambda bodies: table(corrections(bodies)),
                managed_fields=show_managed_fields,
                printing=printing,
            ):
                return 0
        bodies = await (found(cluster, wanted) if wanted else selected(cluster, (), scope))
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(bodies, output, one=one, managed_fields=show_managed_fields, headers=headers)
    elif not bodies:
        if not wanted:
            printing.say(nothing_found(cluster, scope))
    elif known := corrections(bodies):
        show_table(table(known), output, headers=headers)
    else:
        printing.say("No correction is known.")
    return int(len(bodies) < len(wanted))
