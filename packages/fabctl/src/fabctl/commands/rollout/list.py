"""`fabctl rollout list`."""

from datetime import UTC, datetime

from fabctl.cluster import connected
from fabctl.commands.selecting import namespace_of, nothing_found
from fabctl.names import ROLLOUT
from fabctl.options import HERE_ALL, PRINTING, Format, ManagedFields, Printing, Rows, Scope, is_table
from fabctl.render import show_table
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import rollout_table
from fabctl.rollouts import rollout_view


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Scope = HERE_ALL,
) -> None:
    """List rollouts of set-points: where each stands, in which wave, and how many PLCs hold what Git wants.

    Args:
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its rollouts.
    """
    async with connected(scope) as cluster:
        bodies = await cluster.list_objects(namespace_of(cluster, scope), scope.selector, ROLLOUT)
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(bodies, output, one=False, managed_fields=show_managed_fields, kind=ROLLOUT, headers=headers)
    elif not bodies:
        printing.say(nothing_found(cluster, scope, ROLLOUT))
    else:
        wide, now = output is Format.WIDE, datetime.now(UTC)
        show_table(
            rollout_table(map(rollout_view, bodies), wide=wide, namespaces=scope.all_namespaces, now=now),
            output,
            headers=headers,
        )
