"""What was learned over a connection holds for that one: a write that is bound to it goes over no other."""

from typing import Any

import pytest
from fabgitops_core.control.plc.requests import Change, ConnectionId, IdentityPlan, Link, Transport, WriteFunction
from fabgitops_core.engine.device_errors import NoReply, Unreachable, Withdrawn
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ADDRESS, ENOUGH_SECS, UNIT, always, failing, read
from .peer import WRITE_SINGLE, Exchange, Peer, silently

SHORT_SECS = 0.05
KINDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "mask, as read and write": {"mask": 0x00FF},
    "mask, in the device": {"mask": 0x00FF, "function": WriteFunction.MASK},
}


async def _who(device: ModbusDevice, peer: Peer) -> ConnectionId:
    identified = await device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS)
    assert identified.objects == {0: "ACME", 1: "X1", 2: "1.2"}
    return identified.over


async def leaving(exchange: Exchange) -> None:
    """Answer properly and close the connection."""
    await exchange.send(exchange.proper)
    exchange.close()


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_write_goes_over_the_connection_it_is_bound_to(device: ModbusDevice, peer: Peer, kind: str) -> None:
    """While the connection of the identification stands, writes and readings between them go over it."""
    over = await _who(device, peer)
    await read(device, peer)
    await device.write(
        Change(peer.endpoint, UNIT, ADDRESS, (7,), **KINDS[kind]), timeout=ENOUGH_SECS, wanted=always, over=over
    )
    assert peer.registers[ADDRESS] & 0xFF == 7
    assert peer.connections == 1


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [False, True], ids=["not there", "another one"])
async def test_a_write_goes_over_no_other_connection(device: ModbusDevice, peer: Peer, kind: str, again: bool) -> None:
    """Once that connection is gone the write is withdrawn with a reason, and nothing is sent over the next."""
    over = await _who(device, peer)
    peer.script.append(silently)
    assert type(await failing(read(device, peer, timeout=SHORT_SECS))) is NoReply
    if again:
        await read(device, peer)
    before = len(peer.requests), peer.connections
    change = Change(peer.endpoint, UNIT, ADDRESS, (7,), **KINDS[kind])
    error = await failing(device.write(change, timeout=ENOUGH_SECS, wanted=always, over=over))
    assert isinstance(error, Withdrawn)
    assert error.why.startswith(f"the connection over which {peer.endpoint} unit 7 was asked before is gone")
    assert (len(peer.requests), peer.connections) == before


async def test_a_connection_that_goes_during_a_pause_is_gone(devices: ModbusDevices, peer: Peer) -> None:
    """A device that closes while a write waits between two requests is not written over the next connection."""
    device = devices.open(peer.endpoint, Link(request_delay=SHORT_SECS))
    peer.script.append(leaving)
    over = await _who(device, peer)
    change = Change(peer.endpoint, UNIT, ADDRESS, (7,))
    assert isinstance(await failing(device.write(change, timeout=ENOUGH_SECS, wanted=always, over=over)), Withdrawn)
    assert (peer.writes, peer.connections) == ([], 1)


async def test_connections_of_two_devices_are_told_apart(devices: ModbusDevices, peer: Peer) -> None:
    """What one device said binds nothing to the connection of another, were it the first of its own."""
    over = await _who(devices.open(peer.endpoint), peer)
    other = ModbusDevices()
    try:
        device = other.open(peer.endpoint)
        await read(device, peer)
        change = Change(peer.endpoint, UNIT, ADDRESS, (7,))
        assert isinstance(await failing(device.write(change, timeout=ENOUGH_SECS, wanted=always, over=over)), Withdrawn)
    finally:
        await other.close()
    assert [each for each in peer.bodies if each[1] == WRITE_SINGLE] == []


async def test_pages_of_two_devices_are_not_put_together(devices: ModbusDevices, peer: Peer) -> None:
    """An identification whose connection goes between two of its pages is none: another device may say the rest."""
    device = devices.open(peer.endpoint, Link(request_delay=SHORT_SECS))
    peer.page = 1
    peer.script.append(leaving)
    error = await failing(device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS))
    assert type(error) is Unreachable
    assert (len(peer.requests), peer.connections) == (1, 1)
