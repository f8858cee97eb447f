"""`fabctl chaos list`."""

from datetime import UTC, datetime

from fabctl.chaos.experiments import experiment
from fabctl.commands.selecting import show
from fabctl.names import EXPERIMENT
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Printing, Rows
from fabctl.render.experiments import experiments_table


async def list(  # noqa: A001 - the command's name
    *,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """List chaos experiments: what each does, where it stands, what it showed, and how long it still goes on.

    Args:
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its experiments.
    """
    wide = output is Format.WIDE
    return await show(
        (),
        scope,
        output,
        lambda bodies: experiments_table(
            map(experiment, bodies), wide=wide, namespaces=scope.all_namespaces, now=datetime.now(UTC)
        ),
        kind=EXPERIMENT,
        managed_fields=show_managed_fields,
        printing=printing,
    )
