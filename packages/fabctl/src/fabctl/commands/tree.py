"""`fabctl tree`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.branching import branches, looked_at
from fabctl.cluster import connected
from fabctl.commands.rollout.members import members
from fabctl.errors import Denied, FabctlError, NotInstalled, UnknownPLC, UsageError
from fabctl.exporting import template_of
from fabctl.fields import mapping, text
from fabctl.house import house
from fabctl.names import (
    BLADE,
    BMC,
    CHASSIS,
    NODE,
    PLC,
    POD,
    RACK,
    REPLICA_SET,
    ROLLOUT,
    TEMPLATE,
    WORKLOAD,
    Kind,
    named,
)
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.racks import LABEL
from fabctl.releases import release_of
from fabctl.render.objects import line_of, show_objects
from fabctl.render.tree import Drawn, show_tree
from fabctl.rollouts import rollout_view
from fabctl.uses import of_plc, of_template

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
    """Draw what stands in what, and how each stands.

    Of a rack its whole house: chassis, blades, BMCs, nodes and PLCs, and rollouts that lead these. Of a template the
    PLCs that use it, and their registers; of a PLC its registers; of a rollout of set-points its waves with their PLCs,
    of one of a workload its revisions with their pods.

    Args:
        name: rack/NAME, plct/NAME, plc/NAME, spr/NAME or rollout/NAME; NAME alone is the first of these that there is.
        output: How to print; wide says more of each, json, yaml and name have all that are drawn and are objects.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    kinds, wanted = _meant(name)
    async with connected(connection) as cluster:
        kind, body = await _first(cluster, kinds, wanted)
        found = await ROOTS[kind](cluster, body)
    if output in {Format.TABLE, Format.WIDE}:
        show_tree(found.top, wide=output is Format.WIDE)
    elif output is Format.NAME:
        sys.stdout.writelines(line_of(body, kind) for kind, body in found.objects)
    else:
        bodies = [body for _, body in found.objects]
        show_objects(bodies, output, one=False, managed_fields=show_managed_fields)


@dataclass(frozen=True, slots=True)
class Found:
    """A tree, and the objects that are drawn in it."""

    top: Drawn
    objects: Sequence[tuple[Kind, Body]]


def _meant(typed: str) -> tuple[Sequence[Kind], str]:
    """Return of which kinds it may be, and the name.

    Raises:
        UsageError: It is of another kind, or can be no name.
    """
    said, slash, _ = typed.rpartition("/")
    kinds = [kind for kind in ROOTS if kind.called(said)] if slash else list(ROOTS)
    if not kinds:
        known = ", ".join(f"{kind.singular if kind is WORKLOAD else kind.short}/NAME" for kind in ROOTS)
        raise UsageError(f'"{typed}" is nothing that a tree is drawn of: give {known}, or NAME alone')
    return kinds, named((typed,), kinds[0])[0]


async def _first(cluster: Cluster, kinds: Sequence[Kind], name: str) -> tuple[Kind, Body]:
    """Return the first object of this name.

    Raises:
        FabctlError: There is none, or it may not be read; of several kinds what is said of the first that is served.
    """
    lacking: FabctlError | None = None
    for kind in kinds:
        try:
            return kind, await cluster.get(name, kind)
        except (UnknownPLC, NotInstalled, Denied) as error:  # who may see PLCs alone can draw one
            if lacking is None or (isinstance(error, UnknownPLC) and not isinstance(lacking, UnknownPLC)):
                lacking = error
    raise lacking or UnknownPLC(f"no {name}")


async def _of_rack(cluster: Cluster, rack: Body) -> Found:
    name = _name(rack)
    found = await asyncio.gather(*(_inside(cluster, name, kind) for kind in INSIDE))
    leading = await _leading(cluster, found[-1])
    top = house(rack, [*zip(INSIDE, found, strict=True), (ROLLOUT, leading)])
    return Found(top, [(each.kind, each.body) for each in top.all()])


async def _of_template(cluster: Cluster, template: Body) -> Found:
    plcs = [each for each in await cluster.list_objects(cluster.namespace) if template_of(each) == _name(template)]
    return Found(of_template(template, plcs), [(TEMPLATE, template), *((PLC, each) for each in plcs)])


async def _of_plc(_: Cluster, plc: Body) -> Found:
    return Found(of_plc(plc), [(PLC, plc)])


async def _of_rollout(cluster: Cluster, rollout: Body) -> Found:
    seen = rollout_view(rollout)
    plcs = await members(cluster, rollout, looked_at(seen))
    return Found(branches(seen, plcs, datetime.now(UTC)), [(ROLLOUT, rollout), *((PLC, each) for each in plcs)])


async def _of_workload(cluster: Cluster, body: Body) -> Found:
    from fabctl.commands.rollout.owned import owned  # noqa: PLC0415 - of a workload alone
    from fabctl.lineage import lineage  # noqa: PLC0415
    from fabctl.revisions import pod_of  # noqa: PLC0415
    from fabctl.workloads import workload_view  # noqa: PLC0415

    rollout, found = workload_view(body), await owned(cluster, body)
    revisions = found.of(rollout.uid)
    top = lineage(rollout, revisions, datetime.now(UTC), found.missing.items())
    uids = {each.uid for each in revisions}
    sets = [(REPLICA_SET, each.body) for each in revisions]
    pods = [(POD, each) for each in found.pods.values() if pod_of(each).owner in uids]
    return Found(top, [(WORKLOAD, body), *sets, *pods])


ROOTS: Mapping[Kind, Callable[[Cluster, Body], Awaitable[Found]]] = {
    RACK: _of_rack,
    TEMPLATE: _of_template,
    PLC: _of_plc,
    ROLLOUT: _of_rollout,
    WORKLOAD: _of_workload,
}
"""What a tree is drawn of; a further kind is a line."""


def _name(body: Body) -> str:
    return text(mapping(body.get("metadata")).get("name"))


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
    return [each for each in bodies if _name(each) in names]
