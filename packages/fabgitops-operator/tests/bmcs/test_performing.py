"""What is asked of BMCs is carried out one after the other, by what a Secret says, and what is known is told."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.codec.networks import networks
from fabgitops_core.control.rack.bmc.facts import Lamp, Light
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    Discovered,
    DiscoverFailed,
    IndicatorFailed,
    IndicatorSet,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetIndicator,
    SetPower,
    Way,
)
from fabgitops_core.engine.ports import Stored
from fabgitops_operator.hosting.errors import ApiError, Forbidden, Gone
from fabgitops_operator.redfish.access import Access
from fabgitops_operator.redfish.performing import Bmcs

from .peer import Peer, Reply, ca, served, service

KEY = Key("BMC", "plant", "rack-01-c0s0b0")
SYSTEM = "/redfish/v1/Systems/A"
TARGET = f"{SYSTEM}/Actions/ComputerSystem.Reset"


def encoded(**data: str) -> dict[str, str]:
    """Return the data of a Secret."""
    named = {"user": "username", "word": "password", "ca": "ca.crt"}
    return {named[name]: base64.b64encode(text.encode()).decode() for name, text in data.items()}


@dataclass
class Plant:
    """A BMC, the Secret for it, and whether records are stored."""

    peer: Peer = field(default_factory=lambda: Peer({**service(), TARGET: Reply(None, 204)}))
    data: Mapping[str, str] | ApiError = field(default_factory=lambda: encoded(user="admin", word="x", ca=ca()))
    record: Stored = Stored.YES
    read: list[str] = field(default_factory=list)
    why: str = ""

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the Secret."""
        self.read.append(f"{namespace}/{name}")
        if isinstance(self.data, ApiError):
            raise self.data
        return self.data

    async def stored(self, key: Key, limit: float) -> Stored:
        """Return whether the record is stored."""
        del key, limit
        return self.record

    @property
    def way(self) -> Way:
        """Return how the BMC is reached."""
        return Way("127.0.0.1", self.peer.port, "plant/bmcs")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Bmcs]:
        """Yield what asks the BMC."""
        async with served(self.peer):
            yield Bmcs(self, self)

    async def look(self, bmcs: Bmcs) -> Discovered | DiscoverFailed:
        """Look at the BMC."""
        event = await bmcs.discover(KEY, Discover(self.way), lambda: "")
        assert isinstance(event, Discovered | DiscoverFailed)
        return event

    async def switch(self, bmcs: Bmcs) -> object:
        """Ask for power."""
        return await bmcs.set_power(KEY, SetPower(self.way, SYSTEM, TARGET, "On"), lambda: self.why)


async def test_a_look_uses_what_the_secret_says_and_reads_it_once_a_minute() -> None:
    """User, password and CA come from the Secret, which many looks share."""
    plant = Plant()
    async with plant.running() as bmcs:
        for _ in range(3):
            assert isinstance(await plant.look(bmcs), Discovered)
    assert plant.read == ["plant/bmcs"]
    assert {each.headers["authorization"] for each in plant.peer.asked} == {"Basic YWRtaW46eA=="}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (Gone("x", "gone"), "the Secret plant/bmcs that credentialsRef names is not there"),
        (Forbidden("x", "forbidden"), "the operator may not read the Secret plant/bmcs"),
        (encoded(word="x"), "has no username"),
        (encoded(user="a:b", word="x"), "with a colon"),
        ({"username": "%%"}, "username is no text"),
        (encoded(user="a", word="x", ca="nonsense"), "the CA is no certificate in PEM"),
    ],
    ids=range(6),
)
async def test_a_secret_that_does_not_serve_is_told_of(data: Mapping[str, str] | ApiError, text: str) -> None:
    """What is wrong with the Secret is said in a sentence, and the BMC is not asked."""
    plant = Plant(data=data)
    async with plant.running() as bmcs:
        event = await plant.look(bmcs)
    assert isinstance(event, DiscoverFailed)
    assert text in event.failure.message
    assert plant.peer.asked == []


async def test_bmcs_that_are_asked_at_once_share_one_reading_of_their_secret() -> None:
    """Of many BMCs with one Secret that are looked at in the same moment, as at a start, one reads it for all."""
    plant = Plant()
    begun = asyncio.Event()

    async def slow(namespace: str, name: str) -> Mapping[str, str]:
        await begun.wait()
        return await Plant.secret(plant, namespace, name)

    plant.secret = slow  # type: ignore[method-assign]
    access = Access(plant, asyncio.get_running_loop().time)
    ways = [Way("127.0.0.1", port, "plant/bmcs") for port in range(1, 21)]
    asked = [asyncio.create_task(access.of(way)) for way in ways]
    await asyncio.sleep(0)
    begun.set()
    assert {credentials.user for credentials, _ in await asyncio.gather(*asked)} == {"admin"}
    assert plant.read == ["plant/bmcs"]


async def test_a_denial_is_told_and_the_secret_read_anew() -> None:
    """Who is not let in is told so apart, and the next look reads the Secret again: it may have been rotated."""
    plant = Plant(Peer(script=lambda _asked: Reply(None, 401)))
    async with plant.running() as bmcs:
        event = await plant.look(bmcs)
        assert isinstance(event, DiscoverFailed)
        assert event.denied
        await plant.look(bmcs)
    assert len(plant.read) == 2


async def test_a_silent_bmc_is_left_alone_behind_its_circuit() -> None:
    """After three looks in vain the next one sends nothing, and says how long that stays so; a forced one does."""
    plant = Plant(Peer(script=lambda _asked: Reply(raw=b"no")))
    async with plant.running() as bmcs:
        for _ in range(3):
            await plant.look(bmcs)
        asked = len(plant.peer.asked)
        event = await plant.look(bmcs)
        assert isinstance(event, DiscoverFailed)
        assert event.retry_after > 0
        assert len(plant.peer.asked) == asked
        await bmcs.discover(KEY, Discover(plant.way, force=True), lambda: "")
        assert len(plant.peer.asked) == asked + 1


async def test_a_bmc_outside_of_what_may_be_connected_to_hears_nothing() -> None:
    """Its address and the ranges are told, no Secret is read for it, and its circuit stays closed."""
    plant = Plant()
    async with served(plant.peer):
        bmcs = Bmcs(plant, plant, networks(["192.0.2.0/24"]))
        for _ in range(4):
            event = await plant.look(bmcs)
            assert isinstance(event, DiscoverFailed)
            assert event.failure.message == (
                f"127.0.0.1:{plant.peer.port} is not connected to: "
                "its address 127.0.0.1 is outside of --allow-cidr 192.0.2.0/24"
            )
            assert event.retry_after == 0
        assert bmcs.circuits.troubled() == {}
    assert plant.peer.asked == []
    assert plant.read == []


async def test_a_bmc_within_is_asked_by_its_address_and_must_have_the_name() -> None:
    """A name is looked for once, and the certificate and what the BMC is told go by the name all the same."""
    plant = Plant()
    async with served(plant.peer, name="localhost"):
        bmcs = Bmcs(plant, plant, networks(["127.0.0.0/8"]))
        event = await bmcs.discover(KEY, Discover(replace(plant.way, host="localhost")), lambda: "")
        assert isinstance(event, Discovered), event
        refused = await bmcs.discover(KEY, Discover(plant.way), lambda: "")
        assert isinstance(refused, DiscoverFailed)
        assert "certificate" in refused.failure.message
    assert {each.headers["host"] for each in plant.peer.asked} == {f"localhost:{plant.peer.port}"}


async def test_one_request_at_a_time_goes_to_a_bmc() -> None:
    """Looks that come together wait for each other."""
    plant = Plant()
    async with plant.running() as bmcs:
        await asyncio.gather(*(plant.look(bmcs) for _ in range(5)))
    assert plant.peer.most_at_once == 1


async def test_power_is_sent_when_its_record_is_stored() -> None:
    """With the record stored, and nothing that speaks against it, the ResetType goes out once."""
    plant = Plant()
    async with plant.running() as bmcs:
        assert isinstance(await plant.switch(bmcs), PowerSet)
    assert plant.peer.paths("POST") == [TARGET]


@pytest.mark.parametrize("record", [Stored.REFUSED, Stored.AWAY])
async def test_without_a_record_no_power_is_sent(record: Stored) -> None:
    """A record that is refused, or not stored in time, keeps the request back."""
    plant = Plant(record=record)
    async with plant.running() as bmcs:
        assert isinstance(await plant.switch(bmcs), PowerUnrecorded)
    assert plant.peer.asked == []


async def test_what_speaks_against_it_at_the_last_moment_is_said() -> None:
    """A hold, or a wish that was taken back, lets nothing out."""
    plant = Plant(why="another operator writes")
    async with plant.running() as bmcs:
        event = await plant.switch(bmcs)
    assert isinstance(event, PowerFailed)
    assert event.failure.message == "another operator writes"
    assert plant.peer.paths("POST") == []


@pytest.mark.parametrize(
    ("reply", "event"),
    [(Reply(None, 500), PowerUnknown), (Reply(raw=b"HT"), PowerUnknown), (Reply(None, 400), PowerFailed)],
)
async def test_the_end_of_a_request_for_power_is_told_as_it_is_known(reply: Reply, event: type) -> None:
    """A no is a failure; what may have been done is unknown."""
    plant = Plant(Peer({TARGET: reply}))
    async with plant.running() as bmcs:
        assert isinstance(await plant.switch(bmcs), event)


async def test_what_goes_wrong_before_power_is_sent_is_no_unknown_outcome() -> None:
    """A session that cannot be opened, however, has switched nothing."""
    plant = Plant(Peer(script=lambda _asked: Reply(raw=b"HT")))
    async with plant.running() as bmcs:
        way = Way("127.0.0.1", plant.peer.port, "plant/bmcs", session=True)
        event = await bmcs.set_power(KEY, SetPower(way, SYSTEM, TARGET, "On"), lambda: "")
    assert isinstance(event, PowerFailed)


async def test_a_light_is_switched_or_it_is_said_why_not() -> None:
    """A light that is taken is set; one that is refused, or may not be now, is told of."""
    plant = Plant()
    async with plant.running() as bmcs:
        lamp = SetIndicator(plant.way, Lamp(SYSTEM, Light.LED, on=False), on=True)
        assert isinstance(await bmcs.set_indicator(KEY, lamp, lambda: ""), IndicatorSet)
        assert isinstance(await bmcs.set_indicator(KEY, lamp, lambda: "stopping"), IndicatorFailed)
        assert plant.peer.paths("PATCH") == [SYSTEM]
