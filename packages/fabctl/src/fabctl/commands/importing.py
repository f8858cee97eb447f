"""`fabctl import`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from fabctl.adopting import NotAdopted, adopted
from fabctl.cluster import connected
from fabctl.commands.selecting import found
from fabctl.errors import Refused, UsageError
from fabctl.names import named
from fabctl.options import HERE, Connection, Names
from fabctl.render.objects import show_documents
from fabctl.streams import complain


async def import_(
    name: Names,
    /,
    *names: Names,
    register: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    connection: Connection = HERE,
) -> int:
    """Print manifests that want what devices hold now, of PLCs that are only observed: so a plant gets into Git.

    A resource with correction.mode Observe or Warn, or adoption Observe, reads its device and writes nothing. What was
    read becomes the value of each register that can be written. How it is corrected stays as it is, so applying the
    manifest writes nothing either: look at it, take out what is a measurement, and let it be corrected then.

    Args:
        name: The PLC, also as plc/NAME.
        names: Further ones.
        register: Only this register; may be given several times. Without it all that can be written.
        connection: Which cluster, and where in it.
    """
    wanted = named((name, *names))
    if register and len(wanted) > 1:
        raise UsageError("--register names registers of a single PLC: fabctl import NAME --register REGISTER")
    async with connected(connection) as cluster:
        bodies = await found(cluster, wanted)
    manifests = []
    for body in bodies:
        try:
            manifest, left = adopted(body, register)
        except NotAdopted as error:
            if len(wanted) == 1:
                raise Refused(str(error)) from None
            complain(f"fabctl: {Refused(str(error))}")
            continue
        manifests.append(manifest)
        if left:
            complain(f"fabctl: {manifest['metadata']['name']}: not known, and left as it is: {', '.join(left)}")
    show_documents(manifests)
    return int(len(manifests) < len(wanted))
