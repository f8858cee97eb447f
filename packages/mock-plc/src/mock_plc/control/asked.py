"""What every route of the control API needs: whom it is about, what was sent, and how it is refused."""

from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.web import RequestPayloadError
from pydantic import BaseModel, ConfigDict, ValidationError

from mock_plc.net.station import Station

STATIONS: web.AppKey[Sequence[Station]] = web.AppKey("stations")
_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST = 500
"""Characters of a sentence that says why."""


class Strict(BaseModel):
    """What is sent: a field that is unknown is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Refused(Exception):
    """What was asked cannot be done: the HTTP status and a sentence, of what was sent no more than helps."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…")
        self.status = status


def chosen(request: web.Request) -> Sequence[Station]:
    """Return the PLCs that a request is about."""
    stations, port = request.app[STATIONS], request.query.get("plc")
    if port is None:
        return stations
    found = [station for station in stations if port in (str(station.port), *station.names)]
    if not found:
        raise Refused(404, f"there is no PLC at port {port}" if port.isdecimal() else f"there is no PLC {port}")
    return found


async def body(request: web.Request) -> Any:
    """Return the JSON that was sent."""
    try:
        return await request.json()
    except LookupError:
        raise Refused(415, f"there is no charset {request.charset}: send JSON in UTF-8") from None
    except RecursionError:
        raise Refused(400, "the body is nested too deeply: nothing that can be asked is") from None
    except (ValueError, RequestPayloadError):  # the latter: compressed otherwise than its header says
        raise Refused(400, "the body is no JSON") from None


def valid(model: type[_Model], given: Any) -> _Model:
    """Return what was sent as what it has to be."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(400, f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
