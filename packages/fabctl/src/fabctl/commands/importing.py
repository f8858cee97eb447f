"""`fabctl import`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabctl.adopting import NotAdopted, adopted
from fabctl.bounded import read_all, read_file
from fabctl.cluster import connected
from fabctl.commands.selecting import found
from fabctl.errors import Refused, UsageError
from fabctl.fields import text
from fabctl.imports.choosing import Source, imported
from fabctl.imports.devices import is_address
from fabctl.names import named
from fabctl.options import HERE, Connection, Names
from fabctl.render.objects import show_documents
from fabctl.streams import complain
from fabctl.tags import mapped, registers


async def import_(
    *names: Names,
    register: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    source: Annotated[Source | None, Parameter(name="--from")] = None,
    file: Annotated[Path | None, Parameter(name=("--filename", "-f"), allow_leading_hyphen=True)] = None,
    byte_order: Annotated[str, Parameter(show_default=False)] = "",
    csv: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    device: Annotated[str, Parameter(show_default=False)] = "",
    column: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    connection: Connection = HERE,
) -> int:
    """Print manifests that want what devices hold now, of PLCs that are only observed: so a plant gets into Git.

    A resource with correction.mode Observe or Warn, or adoption Observe, reads its device and writes nothing. What was
    read becomes the value of each register that can be written. How it is corrected stays as it is, so applying the
    manifest writes nothing either: look at it, take out what is a measurement, and let it be corrected then.

    With --from and --filename the file of another program makes the manifests, and no cluster is asked: Telegraf's
    [[inputs.modbus]] (TOML), Home Assistant's modbus: (YAML), a device's tags from KEPServerEX (CSV) or tags from
    Ignition (JSON). Each device of the file is a manifest, those that are named, or all; what cannot be taken over is
    told by name. All of it is only observed.

    With --csv a tag list makes the manifest likewise: a line for each register, its columns called like the fields of
    one (name, address or reference, type, scale, value, ...) or said by --column.

    Args:
        names: PLCs, each also as plc/NAME; with --from devices of the file, all of them when none is given.
        register: Only this register; may be given several times. Without it all that can be written.
        source: Whose file it is.
        file: The file of another program; - is standard input.
        byte_order: Order of numbers of several words, where the file does not say it: ABCD, CDAB, BADC or DCBA.
        csv: A tag list, with the names of its columns in the first line; - is standard input.
        device: Host name or IP address of the device, where the file does not say it.
        column: FIELD=COLUMN, as in name=Tag; may be given several times.
        connection: Which cluster, and where in it.
    """
    wanted = named(names)
    if source is not None or file is not None or byte_order:
        if source is None or file is None or csv is not None or column or register:
            raise UsageError("--from SOURCE and -f FILE go together, with --device and --byte-order where needed")
        return _by_file(wanted, source, file, device, byte_order, connection.namespace)
    if not wanted:
        raise UsageError("which PLC? fabctl import NAME, or fabctl import --from SOURCE -f FILE")
    if csv is not None:
        return _by_tags(wanted, csv, device, column, connection.namespace)
    if device or column:
        raise UsageError("--device and --column belong to --csv FILE: give that as well")
    return await _from_cluster(wanted, register, connection)


async def _from_cluster(wanted: tuple[str, ...], register: tuple[str, ...], connection: Connection) -> int:
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
    if not is_address(device):
        raise UsageError(
            f'--device is "{text(device)}": give an IP address without brackets, or a host name, and no port'
        )
    found, unused = registers(_content(csv), mapped(columns))
    if unused:
        complain(f"fabctl: not used of {csv.name}: {', '.join(unused)}")
    metadata = {"name": names[0], **({"namespace": namespace} if namespace else {})}
    spec = {"deviceAddress": device, "correction": {"mode": "Observe"}, "registers": found}
    show_documents([{"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}])
    return 0


def _by_file(names: tuple[str, ...], source: Source, file: Path, device: str, order: str, namespace: str | None) -> int:
    made = imported(_content(file), source, names, device, order.upper(), namespace)
    for each in made.told:
        complain(f"fabctl: {' '.join(text(each).split())}")
    show_documents(made.manifests)
    return int(made.refused > 0)


def _content(file: Path) -> str:
    try:
        return (read_all(sys.stdin.buffer) if str(file) == "-" else read_file(file)).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no UTF-8: save it as UTF-8") from None
