"""Control APIs of mock PLCs. A PLC is a mock by proof: at its own host one answers that serves its port.

A real PLC has no such API, and this is all that ever speaks to a device of an experiment: nothing of Modbus.
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from fabgitops_core.control.chaos.deeds import Deed, Lease, Mock, MockFault, MockRemove, MockRenew, MockSet, Spot
from fabgitops_core.control.chaos.outcomes import Outcome, Place, Result
from fabgitops_core.control.plc.requests import Endpoint

from fabgitops_operator.chaos.web import Reply, asked

CAN = frozenset({"mock"})
NOT_A_MOCK = "NotAMock: "


class Plcs(Protocol):
    """What is known of PLCs that are targets."""

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where the PLC of this uid is, as the operator connects to it; None where it is gone."""

    async def token(self, spot: Spot, secret: str) -> str:
        """Return the token out of a Secret of its namespace; "" where none is named. Raises LookupError with why."""


class Mocks:
    """All mock PLCs."""

    def __init__(self, session: aiohttp.ClientSession, plcs: Plcs) -> None:
        """Prepare it; nothing is sent yet."""
        self._session, self._plcs = session, plcs

    async def place(self, deed: Deed) -> Place:
        """Return whether a mock is there, by which clock, and what a register holds that is to be set."""
        if not isinstance(deed, MockFault | MockSet):
            return Place(why=f"no mock PLC does a {type(deed).__name__}")
        reply, port = await self._ask(deed.spot, deed.mock, "GET", "state")
        if isinstance(reply, Outcome):
            return Place(why=f"{NOT_A_MOCK}{reply.message}")
        if not any(plc.get("plc") == port for plc in _plcs(reply.body)):
            return Place(why=f"{NOT_A_MOCK}what answers there serves no PLC at port {port}")
        if isinstance(deed, MockSet):
            return await self._with_before(deed, reply)
        return Place(CAN, reply.clock)

    async def _with_before(self, deed: MockSet, state: Reply) -> Place:
        reply, _ = await self._ask(deed.spot, deed.mock, "GET", f"registers/{quote(deed.register, safe='')}")
        if isinstance(reply, Outcome):
            return Place(why=reply.message)
        found = reply.body.get("registers")
        if reply.status != 200 or not found:
            return Place(why=reply.error)
        return Place(CAN, state.clock, before=json.dumps(found[0]["value"]))

    async def do(self, deed: Deed) -> Outcome:
        """Have something done, and return what came of it."""
        name = quote(deed.spot.id, safe="")
        match deed:
            case MockFault():
                fault = f"{deed.fault['fault']},for={deed.lease.secs:g}s"
                body = {"fault": fault, **_timely(deed.lease)}
                return await self._done(deed.spot, deed.mock, "PUT", f"faults/{name}", body)
            case MockRenew():
                return await self._done(deed.spot, deed.mock, "POST", f"faults/{name}/renew", _timely(deed.lease))
            case MockRemove():
                return await self._done(deed.spot, deed.mock, "DELETE", f"faults/{name}?for-good=true")
            case MockSet():
                return await self._set(deed)
        return Outcome(Result.REFUSED, f"no mock PLC does a {type(deed).__name__}")

    async def _set(self, deed: MockSet) -> Outcome:
        path = f"registers/{quote(deed.register, safe='')}"
        if deed.only_if is not None:
            reply, _ = await self._ask(deed.spot, deed.mock, "GET", path)
            if isinstance(reply, Outcome):
                return reply
            if not (found := reply.body.get("registers")) or found[0]["value"] != deed.only_if:
                return Outcome(Result.DONE, "somebody has set it meanwhile: it is left as it is", reply.clock)
        return await self._done(deed.spot, deed.mock, "PUT", path, {"value": deed.value})

    async def _done(self, spot: Spot, mock: Mock, method: str, path: str, body: object = None) -> Outcome:
        reply, _ = await self._ask(spot, mock, method, path, body)
        return reply if isinstance(reply, Outcome) else reply.outcome()

    async def _ask(
        self, spot: Spot, mock: Mock, method: str, path: str, body: object = None
    ) -> tuple[Reply | Outcome, int]:
        endpoint = await self._plcs.endpoint(spot)
        if endpoint is None:
            return Outcome(Result.GONE, f"the IndustrialPLC {spot.namespace}/{spot.name} is not the same any more"), 0
        try:
            token = await self._plcs.token(spot, mock.secret)
        except LookupError as error:
            return Outcome(Result.REFUSED, str(error)), endpoint.port
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        chosen = f"{'&' if '?' in path else '?'}plc={endpoint.port}"
        url = f"http://{host}:{mock.port}/v1/{path}{chosen}"
        return await asked(self._session, method, url, body, token=token), endpoint.port


def _plcs(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = state.get("plcs")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _timely(lease: Lease) -> Mapping[str, Any]:
    return {"instance": lease.instance, "notAfter": lease.not_after}
