"""Mock PLCs as the operator asks them: real ones, as processes; and what is none is never asked for a fault."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from fabgitops_core.control.chaos.deeds import Lease, Mock, MockFault, MockRemove, MockRenew, MockSet, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Place, Result
from fabgitops_core.control.chaos.recovering import ENDED
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_operator.chaos import mocks as mocks_of_ours
from fabgitops_operator.chaos import web as web_of_ours
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
    host: str = "127.0.0.1"
    asked: int = 0

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where it is."""
        assert (spot.namespace, spot.name, spot.uid) == (SPOT.namespace, SPOT.name, SPOT.uid)
        self.asked += 1
        if self.away:
            raise AwayError(self.away)
        return Endpoint(self.host, self.port) if self.there else None

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
def running(*device: str) -> Iterator[Plc]:
    """Run one."""
    given = device or ("--register", "7=2500")
    command = [str(PROGRAM), "--bind", "127.0.0.1", "--port", "0", "--control", "0", *given]
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
    assert (await mocks.do(drift.until(lease(place)))).result is Result.DONE
    assert (await mocks.place(drift)).before == "9"
    back = MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    assert (await mocks.do(back)).result is Result.DONE
    assert (await mocks.place(drift)).before == "2500"
    again = await mocks.do(back)
    assert (again.result, again.message) == (Result.DONE, "somebody has set it meanwhile: it is left as it is")
    other = await mocks.place(replace(drift, register="speed"))
    assert (other.unfit, other.why) == (True, "register: the mock has none that it calls speed; it has 7")


async def test_a_fault_says_whom_it_has_hit(plc: Plc, mocks: Mocks) -> None:
    """A fault that nobody meets has no effect, which is known once it is renewed; its end says the last of it."""
    deed = MockFault(SPOT, {"fault": "exception:busy"}, mock=plc.mock)
    place = await mocks.place(deed)
    assert (await mocks.do(replace(deed, lease=lease(place)))).effective is None
    assert (await mocks.do(MockRenew(SPOT, lease(place), plc.mock))).effective is False
    with socket.create_connection(("127.0.0.1", plc.port), timeout=9) as client:
        client.sendall(bytes.fromhex("0001 0000 0006 01 03 0007 0001"))
        assert client.recv(16)[-2:] == bytes.fromhex("83 06")
    assert (await mocks.do(MockRemove(SPOT, plc.mock))).effective is True


async def test_a_frozen_mock_needs_nobody_who_asks(plc: Plc, mocks: Mocks) -> None:
    """What a mock is in all the time is not without effect because nobody has met it."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    place = await mocks.place(deed)
    for each in (replace(deed, lease=lease(place)), MockRenew(SPOT, lease(place), plc.mock)):
        assert (await mocks.do(each)).effective is None
    assert (await mocks.do(MockRemove(SPOT, plc.mock))).effective is None


async def test_a_drift_that_is_late_sets_nothing(plc: Plc, mocks: Mocks) -> None:
    """A register is not set after the moment until which that was asked for, nor by a mock that has begun since."""
    drift = MockSet(SPOT, plc.mock, "7", 9)
    place = await mocks.place(drift)
    for late in (lease(place, -1), replace(lease(place), instance="x")):
        assert (await mocks.do(drift.until(late))).result is Result.LATE
    assert (await mocks.place(drift)).before == "2500"


async def test_a_drift_that_a_register_rounds_is_put_back(tmp_path: Path) -> None:
    """A register that holds 2.4 when 2.36 is set holds what was set: nobody has corrected it, and it is put back.

    What rounds to what it holds has no effect.
    """
    device = tmp_path / "device.yaml"
    device.write_text("registers:\n  - {name: flow, address: 4, type: uint16, value: 10, scale: 0.1}\n")
    with running("--device", str(device)) as plc:
        async with aiohttp.ClientSession() as session:
            mocks, drift = Mocks(session, plc), MockSet(SPOT, plc.mock, "flow", 2.36)
            place = await mocks.place(drift)
            assert (await mocks.do(drift.until(lease(place)))).result is Result.DONE
            assert (await mocks.place(drift)).before == "2.4"
            back = replace(drift, value=json.loads(place.before), only_if=2.36)
            assert (await mocks.do(back)).message == ""
            assert json.loads((await mocks.place(drift)).before) == 10
            for value, effective in ((10.04, False), (10.06, True)):
                spot = replace(SPOT, before=(await mocks.place(drift)).before)
                told = await mocks.do(replace(drift, spot=spot, value=value).until(lease(place)))
                assert (told.result, told.effective) == (Result.DONE, effective)


async def test_a_drift_that_may_yet_come_is_not_over(plc: Plc, mocks: Mocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a set that nobody has answered a register that holds something else may yet be set: it is asked again."""
    drift, back = MockSet(SPOT, plc.mock, "7", 9), MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    place = await mocks.place(drift)
    with monkeypatch.context() as patched:
        patched.setattr(web_of_ours, "ANSWER_SECS", 0.0)
        assert (await mocks.do(drift.until(lease(place, 600.0)))).result is Result.UNKNOWN
    undone = await mocks.do(back)
    while (await mocks.place(drift)).before == "9":
        undone = await mocks.do(back)
    assert undone.result in {Result.UNKNOWN, Result.DONE}
    assert (await mocks.do(back)).result is Result.UNKNOWN


async def test_a_drift_under_way_when_its_operator_died_is_put_back(
    plc: Plc, mocks: Mocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next operator does not call it over before the mock refuses a set that is late: it asks again till then."""
    drift, back = MockSet(SPOT, plc.mock, "7", 9), MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    place = await mocks.place(drift)
    async with aiohttp.ClientSession() as session:
        new = Mocks(session, plc)
        assert (await new.do(back)).result is Result.UNKNOWN
        assert (await mocks.do(drift.until(lease(place, 600.0)))).result is Result.DONE
        assert (await new.do(back)).result is Result.DONE
        assert (await mocks.place(drift)).before == "2500"
        assert (await new.do(replace(back, answered=True))).result is Result.DONE
        monkeypatch.setattr(mocks_of_ours, "AHEAD_SECS", 0.0)
        newer = Mocks(session, plc)
        assert [(await newer.do(back)).result for _ in range(2)] == [Result.UNKNOWN, Result.DONE]


@pytest.mark.parametrize("late", [{"instance": "x"}, {"not_after": 0.0}])
async def test_a_drift_that_comes_too_late_is_over(
    late: dict[str, Any], plc: Plc, mocks: Mocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set that nobody has answered, and that the mock refuses by now, needs no more looking at."""
    drift, back = MockSet(SPOT, plc.mock, "7", 9), MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    place = await mocks.place(drift)
    with monkeypatch.context() as patched:
        patched.setattr(web_of_ours, "ANSWER_SECS", 0.0)
        assert (await mocks.do(drift.until(replace(lease(place), **late)))).result is Result.UNKNOWN
    assert (await mocks.do(back)).result is Result.DONE
    assert (await mocks.place(drift)).before == "2500"


async def test_what_is_not_let_in_has_put_nothing_back(plc: Plc, mocks: Mocks) -> None:
    """An answer that is no word on the register, as to a wrong token, is none that somebody has corrected it."""
    async with serving(lambda _: web.json_response({"error": "no"}, status=401)) as control:
        await mocks.place(MockSet(SPOT, plc.mock, "7", 9))
        undone = await mocks.do(MockSet(SPOT, Mock(control), "7", 2500, only_if=9))
    assert undone.result not in ENDED


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


@asynccontextmanager
async def serving(
    answer: Callable[[web.Request], web.Response], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Answer whatever is asked, as what is no mock would."""

    async def answered(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answered)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def frozen(plc: Plc, mocks: Mocks) -> MockFault:
    """Freeze the mock, and return by what."""
    deed = MockFault(SPOT, {"fault": "frozen"}, mock=plc.mock)
    deed = replace(deed, lease=lease(await mocks.place(deed)))
    assert (await mocks.do(deed)).result is Result.DONE
    return deed


async def test_nobody_says_that_it_ended_where_nobody_was_asked(plc: Plc, mocks: Mocks) -> None:
    """With its resource gone, and an operator that does not know where it began, a fault is not called ended."""
    deed = await frozen(plc, mocks)
    plc.there = False
    async with aiohttp.ClientSession() as session:
        new = Mocks(session, plc)
        drift = MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
        for each in (MockRemove(SPOT, plc.mock), drift, MockRenew(SPOT, deed.lease, plc.mock)):
            told = await new.do(each)
            assert (told.result, "where it began is not known" in told.message) == (Result.UNKNOWN, True)
    assert len(plc.faults()) == 1
    assert (await mocks.do(MockRemove(SPOT, plc.mock))).result is Result.DONE
    assert plc.faults() == []


async def test_it_is_ended_where_it_began(plc: Plc, mocks: Mocks) -> None:
    """When a PLC's address is changed meanwhile its fault is renewed and ended at the old one, the new is not asked."""
    deed, seen = await frozen(plc, mocks), []

    def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.path))
        return web.json_response({"error": "there is no fault"}, status=404)

    async with serving(answer, "127.0.0.2", plc.control):
        plc.host = "127.0.0.2"
        assert (await mocks.do(MockRenew(SPOT, deed.lease, plc.mock))).result is Result.DONE
        assert (await mocks.do(MockRemove(SPOT, plc.mock))).result is Result.DONE
    assert (seen, plc.faults()) == ([], [])


async def test_nothing_is_undone_at_what_is_no_mock(plc: Plc) -> None:
    """An operator that has begun since asks for an end only what is proven a mock: another's 404 is no word on it."""
    seen = []

    def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.path))
        return web.json_response({"error": "there is no fault"}, status=404)

    drift = MockSet(SPOT, plc.mock, "7", 2500, only_if=9)
    async with aiohttp.ClientSession() as session, serving(answer, "127.0.0.2", plc.control):
        plc.host, mocks = "127.0.0.2", Mocks(session, plc)
        for each in (MockRemove(SPOT, plc.mock), drift):
            assert (await mocks.do(each)).result is Result.UNKNOWN
    assert set(seen) == {("GET", "/v1/state")}


async def test_a_new_operator_renews_and_ends(plc: Plc, mocks: Mocks) -> None:
    """An operator that has begun since renews what is there, and from then on knows where it is."""
    deed = await frozen(plc, mocks)
    async with aiohttp.ClientSession() as session:
        new = Mocks(session, plc)
        assert (await new.do(MockRenew(SPOT, deed.lease, plc.mock))).result is Result.DONE
        plc.there = False
        assert (await new.do(MockRemove(SPOT, plc.mock))).result is Result.DONE
    assert plc.faults() == []


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
    place = await mocks.place(drift)
    assert (await mocks.do(drift.until(lease(place)))).result is Result.DONE
    plc.there = False
    assert (await mocks.do(back)).result is Result.DONE
    plc.there = True
    assert (await mocks.place(drift)).before == "2500"
