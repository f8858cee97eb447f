"""`fabctl watch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.commands.following import again, until_signalled
from fabctl.commands.selecting import check, nothing_found, selected
from fabctl.model import view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope, TableOutput
from fabctl.render.screen import Pipe
from fabctl.render.tables import status_table


async def watch(
    *names: Names,
    interval: Annotated[float, Parameter(validator=Number(gte=0.1))] = 2.0,
    output: TableOutput = "table",
    scope: Scope = HERE_ALL,
) -> int:
    """Show Git vs. reality as it goes on: a dashboard, until q or Ctrl-C.

    Those that need attention stand first; / filters, s sorts, enter opens one with all that is known of it, q quits.
    In a pipe it prints the table whenever something has changed. An outage of the API server is told, and it goes on.

    Args:
        names: PLCs, also as plc/NAME.
        interval: Seconds between two looks, at least 0.1; where a look takes long they are further apart.
        output: wide has more columns.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    return await until_signalled(_watch(wanted, interval, scope, wide=output == "wide"))


async def _watch(names: Sequence[str], interval: float, scope: Scope, *, wide: bool) -> None:
    async with connected(scope) as cluster:
        bodies = await selected(cluster, names, scope)  # what is wrong from the start ends it at once
        if sys.stdout.isatty():
            from fabctl.commands.dashboard import Dashboard  # noqa: PLC0415 - reads rich

            await Dashboard(cluster, names, scope, wide=wide).run(bodies, interval)
            return
        screen = Pipe()
        while True:
            table = status_table(map(view, bodies), wide=wide, namespaces=scope.all_namespaces)
            screen.show(table, "" if bodies else nothing_found(cluster, scope))
            bodies = await again(lambda: selected(cluster, names, scope), screen.trouble, interval)
