"""`fabctl templates`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, nothing_found, selected, several
from fabctl.model import view
from fabctl.names import TEMPLATE, named
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Names, Printing, Rows, is_table
from fabctl.render import Table, show_sections, show_table
from fabctl.render.objects import show_objects
from fabctl.render.templates import details, template_table
from fabctl.template import template_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fabctl.fields import Body


async def templates(
    *names: Names,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """List templates: which are valid, and how many PLCs use each; of a single one its parameters, and who uses it.

    Args:
        names: Templates, also as plct/NAME.
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its templates.
    """
    wanted = named(names, TEMPLATE)
    check(wanted, scope)
    one = len(wanted) == 1
    people, headers = is_table(output), not printing.no_headers

    def table(bodies: Iterable[Body]) -> Table:
        wide, now = output is Format.WIDE, datetime.now(UTC)
        views, steady = list(map(template_view, bodies)), output is Format.CSV
        return template_table(views, wide=wide, namespaces=scope.all_namespaces, now=now, steady=steady)

    if contexts := several(scope):
        from fabctl.commands.contexts import objects_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere, code = await objects_everywhere(contexts, wanted, scope, TEMPLATE)
        show_everywhere(
            everywhere,
            output,
            lambda answers: answers.show_table(table, output, printing),
            kind=TEMPLATE,
            managed_fields=show_managed_fields,
            printing=printing,
        )
        return code
    async with connected(scope) as cluster:
        if not wanted and output not in {Format.TABLE, Format.WIDE}:
            from fabctl.commands.chunking import shown_in_chunks  # noqa: PLC0415 - a table is printed as a whole

            if await shown_in_chunks(
                cluster, scope, TEMPLATE, output, table, managed_fields=show_managed_fields, printing=printing
            ):
                return 0
        bodies = await (found(cluster, wanted, TEMPLATE) if wanted else selected(cluster, (), scope, TEMPLATE))
        plcs = await cluster.list_objects(cluster.namespace) if one and people else []
        nothing = nothing_found(cluster, scope, TEMPLATE)
    if not people:
        show_objects(bodies, output, one=one, managed_fields=show_managed_fields, kind=TEMPLATE, headers=headers)
    elif not bodies:
        if not wanted:
            printing.say(nothing)
    else:
        show_table(table(bodies), output, headers=headers)
        if one and output is not Format.CSV and (sections := details(template_view(bodies[0]), map(view, plcs))):
            show_sections(sections, below=True)
    return int(len(bodies) < len(wanted))
