"""`fabctl templates`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.commands.selecting import show
from fabctl.model import view
from fabctl.names import TEMPLATE, named
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Names, Printing, Rows
from fabctl.render import Section, Table
from fabctl.render.templates import details, template_table
from fabctl.template import template_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fabctl.cluster.client import Cluster
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

    def table(bodies: Iterable[Body]) -> Table:
        wide, now = output is Format.WIDE, datetime.now(UTC)
        views, steady = list(map(template_view, bodies)), output is Format.CSV
        return template_table(views, wide=wide, namespaces=scope.all_namespaces, now=now, steady=steady)

    return await show(
        named(names, TEMPLATE),
        scope,
        output,
        table,
        _below,
        kind=TEMPLATE,
        managed_fields=show_managed_fields,
        printing=printing,
    )


async def _below(cluster: Cluster, body: Body) -> list[Section]:
    """Return what a template takes, and who uses it."""
    plcs = await cluster.list_objects(cluster.namespace)
    return details(template_view(body), map(view, plcs))
