"""`fabctl templates`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, namespace_of, nothing_found
from fabctl.model import view
from fabctl.names import TEMPLATE, named
from fabctl.options import HERE_ALL, PRINTING, Format, ManagedFields, Names, Printing, Rows, Scope, is_table
from fabctl.render import show_sections, show_table
from fabctl.render.objects import show_objects
from fabctl.render.templates import details, template_table
from fabctl.template import template_view


async def templates(
    *names: Names,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Scope = HERE_ALL,
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
    async with connected(scope) as cluster:
        if wanted:
            bodies = await found(cluster, wanted, TEMPLATE)
        else:
            bodies = await cluster.list_objects(namespace_of(cluster, scope), scope.selector, TEMPLATE)
        plcs = await cluster.list_objects(cluster.namespace) if one and people else []
        nothing = nothing_found(cluster, scope, TEMPLATE)
    if not people:
        show_objects(bodies, output, one=one, managed_fields=show_managed_fields, kind=TEMPLATE, headers=headers)
    elif not bodies:
        if not wanted:
            printing.say(nothing)
    else:
        views, now = [template_view(body) for body in bodies], datetime.now(UTC)
        table = template_table(views, wide=output is Format.WIDE, namespaces=scope.all_namespaces, now=now)
        show_table(table, output, headers=headers)
        if one and output is not Format.CSV and (sections := details(views[0], map(view, plcs))):
            show_sections(sections, below=True)
    return int(len(bodies) < len(wanted))
