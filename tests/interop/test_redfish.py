"""BMCs of others are read as their own libraries read them, switched as is wished, and never believed too early."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redfish
import sushy
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus, SystemStatus
from fabgitops_core.api.rack.marks import LOCATE
from fabgitops_core.api.rack.parts import BmcSpec
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Publish, Request
from fabgitops_core.control.events import Declared, Due, Event
from fabgitops_core.control.rack.bmc.table import BmcController
from fabgitops_core.engine.ports import Stored
from fabgitops_operator.redfish.performing import Bmcs

from .bmcs import USER, WORD, Foreign, emulator, mockup

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("default")]

KEY = Key("BMC", "plant", "rack-01-c0s0b0")
MACHINES: list[dict[str, object]] = [
    {
        "uuid": "c7a5fdbd-cdaf-9455-926a-d65c16db1809",
        "name": "node-0",
        "power_state": "Off",
        "nics": [{"mac": "00:5c:52:31:3a:9c", "ip": "172.22.0.100"}],
    },
    {
        "uuid": "c7a5fdbd-cdaf-9455-926a-d65c16db180a",
        "name": "node-1",
        "power_state": "On",
        "nics": [{"mac": "00:5c:52:31:3a:9d", "ip": "172.22.0.101"}],
    },
]


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Foreign]:
    """Return an emulator with two machines."""
    with emulator(tmp_path, MACHINES) as running:
        yield running


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[Foreign]:
    """Return a mockup that takes everything and does nothing."""
    with mockup(tmp_path) as running:
        yield running


@dataclass
class Operated:
    """One BMC object, decided about and asked as the operator does, on a time of day that a test moves on."""

    foreign: Foreign
    spec: dict[str, Any] = field(default_factory=dict)
    status: BmcStatus | None = None
    ahead: timedelta = timedelta()
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin."""
        self.controller, self.bmcs = BmcController(), Bmcs(self, self, now=self.now)
        self.state = self.controller.start(KEY)

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime.now(UTC) + self.ahead

    async def secret(self, _namespace: str, _name: str) -> Mapping[str, str]:
        """Return user, password and CA."""
        data = {"username": USER, "password": WORD, "ca.crt": self.foreign.ca.read_text()}
        return {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}

    async def stored(self, _key: Key, _limit: float) -> Stored:
        """Store at once."""
        return Stored.YES

    async def declare(self, locate: str = "", **wanted: Any) -> None:
        """Declare the BMC."""
        given = {"bladeRef": {"name": "b"}, "credentialsRef": {"name": "bmcs"}, "ipAddress": "127.0.0.1", **wanted}
        spec = BmcSpec.model_validate({**given, "port": self.foreign.port})
        annotations = {LOCATE: locate} if locate else {}
        await self._tell(Declared(self.now(), 1, spec, annotations=annotations))

    async def look(self, later: float = 0.0) -> BmcStatus:
        """Let a pass begin so many seconds later, and carry it out."""
        self.ahead += timedelta(seconds=later)
        await self._tell(Due(self.now(), PASS))
        assert self.status is not None
        return self.status

    async def until(self, holds: Callable[[BmcStatus], bool]) -> BmcStatus:
        """Look again and again, a second apart, until something holds."""
        async with asyncio.timeout(60):
            while not holds(status := await self.look()):
                await asyncio.sleep(1)
        return status

    async def _tell(self, event: Event | None) -> None:
        performers = self.bmcs.performers()
        while event is not None:
            self.state, commands = self.controller.step(self.state, event)
            event = None
            for command in commands:
                if isinstance(command, Publish):
                    self.status = _status(command.status)
                elif isinstance(command, Request):
                    self.requests.append(type(command).__name__)
                    event = await performers[type(command)](KEY, command, lambda: "")


def _status(status: ApiModel) -> BmcStatus:
    assert isinstance(status, BmcStatus)
    return BmcStatus.model_validate_json(status.model_dump_json(by_alias=True, exclude_none=True))


def judge(foreign: Foreign) -> sushy.Sushy:
    """Return sushy, which knows nothing of us."""
    return sushy.Sushy(foreign.url, USER, WORD, verify=str(foreign.ca))


def other_judge(foreign: Foreign) -> Any:
    """Return DMTF's library, which asks with basic authentication."""
    client = redfish.redfish_client(foreign.url, USER, WORD, cafile=str(foreign.ca))
    client.login(auth="basic")
    return client


def as_sushy(foreign: Foreign) -> dict[str, tuple[object, ...]]:
    """Return what sushy reads of each system."""
    read: dict[str, tuple[object, ...]] = {}
    for system in judge(foreign).get_system_collection().get_members():
        macs = sorted(system.ethernet_interfaces.summary or {})
        power = system.power_state.value if system.power_state else "Unknown"
        read[system.path] = (
            str(system.uuid),
            system.manufacturer,
            system.serial_number,
            power,
            [m.lower() for m in macs],
        )
    return read


def as_dmtf(foreign: Foreign) -> dict[str, tuple[object, ...]]:
    """Return what DMTF's library reads of each system."""
    client = other_judge(foreign)
    read: dict[str, tuple[object, ...]] = {}
    for member in client.get("/redfish/v1/Systems").dict["Members"]:
        system = client.get(member["@odata.id"]).dict
        interfaces = client.get(system["EthernetInterfaces"]["@odata.id"]).dict["Members"]
        macs = [client.get(each["@odata.id"]).dict["MACAddress"].lower() for each in interfaces]
        told = (system.get(name) for name in ("UUID", "Manufacturer", "SerialNumber", "PowerState"))
        read[member["@odata.id"]] = (*told, sorted(macs))
    return read


def as_we(systems: tuple[SystemStatus, ...]) -> dict[str, tuple[object, ...]]:
    """Return the same of a status."""
    return {
        each.link: (
            each.uuid,
            each.manufacturer,
            each.serial_number,
            each.power_state.value,
            sorted(each.mac_addresses),
        )
        for each in systems
    }


async def test_an_emulator_is_read_as_others_read_it(emulated: Foreign) -> None:
    """UUID, maker, serial number, power and MAC addresses are what sushy and DMTF's library read."""
    operated = Operated(emulated)
    await operated.declare()
    status = await operated.look()
    ours = as_we(status.systems)
    assert ours == await asyncio.to_thread(as_sushy, emulated)
    assert ours == await asyncio.to_thread(as_dmtf, emulated)
    assert {each.identity for each in status.systems} == {f"uuid {machine['uuid']}" for machine in MACHINES}
    assert status.firmware_version == await asyncio.to_thread(
        lambda: judge(emulated).get_manager_collection().get_members()[0].firmware_version
    )
    assert operated.requests == ["Discover"]


async def test_a_mockup_is_read_as_others_read_it(stubborn: Foreign) -> None:
    """So it is of a mockup that has what the emulator has not: serial numbers, and the MAC address of the BMC."""
    operated = Operated(stubborn)
    await operated.declare()
    status = await operated.look()
    ours = as_we(status.systems)
    assert ours == await asyncio.to_thread(as_sushy, stubborn)
    assert ours == await asyncio.to_thread(as_dmtf, stubborn)
    assert status.systems[0].identity == "mac 00:25:90:bb:00:01"
    (enclosure,) = status.enclosures
    assert (enclosure.serial_number, enclosure.rack, enclosure.rack_offset) == ("437XR1138R3", "WEB43", 12)


async def test_power_follows_a_wish_and_others_see_it(emulated: Foreign) -> None:
    """Both machines are on in the end, one request sufficed, and it was not believed before it was seen."""
    operated = Operated(emulated)
    await operated.declare(power="On")
    await operated.look()
    status = await operated.look(11)
    assert operated.requests.count("SetPower") == 1
    off = status.systems[0]
    assert (off.power_state.value, off.power.outcome.value if off.power else "") in {("Off", "Sent"), ("On", "Reached")}
    status = await operated.until(lambda status: all(each.power_state == "On" for each in status.systems))
    assert status.message == "2 systems"
    assert operated.requests.count("SetPower") == 1
    assert {power for *_, power, _ in (await asyncio.to_thread(as_sushy, emulated)).values()} == {"On"}


async def test_off_is_asked_for_gracefully(emulated: Foreign) -> None:
    """The machine that is on shuts down by the request that asks it to."""
    operated = Operated(emulated)
    await operated.declare(power="Off")
    await operated.look()
    await operated.look(11)
    status = await operated.until(lambda status: all(each.power_state == "Off" for each in status.systems))
    assert [each.power.reset for each in status.systems if each.power] == ["GracefulShutdown"]
    assert operated.requests.count("SetPower") == 1


async def test_what_is_accepted_and_not_done_is_told_and_not_repeated(stubborn: Foreign) -> None:
    """A BMC that takes GracefulShutdown and ForceOff, and does neither, gets each once; the status says how it is."""
    operated = Operated(stubborn)
    await operated.declare(power="Off", powerOff="Force")
    await operated.look()
    await operated.look(11)
    for _ in range(11):
        await operated.look(60)
    status = await operated.look(60)
    assert operated.requests.count("SetPower") == 2
    ready = next(each for each in status.conditions if each.type == "Ready")
    assert (ready.status.value, ready.reason) == ("False", "PowerNotAsWished")
    assert "is On: it did not follow ForceOff" in status.message
    assert status.systems[0].power_state == "On"


async def test_a_light_is_switched_and_others_see_it(emulated: Foreign) -> None:
    """fabgitops.io/locate lets the machines blink, and ends it, as sushy sees."""
    operated = Operated(emulated)
    for wanted, seen in (("on", {"Blinking"}), ("off", {"Off"})):
        await operated.declare(locate=wanted)
        status = await operated.look(120)
        assert status.locate is not None
        assert (status.locate.state, status.locate.message) == (wanted, "")
        assert await asyncio.to_thread(_lights, emulated) == seen


def _lights(foreign: Foreign) -> set[str]:
    return {system.indicator_led.value for system in judge(foreign).get_system_collection().get_members()}


async def test_a_light_that_does_not_follow_is_told(stubborn: Foreign) -> None:
    """A light that a BMC says it has switched, and has not, is not believed."""
    operated = Operated(stubborn)
    await operated.declare(locate="on")
    status = await operated.look()
    assert status.locate is not None
    assert (status.locate.state, status.locate.message) == ("off", "it does not follow")


async def test_a_wrong_password_is_told_as_that(emulated: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator that denies it is told of as denying it."""
    monkeypatch.setattr(f"{__name__}.WORD", "wrong")
    operated = Operated(emulated)
    await operated.declare()
    status = await operated.look()
    assert next(each.reason for each in status.conditions if each.type == "Ready") == "AccessDenied"
