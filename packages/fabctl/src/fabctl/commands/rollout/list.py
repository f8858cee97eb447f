"""`fabctl rollout list`."""

from datetime import UTC, datetime

from fabctl.commands.selecting import show
from fabctl.names import ROLLOUT, WORKLOAD
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Printing, Rows
from fabctl.render.rollouts import rollout_table
from fabctl.rows import row_of


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """List rollouts, of set-points and of workloads: where each stands, and how much holds what Git wants.

    Step is the wave of set-points that is under way, or how many steps of a canary are done; Released how many PLCs
    hold what Git wants, or the share that the new version has; Available how many pods of how many.

    Args:
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its rollouts.
    """
    wide = output is Format.WIDE
    return await show(
        (),
        scope,
        output,
        lambda bodies: rollout_table(
            map(row_of, bodies),
            wide=wide,
            namespaces=scope.all_namespaces,
            now=datetime.now(UTC),
            steady=output is Format.CSV,
        ),
        kind=ROLLOUT,
        also=(WORKLOAD,),
        managed_fields=show_managed_fields,
        printing=printing,
    )
