"""Mock PLCs as the operator asks them: real ones, as processes; and what is none is never asked for a fault."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from fabgitops_core.control.chaos.deeds import Lease, Mock, MockFault, MockRemove, MockRenew, MockSet, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Place, Result
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.mocks import CAN, Mocks

PROGRAM = Path(sys.executable).with_name("mock-plc")
SPOT = Spot("line-1", "mixer", TargetUid("u"), NodeName(""), InjectionId("run.u"))


@dataclass
class Plc:
    """A mock PLC, and what is known of the PLC that it is."""

    port: int
    control: int
    token_: str = ""
    there: bool = True
    away: str = ""
    asked: int = 0

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where it is."""
        assert (spot.namespace, spot.name, spot.uid) == (SPOT.namespace, SPOT.name, SPOT.uid)
        self.asked += 1
        if self.away:
            raise AwayError(self.away)
        return Endpoint("127.0.0.1", self.port) if self.there else None

    async def token(self, spot: Spot, secret: str) -> str:
        """Return its token."""
        if secret == "missing":  # noqa: S105 - of a test
            raise LookupError(f"the Secret {spot.namespace}/{secret} is not there")
        return self.token_

    @property
    def mock(self) -> Mock:
        """Where its control API is."""
        return Mock(self.control)

    def faults(self) -> list[dict[str, Any]]:
        """Return what is set."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/v1/faults") as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())["faults"]
        return found


@contextmanager
def running() -> Iterator[Plc]:
    """Run one."""
    command = [str(PROGRAM), "--bind", "127.0.0.1", "--port", "0", "--control", "0", "--register", "7=2500"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = ""
            while not (control := re.search(r"control API on http://127.0.0.1:(\d+)", said)):
                said += process.stderr.readline()
            port = re.search(r"listening on 127.0.0.1:(\d+)", said)
            assert port
            yield Plc(int(port[1]), int(control[1]))
        finally:
            process.kill()


@pytest.fixture(name="plc")
def _plc() -> Iterator[Plc]:
    with running() as made:
        yield made


@pytest.fixture(name="mocks")
async def _mocks(plc: Plc) -> AsyncIterator[Mocks]:
    async with aiohttp.ClientSession() as session:
        yield Mocks(session, plc)


def lease(place: Place, ahead: float = 10.0) -> Lease:
    """Return a lease by the clock of a place."""
    assert place.clock
    return Lease(place.clock.instance, place.clock.now + ahead, 15.0, 60.0)


async def test_a_fault_is_led(plc: Plc, mocks: Mocks) -> None:
    """It is put under its name with its lease, renewed, and ended for good: nothing sent earlier brings it back."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    place = await mocks.place(deed)
    assert (place.can, place.why) == (CAN, "")
    deed = replace(deed, lease=lease(place))
    for _ in range(2):
        assert (await mocks.do(deed)).result is Result.DONE
    assert [(each["name"], each["fault"], each["active"]) for each in plc.faults()] == [
        ("run.u", "frozen,for=15s", True)
    ]
    renewed = await mocks.do(MockRenew(SPOT, lease(place), plc.mock))
    assert renewed.result is Result.DONE
    assert renewed.clock
    assert (await mocks.do(MockRemove(SPOT, plc.mock))).result is Result.DONE
    assert plc.faults() == []
    assert (await mocks.do(deed)).result is Result.LOST
    assert (await mocks.do(MockRenew(SPOT, lease(place), plc.mock))).result is Result.LOST
    assert plc.faults() == []


async def test_late_and_for_another_start(plc: Plc, mocks: Mocks) -> None:
    """A request that comes after its last moment, or after a new start of the mock, sets nothing."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    place = await mocks.place(deed)
    assert (await mocks.do(replace(deed, lease=lease(place, -1)))).result is Result.LATE
    assert (await mocks.do(replace(deed, lease=replace(lease(place), instance="x")))).result is Result.LATE
    assert plc.faults() == []


async def test_a_register_is_set_and_put_back(plc: Plc, mocks: Mocks) -> None:
    """What it held is known before; it is put back where nobody has corrected it, and left alone where somebody has."""
    drift = MockSet(SPOT, plc.mock, "7", 9)
    place = await mocks.place(drift)
    assert (place.can, place.before) == (CAN, "2500")
    assert (await mocks.do(drift)).result is Result.DONE
    assert (await mocks.place(drift)).before == "9"
    back = MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    assert (await mocks.do(back)).result is Result.DONE
    assert (await mocks.place(drift)).before == "2500"
    again = await mocks.do(back)
    assert (again.result, again.message) == (Result.DONE, "somebody has set it meanwhile: it is left as it is")
    assert "no register named" in (await mocks.place(replace(drift, register="8"))).why


async def test_what_is_no_mock_is_not_touched(plc: Plc, mocks: Mocks) -> None:
    """A PLC without a control API, or whose host has one of other PLCs, is no mock: that is said, and nothing asked."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    assert (await mocks.place(replace(deed, mock=Mock(1)))).why.startswith(
        "NotAMock: no answer from http://127.0.0.1:1"
    )
    plc.port += 1
    told = f"NotAMock: there is no PLC at port {plc.port}"
    place = await mocks.place(deed)
    assert (place.why, place.real) == (told, True)
    plc.port -= 1
    assert (await mocks.place(replace(deed, mock=Mock(plc.control, "missing")))).why == (
        "the Secret line-1/missing is not there"
    )
    plc.there = False
    assert (await mocks.do(deed)).result is Result.GONE
    plc.there, plc.away = True, "the API server is away"
    assert (await mocks.place(deed)).why == plc.away
    assert (await mocks.do(deed)).result is Result.UNKNOWN
    assert plc.faults() == []


async def test_only_mock_plc_says_which_start_it_is(plc: Plc, mocks: Mocks) -> None:
    """What answers as a mock would, but for the start of mock-plc and its clock, proves nothing: it may be anything."""

    async def answer(request: web.Request) -> web.Response:
        assert (request.path, request.query["plc"]) == ("/v1/state", str(plc.port))
        return web.json_response({"plcs": [{"plc": plc.port}]})

    app = web.Application()
    app.router.add_get("/v1/state", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place = await mocks.place(MockFault(SPOT, {"fault": "frozen"}, mock=Mock(runner.addresses[0][1])))
    assert (place.real, place.why) == (True, "NotAMock: what answers there says no instance, as mock-plc does")
    await runner.cleanup()


async def test_what_has_begun_is_led_without_the_api_server(plc: Plc, mocks: Mocks) -> None:
    """While nobody says where a PLC is, its fault lasts on and is ended; with its resource gone it ends before that."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    place = await mocks.place(deed)
    assert (await mocks.do(replace(deed, lease=lease(place)))).result is Result.DONE
    plc.away = "the API server is away"
    assert (await mocks.do(MockRenew(SPOT, lease(place), plc.mock))).result is Result.DONE
    plc.away, plc.there = "", False
    assert (await mocks.do(MockRenew(SPOT, lease(place), plc.mock))).result is Result.GONE
    assert plc.faults() == []
    drift, back = MockSet(SPOT, plc.mock, "7", 9), MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    plc.there = True
    await mocks.place(drift)
    assert (await mocks.do(drift)).result is Result.DONE
    plc.there = False
    assert (await mocks.do(back)).result is Result.DONE
    plc.there = True
    assert (await mocks.place(drift)).before == "2500"
