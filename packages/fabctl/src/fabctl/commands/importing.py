"""`fabctl import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabctl.adopting import NotAdopted, adopted
from fabctl.bounded import read_file
from fabctl.cluster import connected
from fabctl.commands.selecting import found
from fabctl.errors import Refused, UsageError
from fabctl.names import named
from fabctl.options import HERE, Connection, Names
from fabctl.render.objects import show_documents
from fabctl.streams import complain
from fabctl.tags import mapped, registers


async def import_(
    name: Names,
    /,
    *names: Names,
    register: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    csv: Path | None = None,
    device: Annotated[str, Parameter(show_default=False)] = "",
    column: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    connection: Connection = HERE,
) -> int:
    """Print manifests that want what devices hold now, of PLCs that are only observed: so a plant gets into Git.

    A resource with correction.mode Observe or Warn, or adoption Observe, reads its device and writes nothing. What was
    read becomes the value of each register that can be written. How it is corrected stays as it is, so applying the
    manifest writes nothing either: look at it, take out what is a measurement, and let it be corrected then.

    With --csv a tag list makes the manifest, and no cluster is asked: a line for each register, its columns called like
    the fields of one (name, address or reference, type, scale, value, ...) or said by --column. At first it is only
    observed.

    Args:
        name: The PLC, also as plc/NAME.
        names: Further ones.
        register: Only this register; may be given several times. Without it all that can be written.
        csv: A tag list, with the names of its columns in the first line.
        device: Host name or IP address of the device, with --csv.
        column: FIELD=COLUMN, as in name=Tag; may be given several times.
        connection: Which cluster, and where in it.
    """
    wanted = named((name, *names))
    if csv is not None:
        return _by_tags(wanted, csv, device, column, connection.namespace)
    if device or column:
        raise UsageError("--device and --column belong to --csv FILE: give that as well")
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


def _by_tags(names: tuple[str, ...], csv: Path, device: str, columns: tuple[str, ...], namespace: str | None) -> int:
    if len(names) > 1 or not device:
        raise UsageError("a tag list is that of one device: fabctl import NAME --csv FILE --device ADDRESS")
    try:
        found, unused = registers(read_file(csv).decode("utf-8-sig"), mapped(columns))
    except OSError as error:
        raise UsageError(f"{csv} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{csv} is no UTF-8: save it as UTF-8") from None
    if unused:
        complain(f"fabctl: not used of {csv.name}: {', '.join(unused)}")
    metadata = {"name": names[0], **({"namespace": namespace} if namespace else {})}
    spec = {"deviceAddress": device, "correction": {"mode": "Observe"}, "registers": found}
    show_documents([{"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}])
    return 0
