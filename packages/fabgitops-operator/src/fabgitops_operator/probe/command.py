"""`fabgitops-operator probe`: from its flags to what it prints."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fabgitops_core.api.plc.connection import Connection, Transport
from fabgitops_core.api.refusals import sentences
from fabgitops_core.codec.networks import networks
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.requests import Link
from fabgitops_core.modbus.pool import ModbusDevices
from pydantic import ValidationError

from fabgitops_operator.probe import mapped, showing
from fabgitops_operator.probe.asking import Prober
from fabgitops_operator.probe.targets import Spot, TargetError, endpoint_of, spots_of, units_of

MAX_TIMEOUT_SECS = 60.0
MAX_PAUSE_SECS = 10.0

FIRST = Spot(Table.HOLDING, 0)
"""What a unit is asked for that says nothing of itself, where no register is named."""


async def probe(
    host: str,
    units: Sequence[str],
    registers: Sequence[str],
    map_file: Path | None,
    *,
    transport: Transport | None,
    ignore: Sequence[str] = (),
    echo: bool = False,
    timeout: float,
    pause: float,
    as_yaml: bool,
    allow_cidr: Sequence[str] = (),
) -> tuple[str, bool]:
    """Return what is to be printed, and whether anything answered.

    Args:
        host: `HOST[:PORT]`.
        units: Unit ids, as they were given; none means those of the map, or 1.
        registers: References and addresses, as they were given.
        map_file: A manifest to read by, or None.
        transport: How Modbus travels there; None means as the map says, or TCP.
        ignore: What the device does not copy into its answers; nothing means as the map says.
        echo: Whether each request comes back before its answer; so it is as well where the map says so.
        timeout: Seconds to wait for the connection, and for each reply.
        pause: Seconds between two requests.
        as_yaml: Whether to print a resource to begin with instead of a table.
        allow_cidr: Ranges of addresses that may be connected to; none is anywhere.

    Raises:
        TargetError: It cannot be looked at.
        Unreachable: There is no connection.
    """
    _check("--timeout", timeout, MAX_TIMEOUT_SECS)
    _check("--pause", pause, MAX_PAUSE_SECS)
    spec = mapped.spec_of(map_file) if map_file else None
    connection = _connection(spec.connection if spec else Connection(), transport, ignore, echo=echo)
    endpoint, spots = endpoint_of(host, connection.transport), spots_of(registers)
    points = mapped.points_of(spec, endpoint) if spec else ()
    ids = units_of(units) or tuple(dict.fromkeys(each.unit_id for each in points)) or (1,)
    first = next(iter(spots), None) or next((Spot(each.place.table, each.place.address) for each in points), FIRST)
    devices = ModbusDevices(within=networks(allow_cidr))
    try:
        link = Link(request_delay=pause, ignore=frozenset(connection.ignore), echo=connection.echo)
        device = devices.open(endpoint, link)
        prober = Prober(device, endpoint, timeout, _tell)
        asked = [await prober.unit(each, first) for each in ids]
        answering = {each.unit_id for each in asked if each.answers}
        found = [await prober.register(each, spot) for each in ids if each in answering for spot in spots]
        read = [await mapped.read(device, each, timeout, _tell) for each in points if each.unit_id in answering]
    finally:
        _tell("")
        await devices.close()
    if as_yaml:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return showing.as_yaml(endpoint, connection, asked, found, now), bool(answering)
    blocks = [[line for each in asked for line in showing.of_unit(endpoint, each)]]
    blocks += [showing.of_register(each) for each in found]
    blocks += [showing.of_map(read)] if read else []
    return "\n\n".join("\n".join(block) for block in blocks) + "\n", bool(answering)


def _connection(usual: Connection, transport: Transport | None, ignore: Sequence[str], *, echo: bool) -> Connection:
    """Return how the device is talked to, by the flags and, where they say nothing, by the map.

    Raises:
        TargetError: The transport has nothing of the kind that is ignored, or no echo.
    """
    said = {"transport": transport or usual.transport, "ignore": ignore or usual.ignore, "echo": echo or usual.echo}
    try:
        return Connection.model_validate(said)
    except ValidationError as error:
        raise TargetError(sentences(error, "connection")) from None


def _check(flag: str, seconds: float, most: float) -> None:
    if not 0 <= seconds <= most:
        raise TargetError(f"{flag} is {seconds:g}: give 0 to {most:g} seconds")


def _tell(doing: str) -> None:
    """Say on a terminal what is asked at the moment, in one line that the next takes the place of."""
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{doing}")
        sys.stderr.flush()
