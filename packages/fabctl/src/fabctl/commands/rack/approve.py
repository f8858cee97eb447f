"""`fabctl rack approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.errors import Unhandled
from fabctl.names import RACK, named
from fabctl.options import HERE, Connection, Names
from fabctl.racks import APPROVE, RackView, rack_view
from fabctl.render import show_sections
from fabctl.render.racks import waiting
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from fabctl.racks import Pending


async def approve(
    name: Names,
    /,
    *,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Agree to what a changed template takes away from a rack, after showing what that is.

    It is agreed to what is shown and to nothing else: when template or rack change again, the operator asks again.

    Args:
        name: The rack, also as rack/NAME.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), RACK)
    async with connected(connection) as cluster:
        rack = rack_view(await cluster.get(wanted, RACK))
        pending = _pending(rack)
        if pending is None:
            print_line(f"{rack.name}: nothing waits for a yes")
            return 0
        show_sections([waiting(rack.name, pending, rack.in_use)])
        if rack.approved == rack.plan_hash:
            print_line(f"{rack.name}: agreed to already; the operator has not carried it out yet")
            return 0
        if (code := asking.declined(_deed(rack, pending))) is not None:
            return code
        await cluster.annotate((rack.namespace, rack.name), {APPROVE: rack.plan_hash}, RACK)
        print_line(f"{rack.name}: agreed to, plan {rack.plan_hash}: {pending.sentence}")
    return 0


def _pending(rack: RackView) -> Pending | None:
    """Return what waits.

    Raises:
        Unhandled: The operator has not looked at the Rack as it is now.
    """
    if rack.phase == "UPDATING" or (rack.pending and not rack.plan_hash):
        raise Unhandled(f"{rack.name}: the operator has not looked at it since it changed; try again in a moment")
    return rack.pending


def _deed(rack: RackView, pending: Pending) -> Deed:
    return Deed(
        question=f"Agree, {pending.sentence} in {rack.namespace}/{rack.name}",
        undone=f"{rack.name}: nothing was agreed to",
        command=f"fabctl rack approve {rack.name}",
    )
