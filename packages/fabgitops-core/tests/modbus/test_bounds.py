"""Where connections may be made: nobody outside hears of us, whatever a resource, a route or a resolver says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.codec.networks import networks
from fabgitops_core.control.plc.requests import Endpoint, ReadPlan, Transport
from fabgitops_core.engine.device_errors import OutOfBounds
from fabgitops_core.modbus.pool import ModbusDevices

from .asking import ADDRESS, UNIT, failing, read
from .conftest import trusting
from .peer import Peer, until
from .serving import bound, peer_on

OUTSIDE = "127.0.0.1"
INSIDE = "127.0.0.2"


@pytest.fixture
async def devices() -> AsyncIterator[ModbusDevices]:
    """A pool that goes to one address alone."""
    devices = ModbusDevices(tls=trusting, within=networks([INSIDE]))
    yield devices
    await devices.close()


def answering(**names: list[str]) -> None:
    """Let host names have addresses, until told otherwise."""

    async def found(host: str, port: int, **_kind: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    asyncio.get_running_loop().getaddrinfo = found  # type: ignore[method-assign, assignment]


def plan(endpoint: Endpoint) -> ReadPlan:
    """Return what is read of an endpoint."""
    return ReadPlan(endpoint, UNIT, ADDRESS)


@pytest.mark.parametrize("transport", list(Transport))
async def test_an_address_outside_is_never_connected_to(devices: ModbusDevices, peer: Peer) -> None:
    """Over every transport the failure names address and ranges, and the device hears nothing."""
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert type(error) is OutOfBounds
    assert not error.tried
    assert (
        str(error)
        == f"{peer.endpoint} is not connected to: its address 127.0.0.1 is outside of --allow-cidr 127.0.0.2/32"
    )
    await asyncio.sleep(0.05)
    assert peer.connections == 0
    assert peer.requests == []


@pytest.mark.parametrize("host", ["::ffff:127.0.0.1", "::ffff:7f00:1", "localhost", "127.1", "0x7f.1", "2130706433"])
async def test_no_spelling_of_an_address_is_a_way_around(devices: ModbusDevices, peer: Peer, host: str) -> None:
    """IPv4 in the guise of IPv6, a name, and what an old resolver takes for an address are what they come to."""
    other = replace(peer.endpoint, host=host)
    error = await failing(devices.open(other).read(plan(other), timeout=5.0))
    assert isinstance(error, OutOfBounds), error
    assert peer.connections == 0


async def test_what_is_within_is_reached_in_disguise_too() -> None:
    """The same address in the guise of IPv6 is within a range of IPv4."""
    with bound(OUTSIDE) as listener:
        async with peer_on(listener) as peer:
            devices = ModbusDevices(within=networks(["127.0.0.0/8"]))
            other = replace(peer.endpoint, host="::ffff:127.0.0.1")
            words = await devices.open(other).read(plan(other), timeout=5.0)
            assert words == (peer.registers[ADDRESS],)
            await devices.close()


async def test_a_name_whose_answer_changes_is_looked_at_each_time(devices: ModbusDevices) -> None:
    """A name that led inside, and then outside, and then inside again is followed to no address outside."""
    with bound(INSIDE) as inside, bound(OUTSIDE, inside.getsockname()[1]) as outside:
        async with peer_on(inside) as wanted, peer_on(outside) as other:
            named = Endpoint("plc.plant", inside.getsockname()[1])
            device = devices.open(named)
            for answer, reached in ((INSIDE, True), (OUTSIDE, False), (INSIDE, True)):
                answering(**{"plc.plant": [answer]})
                if reached:
                    assert await device.read(plan(named), timeout=5.0) == (wanted.registers[ADDRESS],)
                else:
                    assert isinstance(await failing(device.read(plan(named), timeout=5.0)), OutOfBounds)
                for writer in list(wanted.writers):
                    writer.close()
                await until(lambda: not wanted.writers)
            assert other.connections == 0


async def test_of_several_addresses_only_those_within_are_tried(devices: ModbusDevices) -> None:
    """A name with addresses on both sides is reached at the one inside, however the resolver sorts them."""
    with bound(INSIDE) as inside, bound(OUTSIDE, inside.getsockname()[1]) as outside:
        async with peer_on(inside) as wanted, peer_on(outside) as other:
            named = Endpoint("plc.plant", inside.getsockname()[1])
            answering(**{"plc.plant": [OUTSIDE, INSIDE]})
            assert await devices.open(named).read(plan(named), timeout=5.0) == (wanted.registers[ADDRESS],)
            assert other.connections == 0


async def test_a_route_leads_nowhere_outside(peer: Peer) -> None:
    """It is the place that counts where a device is really reached, not what its resource says."""
    devices = ModbusDevices(route=lambda _: peer.endpoint, within=networks(["192.0.2.0/24"]))
    named = Endpoint("192.0.2.1", 502)
    error = await failing(devices.open(named).read(plan(named), timeout=5.0))
    assert (
        str(error) == "192.0.2.1:502 is not connected to: its address 127.0.0.1 is outside of --allow-cidr 192.0.2.0/24"
    )
    assert peer.connections == 0
    await devices.close()
