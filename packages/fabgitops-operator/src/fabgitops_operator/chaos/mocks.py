"""Control APIs of mock PLCs. A PLC is a mock by proof: at its own host one answers that serves its port.

A real PLC has no such API, and this is all that ever speaks to a device of an experiment: nothing of Modbus.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from fabgitops_core.codec.networks import ANYWHERE, Networks
from fabgitops_core.control.chaos.deeds import Clock, Deed, Lease, Mock, MockFault, MockRemove, MockRenew, MockSet, Spot
from fabgitops_core.control.chaos.outcomes import Outcome, Place, Result
from fabgitops_core.control.chaos.timing import AHEAD_SECS
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.device_errors import OutOfBounds, Unreachable

from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.web import Reply, asked
from fabgitops_operator.hosting.bounds import address_of

CAN = frozenset({"mock"})
MOST_KNOWN = 512
NOT_A_MOCK = "NotAMock: "
HEARD_SECS = 0.5
"""How long whoever renews or ends waits to hear where a PLC is by now, where it is known where that began."""


class Plcs(Protocol):
    """What is known of PLCs that are targets."""

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where the PLC of this uid is, as the operator connects to it; None where it is gone.

        Raises AwayError.
        """

    async def token(self, spot: Spot, secret: str) -> str:
        """Return the token out of a Secret of its namespace; "" where none is named. Raises LookupError with why."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a control API is, the port of the PLC that it serves, and the token that opens it.

    `answered` says whether it is known what came of a register that was to be set there; else it may yet be set `until`
    that moment of the mock's clock, None where that is not known.
    """

    url: str
    plc: int
    token: str
    answered: bool = False
    until: Clock | None = None


class Mocks:
    """All mock PLCs.

    Where each is is asked before anything is begun. What has begun is renewed and ended there, also while nobody says
    where it is, or its resource is gone or names another address.

    Args:
        session: What asks.
        plcs: What is known of PLCs.
        within: The addresses to which connections may be made.
    """

    def __init__(self, session: aiohttp.ClientSession, plcs: Plcs, within: Networks = ANYWHERE) -> None:
        """Prepare it; nothing is sent yet."""
        self._session, self._plcs, self._within = session, plcs, within
        self._known: dict[str, _Way] = {}

    async def place(self, deed: Deed) -> Place:
        """Return whether a mock is there, by which clock, and what a register holds that is to be set."""
        if not isinstance(deed, MockFault | MockSet):
            return Place(why=f"no mock PLC does a {type(deed).__name__}")
        way = await self._way(deed.spot, deed.mock)
        if isinstance(way, Outcome):
            return Place(why=way.message)
        state = await self._send(way, "GET", "state")
        if isinstance(state, Outcome) or (why := _unproven(state, way.plc)):
            return Place(why=f"{NOT_A_MOCK}{state.message if isinstance(state, Outcome) else why}", real=True)
        if isinstance(deed, MockSet):
            return await self._with_before(deed, way, state)
        return Place(CAN, state.clock)

    async def _with_before(self, deed: MockSet, way: _Way, state: Reply) -> Place:
        reply = await self._send(way, "GET", _register(deed))
        if isinstance(reply, Outcome):
            return Place(why=reply.message)
        found = reply.body.get("registers")
        if reply.status == HTTPStatus.NOT_FOUND:
            return Place(why=await self._no_register(deed, way), unfit=True)
        if reply.status != 200 or not found:
            return Place(why=reply.error)
        return Place(CAN, state.clock, before=json.dumps(found[0]["value"]))

    async def _no_register(self, deed: MockSet, way: _Way) -> str:
        """Return that there is no such register, and which there are by the names of the mock itself."""
        told = await self._send(way, "GET", "registers")
        found = _objects(told.body.get("registers")) if isinstance(told, Reply) else []
        names = ", ".join(str(each.get("name")) for each in found) or "none with a name"
        return f"register: the mock has none that it calls {deed.register}; it has {names}"

    async def do(self, deed: Deed) -> Outcome:
        """Have something done, and return what came of it."""
        name = quote(deed.spot.id, safe="")
        match deed:
            case MockFault():
                fault = f"{deed.fault['fault']},for={deed.lease.secs:g}s"
                way = await self._begun(deed)
                begun = await self._done(way, "PUT", f"faults/{name}", {"fault": fault, **_timely(deed.lease)})
                return begun if begun.effective else replace(begun, effective=None)
            case MockRenew():
                return await self._renewed(deed, name)
            case MockRemove():
                return await self._done(await self._way_back(deed), "DELETE", f"faults/{name}?for-good=true")
            case MockSet():
                return await self._set(deed)
        return Outcome(Result.REFUSED, f"no mock PLC does a {type(deed).__name__}")

    async def _renewed(self, deed: MockRenew, name: str) -> Outcome:
        """Let a fault last on; that of a PLC whose resource is gone is ended, and only then counts as gone."""
        gone = await self._heard(deed)
        way = await self._from_there(deed, gone)
        if isinstance(gone, Outcome) and gone.result is Result.GONE and isinstance(way, _Way):
            ended = await self._done(way, "DELETE", f"faults/{name}?for-good=true")
            return gone if ended.result in {Result.DONE, Result.LOST} else ended
        renewed = await self._done(way, "POST", f"faults/{name}/renew", _timely(deed.lease))
        if isinstance(way, _Way) and renewed.result is Result.DONE:
            self._keep(deed.spot, way)
        return renewed

    async def _set(self, deed: MockSet) -> Outcome:
        if deed.only_if is not None:
            return await self._put_back(deed)
        way = await self._begun(deed, until=Clock(deed.lease.instance, deed.lease.not_after))
        told = await self._done(
            way, "PUT", _register(deed), {"value": deed.value, **_timely(deed.lease)}, deed.spot.before
        )
        if isinstance(way, _Way) and told.result is not Result.UNKNOWN:
            self._keep(deed.spot, replace(way, answered=True))
        return told

    async def _put_back(self, deed: MockSet) -> Outcome:
        """Put back what was there; what holds something else is left alone, unless it may yet be set."""
        way = await self._way_back(deed)
        if isinstance(way, Outcome):
            return way
        settled = await self._settled(deed, way)
        if isinstance(settled, Outcome):
            return settled
        reply = await self._send(way, "PUT", _register(deed), {"value": deed.value, "onlyIf": deed.only_if})
        if isinstance(reply, Outcome):
            return reply
        if reply.status != HTTPStatus.CONFLICT:
            return reply.outcome()
        if not settled:
            return Outcome(Result.UNKNOWN, "nobody has said whether it was set: it may yet be", reply.clock)
        return Outcome(Result.DONE, "somebody has set it meanwhile: it is left as it is", reply.clock)

    async def _settled(self, deed: MockSet, way: _Way) -> bool | Outcome:
        """Return whether nothing is set any more that was asked for before, by the mock's clock.

        Who asks first after a new start does not know until when that was, and knows that it was asked for before now.
        """
        if deed.answered or way.answered:
            return True
        state = await self._send(way, "GET", "state")
        if isinstance(state, Outcome) or (clock := state.clock) is None:
            return state if isinstance(state, Outcome) else Outcome(Result.UNKNOWN, state.error)
        until = way.until or Clock(clock.instance, clock.now + AHEAD_SECS)
        self._keep(deed.spot, replace(way, until=until))
        return clock.instance != until.instance or clock.now > until.now

    async def _done(
        self, way: _Way | Outcome, method: str, path: str, body: object = None, before: str = ""
    ) -> Outcome:
        reply = way if isinstance(way, Outcome) else await self._send(way, method, path, body)
        return reply if isinstance(reply, Outcome) else reply.outcome(effective=_effective(reply.body, before))

    async def _begun(self, deed: MockFault | MockSet, until: Clock | None = None) -> _Way | Outcome:
        """Return the way to what is about to begin, which is kept: there it is renewed and ended."""
        way = await self._way(deed.spot, deed.mock)
        if isinstance(way, _Way):
            self._keep(deed.spot, way := replace(way, until=until))
        return way

    async def _way_back(self, deed: MockRenew | MockRemove | MockSet) -> _Way | Outcome:
        """Return the way to where it began, wherever its PLC is by now; see `_from_there`."""
        return await self._from_there(deed, await self._heard(deed))

    async def _from_there(self, deed: MockRenew | MockRemove | MockSet, way: _Way | Outcome) -> _Way | Outcome:
        """Return the way to where it began, when it is known where its PLC is by now.

        Where that is not known, as after a new start, it is where its PLC is, if that is a mock.
        """
        begun = self._known.get(deed.spot.id)
        if begun is not None:
            same = isinstance(way, _Way) and (way.url, way.plc) == (begun.url, begun.plc)
            return replace(begun, token=way.token) if isinstance(way, _Way) and same else begun
        return _nowhere(way) if isinstance(way, Outcome) else await self._proven(way)

    async def _proven(self, way: _Way) -> _Way | Outcome:
        state = await self._send(way, "GET", "state")
        why = state.message if isinstance(state, Outcome) else _unproven(state, way.plc)
        return Outcome(Result.UNKNOWN, f"{NOT_A_MOCK}{why}") if why else way

    async def _heard(self, deed: MockRenew | MockRemove | MockSet) -> _Way | Outcome:
        """Return where a PLC is by now; an API server that hangs is not waited for by who knows where that began."""
        try:
            async with asyncio.timeout(HEARD_SECS if deed.spot.id in self._known else None):
                return await self._way(deed.spot, deed.mock)
        except TimeoutError:
            return Outcome(Result.UNKNOWN, f"where {deed.spot.namespace}/{deed.spot.name} is by now was not told")

    async def _way(self, spot: Spot, mock: Mock) -> _Way | Outcome:
        try:
            endpoint = await self._plcs.endpoint(spot)
            if endpoint is None:
                gone = f"the IndustrialPLC {spot.namespace}/{spot.name} is not the same any more"
                return Outcome(Result.GONE, gone)
            address = await address_of(endpoint.host, mock.port, self._within) or endpoint.host
            token = await self._plcs.token(spot, mock.secret)
        except (LookupError, OutOfBounds) as error:
            return Outcome(Result.REFUSED, str(error))
        except (AwayError, Unreachable) as error:
            return Outcome(Result.UNKNOWN, str(error))
        host = f"[{address}]" if ":" in address else address
        return _Way(f"http://{host}:{mock.port}/v1/", endpoint.port, token)

    def _keep(self, spot: Spot, way: _Way) -> None:
        """Keep a way for as long as it may be needed; what has begun last is kept."""
        self._known.pop(spot.id, None)
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[spot.id] = way

    async def _send(self, way: _Way, method: str, path: str, body: object = None) -> Reply | Outcome:
        chosen = f"{'&' if '?' in path else '?'}plc={way.plc}"
        return await asked(self._session, method, f"{way.url}{path}{chosen}", body, token=way.token)


def _register(deed: MockSet) -> str:
    return f"registers/{quote(deed.register, safe='')}"


def _effective(body: Mapping[str, Any], before: str) -> bool | None:
    """Return whether anything came of what was set, as far as that is told: a register holds what it had `before`."""
    if registers := _objects(body.get("registers")):
        return json.dumps(registers[0].get("value")) != before if before else None
    faults = _objects(body.get("faults"))
    if any(each.get("hits") for each in faults):
        return True
    told = any("hits" in each and not str(each.get("fault")).startswith(_STATES) for each in faults)
    return False if told else None


_STATES = ("frozen", "connection-limit")
"""Faults that a mock is in, whether or not anybody asks it: of all others it counts whom they have hit."""


def _unproven(state: Reply, port: int) -> str:
    """Return why what answers is not proven to be a mock of the PLC at a port; "" when it is.

    It says which start of mock-plc it is, by which clock, and that it serves the PLC at this port.
    """
    if state.status != 200:
        return state.error
    if state.clock is None:
        return "what answers there says no instance, as mock-plc does"
    return "" if any(plc.get("plc") == port for plc in _plcs(state.body)) else f"{_NO_PLC} {port}"


_NO_PLC = "what answers there serves no PLC at port"


def _plcs(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(state.get("plcs"))


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _nowhere(why: Outcome) -> Outcome:
    """Return that nobody was asked for an end: what is gone, and may have begun, has not ended by that."""
    return replace(why, result=Result.UNKNOWN, message=f"where it began is not known, and {why.message}")


def _timely(lease: Lease) -> Mapping[str, Any]:
    return {"instance": lease.instance, "notAfter": lease.not_after}
