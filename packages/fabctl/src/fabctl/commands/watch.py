"""`fabctl watch`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.commands.following import READER_SECS, until_signalled
from fabctl.commands.selecting import check, nothing_found, selected
from fabctl.errors import FabctlError
from fabctl.fields import Body
from fabctl.model import view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope, TableOutput
from fabctl.render.screen import Pipe, nobody_reads
from fabctl.render.tables import status_table

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster


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
            bodies = await _again(cluster, names, scope, screen, interval)


async def _again(cluster: Cluster, names: Sequence[str], scope: Scope, screen: Pipe, interval: float) -> list[Body]:
    """Look again after the interval, and then until there is something to see."""
    while True:
        await _pause(interval)
        try:
            return await selected(cluster, names, scope)
        except FabctlError as error:
            screen.trouble(str(error))


async def _pause(interval: float) -> None:
    """Wait for an interval, but no longer than somebody reads: `fabctl watch | head -3` is to end by itself."""
    ends = time.monotonic() + interval
    while (left := ends - time.monotonic()) > 0:
        if nobody_reads():
            raise BrokenPipeError
        await asyncio.sleep(min(left, READER_SECS))
