"""`fabctl rollout history`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.names import ROLLOUT, named
from fabctl.options import HERE, PRINTING, Connection, Format, ManagedFields, Names, Printing, Rows, is_table
from fabctl.render import show_table
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import decisions_table
from fabctl.rollouts import rollout_view


async def history(
    name: Names,
    /,
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    connection: Connection = HERE,
) -> None:
    """Show the last decisions of a rollout, the newest first: when, where it stood, by what input and which rule.

    The operator keeps the last 50 in its status.

    Args:
        name: The rollout, also as spr/NAME.
        output: How to print; json and yaml are the rollout, with status.decisions.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), ROLLOUT)
    async with connected(connection) as cluster:
        body = await cluster.get(wanted, ROLLOUT)
    decisions = rollout_view(body).decisions
    headers = not printing.no_headers
    if not is_table(output):
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=ROLLOUT, headers=headers)
    elif decisions:
        show_table(decisions_table(decisions, datetime.now(UTC)), output, headers=headers)
    else:
        printing.say("No decision is known.")
