"""The routes of the control API about faults: by number, as they were set, or by a name that who sets it chooses."""

import logging
import re
from collections.abc import Sequence

from aiohttp import web

from mock_plc.control import moments, views
from mock_plc.control.asked import Refused, body, chosen, valid
from mock_plc.control.moments import Timely
from mock_plc.faults.box import Entry
from mock_plc.faults.model import Fault
from mock_plc.net.station import Station

log = logging.getLogger("mock_plc")
routes = web.RouteTableDef()
_NAME = re.compile(r"(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""A name is no number, so that no name is the id of a fault without one."""


class _Add(Timely):
    """A fault to set, a line or an object."""

    fault: Fault


@routes.get("/v1/faults")
async def list_(request: web.Request) -> web.Response:
    """Tell which faults are set."""
    found = [views.fault(station, entry) for station in chosen(request) for entry in station.faults]
    return web.json_response({"faults": found})


@routes.post("/v1/faults")
async def add(request: web.Request) -> web.Response:
    """Set a fault, from now on."""
    asked, stations = valid(_Add, await body(request)), chosen(request)
    _check(stations, asked.fault)
    numbers = {station: station.faults.add(asked.fault) for station in stations}
    log.info("control: fault %s is set", asked.fault)
    found = [
        views.fault(station, entry) for station in stations for entry in station.faults if entry.id in numbers[station]
    ]
    return web.json_response({"faults": found}, status=201)


@routes.put("/v1/faults/{name}")
async def put(request: web.Request) -> web.Response:
    """Set the fault of a name, instead of the one that has it; the same one counts its time from now on.

    Sent again it changes nothing but that time. With `instance` and `notAfter`, out of any answer, it counts for that
    run and until that moment of its clock alone.
    """
    name, asked, stations = _name(request), valid(_Add, await body(request)), chosen(request)
    moments.check(asked.instance, asked.not_after)
    _check(stations, asked.fault)
    if any(name in station.faults.buried for station in stations):
        raise Refused(410, f"fault {name} was ended for good")
    before = [station.faults.named(name) for station in stations]
    after = [station.faults.put(name, asked.fault) for station in stations]
    if before != after:  # who renews it each few seconds fills no log
        log.info("control: fault %s is %s", name, asked.fault)
    found = [views.fault(*each) for each in zip(stations, after, strict=True)]
    return web.json_response({**moments.told(), "faults": found}, status=200 if all(before) else 201)


@routes.post("/v1/faults/{name}/renew")
async def renew(request: web.Request) -> web.Response:
    """Let the fault of a name count its time from now on; where it has ended or was forgotten, it stays so."""
    name, asked, stations = _name(request), valid(Timely, await body(request)), chosen(request)
    moments.check(asked.instance, asked.not_after)
    there = {station: station.faults.named(name) for station in stations}
    if gone := [station.port for station, entry in there.items() if entry is None]:
        raise Refused(404, f"the PLC at port {gone[0]} has no fault {name} any more")
    found = [views.fault(station, station.faults.put(name, entry.fault)) for station, entry in there.items() if entry]
    return web.json_response({**moments.told(), "faults": found})


@routes.delete("/v1/faults")
async def clear(request: web.Request) -> web.Response:
    """Take all faults away."""
    removed = sum(station.faults.clear() for station in chosen(request))
    log.info("control: all faults are removed (%d)", removed)
    return web.json_response({"removed": removed})


@routes.delete("/v1/faults/{id}")
async def remove(request: web.Request) -> web.Response:
    """Take the fault of a number or a name away, wherever it is set.

    With `?for-good=true` no fault is put under that name any more, until a new start: also not by a request that was
    sent before this one and comes after it.
    """
    asked = request.match_info["id"]
    if _for_good(request):
        for station in chosen(request):
            station.faults.buried.add(asked)
    having = [(station, each) for station in chosen(request) for each in station.faults if asked in _called(each)]
    if not having:
        raise Refused(404, f"there is no fault {asked}")
    ended = [views.fault(*each) for each in having]
    for station, entry in having:
        log.info("control: fault %s is removed", station.faults.remove(entry.id))
    return web.json_response({"removed": len(having), "faults": ended})


def _for_good(request: web.Request) -> bool:
    given = request.query.get("for-good", "false")
    if given not in ("true", "false"):
        raise Refused(400, f'for-good: "{given}" is neither true nor false')
    return given == "true"


def _called(entry: Entry) -> tuple[str, str]:
    return str(entry.id), entry.name


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if not _NAME.fullmatch(name):
        raise Refused(400, f'"{name}" is no name: letters, digits, ".", "_" and "-", up to 200, and no number')
    return name


def _check(stations: Sequence[Station], fault: Fault) -> None:
    try:
        for station in stations:
            station.check(fault)
    except ValueError as error:
        raise Refused(400, str(error)) from None
