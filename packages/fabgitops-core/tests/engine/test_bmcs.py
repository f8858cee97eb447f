"""BMCs in the engine: two who stand for one machine are told of each other, and nothing is sent that nobody wants."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.api.rack.parts import BmcSpec
from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Declared, Event, Failure, FailureKind
from fabgitops_core.control.rack.bmc.facts import Board, Found, Machine
from fabgitops_core.control.rack.bmc.requests import Discover, Discovered, PowerFailed, PowerSet, SetPower
from fabgitops_core.control.rack.bmc.table import BmcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.performing import Performer, WhyNot
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .leaping import LeapingLoop

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = (Key("BMC", "plant", f"rack-01-c0s{number}b0") for number in range(2))
LINK = "/redfish/v1/Systems/1"


@dataclass
class Hall:
    """Two addresses at which BMCs answer, and what was sent to them."""

    macs: dict[str, str]
    sent: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    power: str = "Off"

    def __post_init__(self) -> None:
        """Make an engine."""
        self.host, self.time = FakeHost(), asyncio.get_running_loop().time
        performers: dict[type[Request], Performer] = {Discover: self.discover, SetPower: self.set_power}
        self.engine = Engine(FakeDevices(), self.host, FakeObserver(), self.now, performers=performers)

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    async def discover(self, _key: Key, request: Discover, _why_not: WhyNot) -> Event:
        """Show one machine, managed by the BMC at the address."""
        machine = Machine(LINK, power=self.power, resets=("On",), reset_target=f"{LINK}/Reset")
        boards = (Board("/redfish/v1/Managers/1", macs=(self.macs[request.way.host],)),)
        return Discovered(self.now(), request, Found("1.15.0", (machine,), (), boards))

    async def set_power(self, key: Key, request: SetPower, why_not: WhyNot) -> Event:
        """Send, unless something speaks against it."""
        self.before()
        if why := why_not():
            return PowerFailed(self.now(), request, Failure(FailureKind.REFUSED_FOR_NOW, why))
        self.sent.append((key.name, request.reset))
        self.power = "On"
        return PowerSet(self.now(), request)

    def declare(self, key: Key, generation: int = 1, **given: Any) -> None:
        """Declare a BMC."""
        spec = BmcSpec.model_validate({"bladeRef": {"name": "rack-01-c0s0"}, **given})
        self.engine.declare(key, BmcController(), Declared(self.now(), generation, spec))

    def status(self, key: Key) -> BmcStatus | None:
        """Return what was published of a BMC last."""
        status = self.host.status(key)
        assert status is None or isinstance(status, BmcStatus)
        return status


def run(story: Callable[[], Any]) -> None:
    """Run a story on a clock that leaps."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(story())


def test_two_who_stand_for_one_machine_say_each_others_name_and_switch_nothing() -> None:
    """One BMC reached at two addresses is a Conflict of both; when one lets go the other is switched as it wishes."""

    async def story() -> None:
        hall = Hall({"10.0.0.1": "00:25:90:00:00:01", "10.0.0.2": "00:25:90:00:00:01"})
        hall.declare(ONE, ipAddress="10.0.0.1", power="On")
        hall.declare(OTHER, ipAddress="10.0.0.2")
        await asyncio.sleep(300)
        one, other = hall.status(ONE), hall.status(OTHER)
        assert one
        assert other
        assert hall.sent == []
        assert str(OTHER) in one.message
        assert str(ONE) in other.message
        hall.engine.remove(OTHER)
        await asyncio.sleep(300)
        assert hall.sent == [(ONE.name, "On")]
        await hall.engine.stop(0)

    run(story)


def test_one_address_in_two_objects_is_a_conflict_before_anybody_looks() -> None:
    """Two objects with one address are told of each other at once."""

    async def story() -> None:
        hall = Hall({"10.0.0.1": "00:25:90:00:00:01"})
        hall.declare(ONE, ipAddress="10.0.0.1")
        hall.declare(OTHER, ipAddress="10.0.0.1")
        one = hall.status(ONE)
        assert one
        assert f"address 10.0.0.1:443 is wanted by {OTHER}, too" in one.message
        await hall.engine.stop(0)

    run(story)


def test_a_wish_that_is_taken_back_at_the_last_moment_is_not_sent() -> None:
    """Between the decision and the request the wish may go: nothing is sent then."""

    async def story() -> None:
        hall = Hall({"10.0.0.1": "00:25:90:00:00:01"})
        hall.before = lambda: hall.declare(ONE, 2, ipAddress="10.0.0.1")
        hall.declare(ONE, ipAddress="10.0.0.1", power="On")
        await asyncio.sleep(600)
        assert hall.sent == []
        status = hall.status(ONE)
        assert status
        assert status.message == "1 system"
        await hall.engine.stop(0)

    run(story)


def test_what_holds_all_writes_holds_power_too() -> None:
    """While a hold stands nothing is switched; soon after its end it is."""

    async def story() -> None:
        hall = Hall({"10.0.0.1": "00:25:90:00:00:01"})
        hall.engine.holds.put("lease", "another operator writes")
        hall.declare(ONE, ipAddress="10.0.0.1", power="On")
        await asyncio.sleep(300)
        assert hall.sent == []
        status = hall.status(ONE)
        assert status
        assert "another operator writes" in status.message
        hall.engine.holds.lift("lease")
        await asyncio.sleep(10)
        assert hall.sent == [(ONE.name, "On")]
        await hall.engine.stop(0)

    run(story)


def test_the_same_machine_is_told_once() -> None:
    """A BMC of which nothing changes is published once, however often it is looked at."""

    async def story() -> None:
        hall = Hall({"10.0.0.1": "00:25:90:00:00:01"})
        hall.declare(ONE, ipAddress="10.0.0.1")
        await asyncio.sleep(300)
        first = hall.status(ONE)
        await asyncio.sleep(3000)
        assert hall.status(ONE) is first
        await hall.engine.stop(0)

    run(story)
