"""`fabctl tree`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.errors import Denied, NotInstalled
from fabctl.fields import mapping, text
from fabctl.house import house
from fabctl.names import BLADE, BMC, CHASSIS, NODE, PLC, RACK, ROLLOUT, Kind, named
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.racks import LABEL
from fabctl.releases import release_of
from fabctl.render.objects import show_objects
from fabctl.render.tree import show_tree

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

INSIDE = (CHASSIS, BLADE, BMC, NODE, PLC)


async def tree(
    name: Names,
    /,
    *,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> None:
    """Draw the whole house of a rack: chassis, blades, BMCs, nodes and PLCs, rollouts that lead these, how each stands.

    Args:
        name: The rack, also as rack/NAME.
        output: How to print; wide says more of each, json, yaml and name have the rack and all that is in it.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    (wanted,) = named((name,), RACK)
    async with connected(connection) as cluster:
        rack = await cluster.get(wanted, RACK)
        found = await asyncio.gather(*(_inside(cluster, wanted, kind) for kind in INSIDE))
        leading = await _leading(cluster, found[-1])
    top = house(rack, [*zip(INSIDE, found, strict=True), (ROLLOUT, leading)])
    if output in {Format.TABLE, Format.WIDE}:
        show_tree(top, wide=output is Format.WIDE)
    elif output is Format.NAME:
        sys.stdout.writelines(f"{each.kind.prefix}/{each.name}\n" for each in top.all())
    else:
        bodies = [each.body for each in top.all()]
        show_objects(bodies, output, one=False, managed_fields=show_managed_fields)


async def _inside(cluster: Cluster, rack: str, kind: Kind) -> list[Body]:
    """Return what is in a Rack of a kind; a cluster without PLCs has none."""
    try:
        return await cluster.list_objects(cluster.namespace, f"{LABEL}={rack}", kind)
    except NotInstalled:
        if kind is PLC:
            return []
        raise


async def _leading(cluster: Cluster, plcs: list[Body]) -> list[Body]:
    """Return the rollouts that lead PLCs, as far as there are any that may be read."""
    names = {found.rollout for found in map(release_of, plcs) if found}
    if not names:
        return []
    try:
        bodies = await cluster.list_objects(cluster.namespace, kind=ROLLOUT)
    except (Denied, NotInstalled):
        return []
    return [each for each in bodies if text(mapping(each.get("metadata")).get("name")) in names]
