"""`fabctl rollout history`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.commands.rollout.finding import find, meant
from fabctl.names import ROLLOUT
from fabctl.options import HERE, PRINTING, Connection, Format, ManagedFields, Names, Printing, Rows, is_table
from fabctl.render import Table, show_sections, show_table
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import decisions_table
from fabctl.rollouts import rollout_view

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.options import Template


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

    The operator keeps the last 50 in its status. Of a workload its revisions as well: number, images, when each was
    made and why, as far as their ReplicaSets are kept (revisionHistoryLimit).

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        output: How to print; csv has the decisions alone; json and yaml are the rollout, with status.decisions.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        connection: Which cluster, and where in it.
    """
    wanted = meant(name)
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)
        if kind is not ROLLOUT and is_table(output):
            await _of_workload(cluster, body, output, printing)
            return
    decisions = rollout_view(body).decisions
    headers = not printing.no_headers
    if not is_table(output):
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=kind, headers=headers)
    elif decisions:
        show_table(decisions_table(decisions, datetime.now(UTC)), output, headers=headers)
    else:
        printing.say("No decision is known.")


async def _of_workload(cluster: Cluster, body: Body, output: Format | Template, printing: Printing) -> None:
    from fabctl.commands.rollout.owned import owned  # noqa: PLC0415 - of a workload alone
    from fabctl.render.workloads import history_sections, workload_decisions  # noqa: PLC0415
    from fabctl.workloads import workload_view  # noqa: PLC0415

    rollout, now = workload_view(body), datetime.now(UTC)
    if output is Format.CSV:
        show_table(
            workload_decisions(rollout.decisions, now, len(rollout.steps)), output, headers=not printing.no_headers
        )
        return
    found = await owned(cluster, body, pods=False)
    missing = tuple(found.missing.items())
    sections = history_sections(rollout, found.of(rollout.uid), missing, now, wide=output is Format.WIDE)
    if not printing.no_headers:
        show_sections(sections)
        return
    for section in sections:
        if isinstance(section.content, Table):
            show_table(section.content, headers=False)
