"""The routes of the control API, under /v1. Each answers JSON; what cannot be done answers `{"error": "why"}`.

`?plc=PORT` chooses one PLC where there are several, and so does `?plc=NAME` where they have names; without it what is
asked is of all of them.
"""

import logging
from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from mock_plc.control import moments, views
from mock_plc.control.asked import Refused, Strict, body, chosen, valid
from mock_plc.control.moments import Timely
from mock_plc.exceptions import ModbusException
from mock_plc.memory import Point, Table, Value
from mock_plc.net.station import Station

log = logging.getLogger("mock_plc")
routes = web.RouteTableDef()
_MAX_WORD, _MAX_BYTE, _MAX_COUNT = 65535, 255, 2000


class _Set(Timely):
    """A value for a register that has a name, and what it is to replace, if nothing else."""

    value: StrictBool | StrictInt | StrictFloat | StrictStr
    only_if: StrictBool | StrictInt | StrictFloat | StrictStr | None = Field(None, alias="onlyIf")


class _Write(Strict):
    """Words or bits for addresses, written as a client would write them."""

    unit_id: int = Field(1, alias="unitId", ge=0, le=_MAX_BYTE)
    table: Table = Table.HOLDING
    address: int = Field(ge=0, le=_MAX_WORD)
    values: list[Annotated[int, Field(ge=0, le=_MAX_WORD)]] = Field(min_length=1, max_length=_MAX_COUNT)


class _Read(Strict):
    """Addresses to read, as a client would read them."""

    unit_id: int = Field(1, alias="unitId", ge=0, le=_MAX_BYTE)
    table: Table = Table.HOLDING
    address: int = Field(ge=0, le=_MAX_WORD)
    count: int = Field(1, ge=1, le=_MAX_COUNT)
    plc: str | None = None


@routes.get("/v1/state")
async def state(request: web.Request) -> web.Response:
    """Tell how each PLC is, which start of mock-plc this is, and the time by its own clock."""
    return web.json_response({**moments.told(), "plcs": [views.state(station) for station in chosen(request)]})


@routes.get("/v1/registers")
async def registers(request: web.Request) -> web.Response:
    """Tell what the registers hold that have a name; or, with `address`, read words or bits as a client would."""
    if "address" not in request.query:
        found = [
            views.point(station, name, point)
            for station in chosen(request)
            for name, point in station.plc.points.items()
        ]
        return web.json_response({"registers": found})
    asked = valid(_Read, dict(request.query))
    read = [(station, _read(station, asked)) for station in chosen(request)]
    about = asked.model_dump(mode="json", by_alias=True, exclude={"plc", "count"})
    return web.json_response({"reads": [{"plc": station.port, **about, "values": values} for station, values in read]})


@routes.put("/v1/registers")
async def write(request: web.Request) -> web.Response:
    """Write words or bits as a client would, on each PLC that is chosen."""
    asked = valid(_Write, await body(request))
    if asked.table in (Table.INPUT, Table.DISCRETE):
        raise Refused(409, f"a client cannot write to {asked.table}: set the register by its name")
    if asked.table is Table.COIL and max(asked.values) > 1:
        raise Refused(400, "values: a coil is 0 or 1")
    for station in chosen(request):
        unit = station.plc.units.get(asked.unit_id)
        if unit is None:
            raise Refused(404, f"there is no unit {asked.unit_id}")
        try:
            unit.write(asked.table, asked.address, asked.values)
        except ModbusException as exception:
            raise Refused(409, f"{asked.table} {asked.address} cannot be written: {exception}") from None
    log.info("control: unit %d %s %d = %s", asked.unit_id, asked.table, asked.address, asked.values)
    return web.json_response({})


@routes.get("/v1/registers/{name}")
async def get(request: web.Request) -> web.Response:
    """Tell what a register holds."""
    name = request.match_info["name"]
    found = [views.point(station, name, point) for station, point in _named(request)]
    return web.json_response({"registers": found})


@routes.put("/v1/registers/{name}")
async def put(request: web.Request) -> web.Response:
    """Change a register as the process behind it does.

    With `onlyIf` only where it holds what it would after that value was set. With `instance` and `notAfter`, out of any
    answer, it counts for that run and until that moment of its clock alone.
    """
    asked, name = valid(_Set, await body(request)), request.match_info["name"]
    moments.check(asked.instance, asked.not_after)
    points = _named(request)
    try:
        _replaceable(name, [point for _, point in points], asked.only_if)
        for _, point in points:
            point.set(asked.value)
    except ValueError as error:
        raise Refused(400, f"{name}: {error}") from None
    log.info("control: %s = %r", name, asked.value)
    found = [views.point(station, name, point) for station, point in points]
    return web.json_response({**moments.told(), "registers": found})


def _replaceable(name: str, points: Sequence[Point], only_if: Value | None) -> None:
    """Refuse to replace what is not what it was said to be.

    Raises:
        ValueError: No register can hold that.
    """
    for point in points:
        if only_if is not None and not point.holds(only_if):
            raise Refused(409, f"{name} holds {point.get()}, and not {only_if}: it is left as it is")


@routes.get("/v1/counters")
async def counters(request: web.Request) -> web.Response:
    """Tell how many requests there were, by function and result."""
    return web.json_response({"counters": views.counters(chosen(request))})


@routes.post("/v1/restart")
async def restart(request: web.Request) -> web.Response:
    """Restart: connections and values are lost."""
    stations = chosen(request)
    for station in stations:
        station.restart()
    return web.json_response({"restarted": len(stations)})


def _named(request: web.Request) -> list[tuple[Station, Point]]:
    name = request.match_info["name"]
    found = [(station, station.plc.points[name]) for station in chosen(request) if name in station.plc.points]
    if not found:
        raise Refused(404, f'there is no register named "{name}"')
    return found


def _read(station: Station, asked: _Read) -> list[int]:
    unit = station.plc.units.get(asked.unit_id)
    if unit is None:
        raise Refused(404, f"there is no unit {asked.unit_id}")
    try:
        return unit.read(asked.table, asked.address, asked.count)
    except ModbusException as exception:
        raise Refused(404, f"{asked.table} {asked.address} cannot be read: {exception}") from None
