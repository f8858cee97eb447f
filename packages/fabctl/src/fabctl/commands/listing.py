"""What the lists of objects share that are no PLCs, and are never asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.commands.selecting import nothing_found, selected, several
from fabctl.options import Format, is_table
from fabctl.render import Table, show_table
from fabctl.render.objects import show_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.options import Looking, Printing, Template


async def show_list(
    kind: Kind,
    scope: Looking,
    output: Format | Template,
    table: Callable[[list[Body]], Table],
    *,
    managed_fields: bool,
    printing: Printing,
) -> int:
    """Fetch the objects of a kind and print them; return the exit code.

    Args:
        kind: The kind.
        scope: Which of them.
        output: How.
        table: What makes a table of them, when one is asked for.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    if contexts := several(scope):
        from fabctl.commands.contexts import objects_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere, code = await objects_everywhere(contexts, (), scope, kind)
        show_everywhere(
            everywhere,
            output,
            lambda answers: answers.show_table(table, output, printing),
            kind=kind,
            managed_fields=managed_fields,
            printing=printing,
        )
        return code
    async with connected(scope) as cluster:
        if output not in {Format.TABLE, Format.WIDE}:
            from fabctl.commands.chunking import shown_in_chunks  # noqa: PLC0415 - a table is printed as a whole

            if await shown_in_chunks(
                cluster, scope, kind, output, table, managed_fields=managed_fields, printing=printing
            ):
                return 0
        bodies = await selected(cluster, (), scope, kind)
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(bodies, output, one=False, managed_fields=managed_fields, kind=kind, headers=headers)
    elif not bodies:
        printing.say(nothing_found(cluster, scope, kind))
    else:
        show_table(table(bodies), output, headers=headers)
    return 0
