"""Where experiments may go: nobody outside of --allow-cidr or a device map hears of us, whatever a manifest says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from fabgitops_core.api.meta import Key
from fabgitops_core.codec.networks import networks
from fabgitops_core.control.chaos.deeds import Deed, Lease, Mock, MockFault, MockRemove, MockRenew, MockSet
from fabgitops_core.control.chaos.events import Examined
from fabgitops_core.control.chaos.outcomes import Place, Result
from fabgitops_core.control.chaos.recovering import ENDED
from fabgitops_core.control.chaos.requests import Examine
from fabgitops_core.modbus.route import Route, straight
from fabgitops_core.testing.host import FakeHost
from fabgitops_operator.chaos.agents import NoWayError
from fabgitops_operator.chaos.mocks import CAN, Mocks
from fabgitops_operator.cluster.chaos import means_of
from fabgitops_operator.cluster.whereabouts import Whereabouts
from fabgitops_operator.hosting.device_map import DeviceMap
from fabgitops_operator.hosting.means import Means
from fabgitops_operator.settings import Family, Settings
from fabgitops_operator.standalone.chaos import with_chaos

from .test_mocks import SPOT, Plc, serving

OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"
LEASE = Lease("i", 10.0, 15.0, 60.0)
REFUSAL = "is not connected to: its address 127.0.0.1 is outside of --allow-cidr"


class Line(Plc):
    """A PLC, where nobody says what is allowed."""

    async def policy(self) -> None:
        """Return that there is none."""

    async def opted_in(self, namespace: str) -> bool:
        """Return that everybody is let in."""
        return bool(namespace)


class Site:
    """One port at two addresses, where whoever answers would pass for a mock; what each was asked is noted."""

    def __init__(self) -> None:
        self.plc, self.asked = Line(502, 0), list[str]()

    @property
    def deed(self) -> MockFault:
        """Return a fault of the mock, which a token opens."""
        return MockFault(SPOT, {"fault": "frozen"}, lease=LEASE, mock=Mock(self.plc.control, "mock"))

    def answer(self, request: web.Request) -> web.Response:
        """Answer as a mock does, and note where that was asked, and for what."""
        assert request.transport
        self.asked.append(f"{request.transport.get_extra_info('sockname')[0]} {request.method}")
        return web.json_response({"instance": "i", "now": 1.0, "plcs": [{"plc": 502}], "registers": [{"value": 9}]})


@pytest.fixture(name="site")
async def _site() -> AsyncIterator[Site]:
    made = Site()
    async with serving(made.answer, OUTSIDE) as made.plc.control, serving(made.answer, INSIDE, made.plc.control):
        yield made


@pytest.fixture(name="mocks")
async def _mocks(site: Site) -> AsyncIterator[Mocks]:
    async with aiohttp.ClientSession() as session:
        yield Mocks(session, site.plc, networks([INSIDE]))


def answering(*addresses: str) -> None:
    """Let host names have these addresses, until told otherwise."""

    async def found(_host: str, port: int, **_kind: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    asyncio.get_running_loop().getaddrinfo = found  # type: ignore[method-assign, assignment]


def everything(deed: MockFault) -> tuple[Deed, ...]:
    """Return all that is ever asked of a mock."""
    drift, back = MockSet(SPOT, deed.mock, "7", 9), MockSet(SPOT, deed.mock, "7", 2500, only_if=9)
    return deed, MockRenew(SPOT, LEASE, deed.mock), drift.until(LEASE), back, MockRemove(SPOT, deed.mock)


@pytest.mark.parametrize("host", [OUTSIDE, "::ffff:127.0.0.1", "localhost", "127.1", "2130706433"])
async def test_a_control_api_outside_hears_nothing(site: Site, mocks: Mocks, host: str) -> None:
    """Neither a look nor a deed goes there, nor is a token read; that is told, and an end is not taken for one."""
    site.plc.host = host
    wanted = replace(site.deed, mock=Mock(site.plc.control, "missing"))
    place = await mocks.place(wanted)
    assert (place.can, place.real) == (frozenset(), False)
    assert f":{site.plc.control} is not connected to: its address" in place.why
    assert place.why.endswith("outside of --allow-cidr 127.0.0.2/32")
    for deed in everything(wanted):
        told = await mocks.do(deed)
        assert told.result in {Result.REFUSED, Result.UNKNOWN} - ENDED
        assert "outside of --allow-cidr 127.0.0.2/32" in told.message
    assert site.asked == []


async def test_a_mock_within_is_led(site: Site, mocks: Mocks) -> None:
    """A range that holds the mock changes nothing for it, nor does the guise of IPv6."""
    for site.plc.host in (INSIDE, "::ffff:127.0.0.2"):
        assert (await mocks.place(site.deed)).can == CAN
    site.plc.host = INSIDE
    for deed in everything(site.deed):
        assert (await mocks.do(deed)).result is Result.DONE
    assert {each.split()[0] for each in site.asked} <= {INSIDE, "::ffff:127.0.0.2"}


async def test_a_name_is_followed_to_no_address_outside(site: Site, mocks: Mocks) -> None:
    """Of several addresses that within is asked; when the name leads elsewhere it is renewed and ended where it was."""
    site.plc.host = "mock.plant"
    answering(OUTSIDE, INSIDE)
    assert (await mocks.do(site.deed)).result is Result.DONE
    answering(OUTSIDE)
    for deed in (MockRenew(SPOT, LEASE, site.deed.mock), MockRemove(SPOT, site.deed.mock)):
        assert (await mocks.do(deed)).result is Result.DONE
    assert (await mocks.do(site.deed)).message.startswith(f"mock.plant:{site.plc.control} {REFUSAL}")
    answering()
    assert "mock.plant" in (await mocks.place(site.deed)).why
    assert {each.split()[0] for each in site.asked} == {INSIDE}


async def examined(means: Means, deed: Deed) -> Place:
    """Return what an operator with these means finds where something is to be done."""
    done = await means.performers(FakeHost())[Examine](Key("ChaosExperiment", "line-1", "run"), Examine((deed,)), str)
    assert isinstance(done, Examined)
    return done.places[deed.spot.uid]


class Api:
    """An API server with one PLC."""

    def __init__(self, host: str) -> None:
        self.plc = {"metadata": {"uid": SPOT.uid}, "spec": {"deviceAddress": host}}

    async def get(self, kind: Any, _namespace: str, _name: str) -> Any:
        """Return the PLC, and nothing else."""
        return self.plc if kind.kind == "IndustrialPLC" else None

    async def plcs(self, _namespace: str, _selector: object) -> list[Any]:
        """Return the PLC."""
        return [self.plc]

    async def everywhere(self, _namespace: str) -> list[Any]:
        """Return the PLC, and no other."""
        return [self.plc]


def on_kubernetes(host: str, route: Route, *within: str) -> AbstractAsyncContextManager[Means]:
    """Return what an operator of experiments has that is given a device map and ranges."""
    settings = Settings(kinds=Family.CHAOS, allow_cidr=within, lease_namespace="fab")
    access = cast("Any", SimpleNamespace(cluster=SimpleNamespace(server="https://192.0.2.1")))
    api = cast("Any", Api(host))
    return means_of(settings, access, api, api, route, None, (), ())


@pytest.mark.parametrize(("within", "can"), [("192.0.2.0/24", frozenset()), ("127.0.0.0/8", CAN)])
async def test_the_flag_holds_on_kubernetes(site: Site, within: str, can: frozenset[str]) -> None:
    """With --kinds chaos an operator that is given ranges asks no control API outside of them."""
    async with on_kubernetes(OUTSIDE, straight, within) as means:
        place = await examined(means, MockFault(SPOT, mock=Mock(site.plc.control)))
    assert (place.can, bool(site.asked), REFUSAL in place.why) == (can, bool(can), not can)


@pytest.mark.parametrize(("within", "can"), [("192.0.2.0/24", frozenset()), ("127.0.0.0/8", CAN)])
async def test_the_flag_holds_without_a_cluster(site: Site, within: str, can: frozenset[str]) -> None:
    """An operator that is given ranges asks no control API outside of them."""
    async with with_chaos(Means(), cast("Any", site.plc), networks([within]), None, ()) as means:
        place = await examined(means, MockFault(SPOT, mock=Mock(site.plc.control)))
    assert (place.can, bool(site.asked), REFUSAL in place.why) == (can, bool(can), not can)


@pytest.fixture(name="twin")
def _twin(tmp_path: Path) -> Path:
    file = tmp_path / "twin.yaml"
    file.write_text('"10.20.1.12:502": "127.0.0.2:502"\n')
    return file


@pytest.mark.parametrize(("host", "can"), [("10.20.1.12", CAN), (OUTSIDE, frozenset())])
async def test_a_device_map_holds_on_kubernetes(site: Site, twin: Path, host: str, can: frozenset[str]) -> None:
    """With --kinds chaos mocks are asked where the map says; a PLC that it does not name is not asked, and why told."""
    async with on_kubernetes(host, DeviceMap(twin)) as means:
        place = await examined(means, MockFault(SPOT, mock=Mock(site.plc.control)))
    assert (place.can, "it is not in --device-map" in place.why) == (can, not can)
    assert set(site.asked) == ({f"{INSIDE} GET"} if can else set())


async def test_a_twin_that_ends_takes_no_fault_along(site: Site, twin: Path) -> None:
    """What has begun is renewed and ended where that was when the map is gone meanwhile; nothing else is begun."""
    api = cast("Any", Api("10.20.1.12"))
    where = Whereabouts(api, api, "fab", "https://192.0.2.1", api, DeviceMap(twin), float)
    mock = Mock(site.plc.control)
    async with aiohttp.ClientSession() as session:
        mocks = Mocks(session, where)
        assert (await mocks.do(MockFault(SPOT, {"fault": "frozen"}, lease=LEASE, mock=mock))).result is Result.DONE
        twin.unlink()
        for deed in (MockRenew(SPOT, LEASE, mock), MockRemove(SPOT, mock)):
            assert (await mocks.do(deed)).result is Result.DONE
        again = await mocks.do(MockFault(SPOT, {"fault": "frozen"}, lease=LEASE, mock=mock))
    assert (again.result, "--device-map" in again.message) == (Result.UNKNOWN, True)
    assert site.asked == [f"{INSIDE} {method}" for method in ("PUT", "POST", "DELETE")]


@pytest.mark.parametrize("to", ["target", 'plcs {"matchLabels": {"line": "1"}}'])
async def test_packets_to_a_plc_that_no_map_names_are_not_held(twin: Path, to: str) -> None:
    """Where it really is nobody knows, so an agent is asked for nothing, and the reason is told."""
    api = cast("Any", Api("10.20.1.13"))
    where = Whereabouts(api, api, "fab", "https://192.0.2.1", api, DeviceMap(twin), float)
    with pytest.raises(NoWayError, match=r"10\.20\.1\.13:502 is not connected to: it is not in --device-map"):
        await where.networks(SPOT, to)
