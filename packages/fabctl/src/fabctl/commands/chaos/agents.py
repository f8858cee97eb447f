"""`fabctl chaos agents`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.chaos.agents import agents as agents_of
from fabctl.cluster import connected
from fabctl.commands.chaos.looking import leases_of_agents
from fabctl.commands.selecting import several, show_here
from fabctl.names import LEASE
from fabctl.options import ANYWHERE, PRINTING, Anywhere, Format, ManagedFields, Printing, Rows
from fabctl.render.experiments import agents_table

if TYPE_CHECKING:
    from fabctl.fields import Body
    from fabctl.render import Table

NONE = "no agent has said anything: experiments with pods need some, which the chart installs (chaos.agent.enabled)"


async def agents(
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    connection: Anywhere = ANYWHERE,
) -> int:
    """Show the agents that inject into pods, a node each: whether it lives, and what it can do there.

    By their Leases. One is ready as long as it renews its own; what it cannot do on its node is said with the reason.

    Args:
        output: How to print; json and yaml are the Leases.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        connection: Which clusters; with -n only agents whose Leases are in this namespace.
    """
    wide = output is Format.WIDE
    if contexts := several(connection):
        from fabctl.commands.contexts import ask_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere = await ask_everywhere(contexts, connection, lambda cluster, _: cluster.agents(connection.namespace))
        table = lambda bodies: _table(bodies, datetime.now(UTC), wide=wide)  # noqa: E731
        show_everywhere(
            everywhere, everywhere, table, output, kind=LEASE, managed_fields=show_managed_fields, printing=printing
        )
        return everywhere.code()
    async with connected(connection) as cluster:
        bodies = await leases_of_agents(cluster, connection.namespace) or []
        now = cluster.date or datetime.now(UTC)
    show_here(
        bodies,
        bodies,
        lambda found: _table(found, now, wide=wide),
        output,
        NONE,
        kind=LEASE,
        managed_fields=show_managed_fields,
        printing=printing,
    )
    return 0


def _table(leases: list[Body], now: datetime, *, wide: bool) -> Table:
    return agents_table(agents_of(leases, now), now, wide=wide)
