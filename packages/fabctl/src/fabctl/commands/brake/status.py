"""`fabctl brake status`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from fabctl.brakes import brake
from fabctl.cluster import connected
from fabctl.options import HERE, Connection
from fabctl.render import show_table
from fabctl.render.brakes import brake_table

NONE = "no fleet brake was ever on"


async def status(
    *,
    output: Annotated[Literal["table", "json"], Parameter(alias="-o")] = "table",
    connection: Connection = HERE,
) -> None:
    """Show whether the fleet brake of an operator holds all corrections, since when, and why.

    Args:
        output: table, or json: what the operator keeps of it.
        connection: Which cluster; with -n only operators that run in this namespace.
    """
    async with connected(connection) as cluster:
        bodies = await cluster.brakes(connection.namespace)
    if output == "json":
        sys.stdout.write(json.dumps(bodies, indent=2) + "\n")
    elif not bodies:
        sys.stderr.write(NONE + "\n")
    else:
        show_table(brake_table(list(map(brake, bodies)), datetime.now(UTC)))
