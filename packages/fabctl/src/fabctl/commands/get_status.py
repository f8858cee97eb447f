"""`fabctl get-status`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.commands.selecting import several, show
from fabctl.errors import UsageError
from fabctl.model import view
from fabctl.names import named
from fabctl.options import (
    LOOK_HERE,
    PRINTING,
    Format,
    Looking,
    ManagedFields,
    Names,
    Printing,
    Rows,
    is_table,
)
from fabctl.picking import Order, picked
from fabctl.releases import release_of
from fabctl.render.maps import troubles
from fabctl.render.shapes import Section, Table
from fabctl.render.tables import status_table

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.options import Template


async def get_status(
    *names: Names,
    tag: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    not_ready: Annotated[bool, Parameter(negative="")] = False,
    sort_by: Order | None = None,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """Show Git vs. reality: target, actual value, status and drifts.

    Actual is "-" while it is not known what the register holds; wide then shows the value last read, marked so. Of a
    map it is how many of the registers with a desired value hold it; with NAME those that differ stand below.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        tag: Only those that have this among spec.tags; given several times, all of them.
        not_ready: Only those whose condition Ready is not True: they do not hold what Git wants, or nobody knows it.
        sort_by: name, status (the gravest first), drifts, corrections, drifted-since (the longest first) or endpoint;
            without it as the API server gave them.
        watch: Go on until Ctrl-C, and print a line for each change: table, wide or csv.
        output: How to print.
        show_managed_fields: Whether json and yaml keep metadata.managedFields.
        printing: What is left out.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    if watch:
        if several(scope) or not is_table(output):
            raise UsageError("--watch prints lines of one context, as -o table, wide or csv")
        from fabctl.commands.following import until_signalled, while_read  # noqa: PLC0415 - few follow
        from fabctl.commands.rows import follow  # noqa: PLC0415

        work = follow(
            wanted,
            scope,
            lambda bodies: picked(bodies, tag, sort_by, not_ready=not_ready),
            ordered=sort_by is not None,
            csv=output is Format.CSV,
            wide=output is Format.WIDE,
            headers=not printing.no_headers,
        )
        return await until_signalled(while_read(work))

    def table(bodies: list[Body]) -> Table:
        wide, steady = output is Format.WIDE, output is Format.CSV
        return status_table(map(view, bodies), wide=wide, namespaces=scope.all_namespaces, steady=steady)

    async def below(_: Cluster, body: Body) -> list[Section]:
        return _troubles(body, output)

    return await show(
        wanted,
        scope,
        output,
        table,
        below,
        pick=lambda bodies: picked(bodies, tag, sort_by, not_ready=not_ready),
        ordered=sort_by is not None,
        managed_fields=show_managed_fields,
        printing=printing,
    )


def _troubles(body: Body, output: Format | Template) -> list[Section]:
    """Return what explains why a PLC does not hold what Git wants."""
    led = release_of(body)
    held = [Section("", (("Held", led.message),))] if led and led.held and led.message else []
    return held + troubles(view(body), datetime.now(UTC), wide=output is Format.WIDE)
