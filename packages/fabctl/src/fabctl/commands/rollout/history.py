"""`fabctl rollout history`."""

import sys
from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.names import ROLLOUT, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render import show_table
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import decisions_table
from fabctl.rollouts import rollout_view


async def history(
    name: Names,
    /,
    *,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> None:
    """Show the last decisions of a rollout, the newest first: when, where it stood, by what input and which rule.

    The operator keeps the last 50 in its status.

    Args:
        name: The rollout, also as spr/NAME.
        output: How to print; json and yaml are the rollout, with status.decisions.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), ROLLOUT)
    async with connected(connection) as cluster:
        body = await cluster.get(wanted, ROLLOUT)
    decisions = rollout_view(body).decisions
    if output not in {Format.TABLE, Format.WIDE}:
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=ROLLOUT)
    elif decisions:
        show_table(decisions_table(decisions, datetime.now(UTC)))
    else:
        sys.stderr.write("No decision is known.\n")
