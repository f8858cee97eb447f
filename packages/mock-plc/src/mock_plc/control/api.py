"""The routes of the control API, under /v1. Each answers JSON; what cannot be done answers `{"error": "why"}`.

`?plc=PORT` chooses one PLC where there are several, and so does `?plc=NAME` where they have names; without it what is
asked is of all of them.
"""

import logging
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from aiohttp import web
from aiohttp.web import RequestPayloadError
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from mock_plc.control import views
from mock_plc.exceptions import ModbusException
from mock_plc.faults.model import Fault
from mock_plc.memory import Point, Table
from mock_plc.net.station import Station

STATIONS: web.AppKey[Sequence[Station]] = web.AppKey("stations")
log = logging.getLogger("mock_plc")
routes = web.RouteTableDef()
_Model = TypeVar("_Model", bound=BaseModel)
_MAX_WORD, _MAX_BYTE, _MAX_COUNT = 65535, 255, 2000
_LONGEST = 500
"""Characters of a sentence that says why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _Set(_Strict):
    """A value for a register that has a name."""

    value: StrictBool | StrictInt | StrictFloat | StrictStr


class _Write(_Strict):
    """Words or bits for addresses, written as a client would write them."""

    unit_id: int = Field(1, alias="unitId", ge=0, le=_MAX_BYTE)
    table: Table = Table.HOLDING
    address: int = Field(ge=0, le=_MAX_WORD)
    values: list[Annotated[int, Field(ge=0, le=_MAX_WORD)]] = Field(min_length=1, max_length=_MAX_COUNT)


class _Read(_Strict):
    """Addresses to read, as a client would read them."""

    unit_id: int = Field(1, alias="unitId", ge=0, le=_MAX_BYTE)
    table: Table = Table.HOLDING
    address: int = Field(ge=0, le=_MAX_WORD)
    count: int = Field(1, ge=1, le=_MAX_COUNT)
    plc: str | None = None


class _Add(_Strict):
    """A fault to set, a line or an object."""

    fault: Fault


class Refused(Exception):
    """What was asked cannot be done: the HTTP status and a sentence, of what was sent no more than helps."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…")
        self.status = status


@routes.get("/v1/state")
async def state(request: web.Request) -> web.Response:
    """Tell how each PLC is."""
    return web.json_response({"plcs": [views.state(station) for station in _chosen(request)]})


@routes.get("/v1/registers")
async def registers(request: web.Request) -> web.Response:
    """Tell what the registers hold that have a name; or, with `address`, read words or bits as a client would."""
    if "address" not in request.query:
        found = [
            views.point(station, name, point)
            for station in _chosen(request)
            for name, point in station.plc.points.items()
        ]
        return web.json_response({"registers": found})
    asked = _valid(_Read, dict(request.query))
    read = [(station, _read(station, asked)) for station in _chosen(request)]
    about = asked.model_dump(mode="json", by_alias=True, exclude={"plc", "count"})
    return web.json_response({"reads": [{"plc": station.port, **about, "values": values} for station, values in read]})


@routes.put("/v1/registers")
async def write(request: web.Request) -> web.Response:
    """Write words or bits as a client would, on each PLC that is chosen."""
    asked = _valid(_Write, await _body(request))
    if asked.table in (Table.INPUT, Table.DISCRETE):
        raise Refused(409, f"a client cannot write to {asked.table}: set the register by its name")
    if asked.table is Table.COIL and max(asked.values) > 1:
        raise Refused(400, "values: a coil is 0 or 1")
    for station in _chosen(request):
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
    """Change a register as the process behind it does."""
    asked, name = _valid(_Set, await _body(request)), request.match_info["name"]
    chosen = _named(request)
    for _, point in chosen:
        try:
            point.set(asked.value)
        except ValueError as error:
            raise Refused(400, f"{name}: {error}") from None
    log.info("control: %s = %r", name, asked.value)
    return web.json_response({"registers": [views.point(station, name, point) for station, point in chosen]})


@routes.get("/v1/faults")
async def faults(request: web.Request) -> web.Response:
    """Tell which faults are set."""
    found = [views.fault(station, entry) for station in _chosen(request) for entry in station.faults]
    return web.json_response({"faults": found})


@routes.post("/v1/faults")
async def add_fault(request: web.Request) -> web.Response:
    """Set a fault, from now on."""
    asked, chosen = _valid(_Add, await _body(request)), _chosen(request)
    try:
        for station in chosen:
            station.check(asked.fault)
    except ValueError as error:
        raise Refused(400, str(error)) from None
    numbers = {station: station.faults.add(asked.fault) for station in chosen}
    log.info("control: fault %s is set", asked.fault)
    found = [
        views.fault(station, entry) for station in chosen for entry in station.faults if entry.id in numbers[station]
    ]
    return web.json_response({"faults": found}, status=201)


@routes.delete("/v1/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Take all faults away."""
    removed = sum(station.faults.clear() for station in _chosen(request))
    log.info("control: all faults are removed (%d)", removed)
    return web.json_response({"removed": removed})


@routes.delete("/v1/faults/{id}")
async def remove_fault(request: web.Request) -> web.Response:
    """Take one fault away, wherever it is set."""
    asked = request.match_info["id"]
    having = [(station, each.id) for station in _chosen(request) for each in station.faults if str(each.id) == asked]
    if not having:
        raise Refused(404, f"there is no fault {asked}")
    for station, number in having:
        log.info("control: fault %s is removed", station.faults.remove(number))
    return web.json_response({"removed": len(having)})


@routes.get("/v1/counters")
async def counters(request: web.Request) -> web.Response:
    """Tell how many requests there were, by function and result."""
    return web.json_response({"counters": views.counters(_chosen(request))})


@routes.post("/v1/restart")
async def restart(request: web.Request) -> web.Response:
    """Restart: connections and values are lost."""
    chosen = _chosen(request)
    for station in chosen:
        station.restart()
    return web.json_response({"restarted": len(chosen)})


def _chosen(request: web.Request) -> Sequence[Station]:
    stations, port = request.app[STATIONS], request.query.get("plc")
    if port is None:
        return stations
    found = [station for station in stations if port in (str(station.port), *station.names)]
    if not found:
        raise Refused(404, f"there is no PLC at port {port}" if port.isdecimal() else f"there is no PLC {port}")
    return found


def _named(request: web.Request) -> list[tuple[Station, Point]]:
    name = request.match_info["name"]
    found = [(station, station.plc.points[name]) for station in _chosen(request) if name in station.plc.points]
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


async def _body(request: web.Request) -> Any:
    try:
        return await request.json()
    except LookupError:
        raise Refused(415, f"there is no charset {request.charset}: send JSON in UTF-8") from None
    except RecursionError:
        raise Refused(400, "the body is nested too deeply: nothing that can be asked is") from None
    except (ValueError, RequestPayloadError):  # the latter: compressed otherwise than its header says
        raise Refused(400, "the body is no JSON") from None


def _valid(model: type[_Model], given: Any) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(400, f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
