"""`fabctl rollout status`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.explaining import explained
from fabctl.names import ROLLOUT, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render import show_sections
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import answer_section
from fabctl.rollouts import rollout_view


async def status(
    name: Names,
    /,
    *,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> int:
    """Say why a rollout stands where it stands: what it waits for, what failed, what was decided last and by what.

    And what can be done. Exit code 0 when it is done, under way, or waits for somebody's word; 1 when it was given up,
    is being put back, or is stalled.

    Args:
        name: The rollout, also as spr/NAME.
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), ROLLOUT)
    async with connected(connection) as cluster:
        body = await cluster.get(wanted, ROLLOUT)
    rollout = rollout_view(body)
    answer = explained(rollout)
    if output in {Format.TABLE, Format.WIDE}:
        show_sections([answer_section(rollout, answer, datetime.now(UTC))])
    else:
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=ROLLOUT)
    return answer.code
