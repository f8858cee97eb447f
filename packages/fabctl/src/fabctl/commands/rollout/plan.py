"""`fabctl rollout plan`."""

from fabctl.cluster import connected
from fabctl.commands.rollout.finding import find, meant
from fabctl.commands.rollout.members import members
from fabctl.errors import Unhandled
from fabctl.names import WORKLOAD
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.releases import held
from fabctl.render import show_sections
from fabctl.render.objects import show_objects
from fabctl.render.waves import plan_sections
from fabctl.rollouts import UPDATING, rollout_view


async def plan(
    name: Names,
    /,
    *,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> None:
    """Show what a rollout is going to do: its waves with the PLCs of each, and what changes in those that are held.

    Of a workload its steps as the spec says them, and how far it is.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        output: How to print; wide names more PLCs; json and yaml are the rollout, with status.plan.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    wanted = meant(name)
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)
        if output not in {Format.TABLE, Format.WIDE}:
            show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=kind)
            return
        if kind is WORKLOAD:
            from fabctl.render.workloads import plan_sections as steps_of  # noqa: PLC0415 - of a workload alone
            from fabctl.workloads import workload_view  # noqa: PLC0415

            show_sections(steps_of(workload_view(body)))
            return
        rollout = rollout_view(body)
        if rollout.plan is None:
            why = "the operator has not looked at it since it changed" if rollout.phase == UPDATING else rollout.message
            raise Unhandled(f"{rollout.name}: nothing is planned: {why or 'all its PLCs hold what Git wants'}")
        waiting = held(await members(cluster, body))
    show_sections(plan_sections(rollout, rollout.plan, waiting, wide=output is Format.WIDE))
