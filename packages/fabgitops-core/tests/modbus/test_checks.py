"""What is read right before a write, in the same turn: nothing of ours comes between, and it has the last word."""

import asyncio

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, Link, ReadPlan, WriteFunction
from fabgitops_core.engine.device_errors import NoReply, Unchecked, Unreachable, Withdrawn
from fabgitops_core.engine.ports import Checks
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ADDRESS, ENOUGH_SECS, UNIT, always, begun, failing, read
from .peer import Exchange, Hold, Peer, properly, reframed, sending, silently

SPEED = 10
SHORT_SECS = 0.2


class Guard:
    """An interlock as the engine looks at it: satisfied while the speed that was shown last is 0."""

    def __init__(self, peer: Peer, *addresses: int) -> None:
        plans = tuple(ReadPlan(peer.endpoint, UNIT, each) for each in addresses or (SPEED,))
        self.shown: list[tuple[tuple[int, ...], ...]] = []
        self.checks = Checks(plans, self.shown.append)

    def __call__(self) -> bool:
        """Return whether the write may be sent."""
        return not self.shown or self.shown[-1][0] == (0,)


def _change(peer: Peer, mask: int | None = None) -> Change:
    return Change(peer.endpoint, UNIT, ADDRESS, (7,), function=WriteFunction.AUTO, mask=mask)


def _codes(peer: Peer) -> list[int]:
    return [body[1] for body in peer.bodies]


@pytest.mark.parametrize(("mask", "sent"), [(None, [3, 3, 6]), (0xFF, [3, 3, 3, 6])])
async def test_it_is_read_before_the_write(device: ModbusDevice, peer: Peer, mask: int | None, sent: list[int]) -> None:
    """Each reading is made before the write, last of all before it, and what it shows is told."""
    peer.registers[SPEED], peer.registers[SPEED + 5], peer.registers[ADDRESS] = 0, 4, 0
    guard = Guard(peer, SPEED, SPEED + 5)
    change = _change(peer, mask)
    assert await device.write(change, timeout=ENOUGH_SECS, wanted=guard, checks=guard.checks)
    assert guard.shown == [((0,), (4,))]
    assert _codes(peer) == sent
    assert peer.writes == [(ADDRESS, (7,))]


@pytest.mark.parametrize("mask", [None, 0xFF])
async def test_what_it_shows_may_speak_against_the_write(device: ModbusDevice, peer: Peer, mask: int | None) -> None:
    """A spindle that turns in the very turn of the write keeps it back."""
    peer.registers[SPEED] = 900
    guard = Guard(peer)
    error = await failing(device.write(_change(peer, mask), timeout=ENOUGH_SECS, wanted=guard, checks=guard.checks))
    assert type(error) is Withdrawn
    assert (guard.shown, peer.writes) == ([((900,),)], [])


async def test_nothing_of_ours_comes_between(devices: ModbusDevices, peer: Peer) -> None:
    """However urgent others are on the connection, they wait until what was checked is written."""
    hold = Hold()
    peer.script.append(hold)
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint)
    peer.registers[SPEED] = 0
    guard = Guard(peer)
    writing = await begun(first.write(_change(peer), timeout=ENOUGH_SECS, wanted=guard, checks=guard.checks))
    await hold.reached.wait()
    other = Change(peer.endpoint, UNIT, SPEED, (900,))
    waiting = [
        await begun(read(second, peer, 1, urgent=True)),
        await begun(second.write(other, timeout=ENOUGH_SECS, wanted=always)),
    ]
    hold.release.set()
    await asyncio.gather(writing, *waiting)
    assert peer.writes == [(ADDRESS, (7,)), (SPEED, (900,))]
    assert _codes(peer)[:2] == [3, 6]


async def test_what_cannot_be_read_leaves_the_write_unchecked(device: ModbusDevice, peer: Peer) -> None:
    """A check that is refused, or not answered, means that the write was not sent, and it is said why."""
    peer.script.extend([sending(lambda reply: reframed(reply, b"\x83\2")), silently])
    for timeout in (ENOUGH_SECS, SHORT_SECS):
        guard = Guard(peer)
        error = await failing(device.write(_change(peer), timeout=timeout, wanted=guard, checks=guard.checks))
        assert type(error) is Unchecked
        assert str(SPEED) in error.why
    assert peer.writes == []


async def test_a_word_of_bits_that_cannot_be_read_is_the_failure_of_the_write(device: ModbusDevice, peer: Peer) -> None:
    """Where the word cannot be read whose bits are changed, that is no matter of the check."""
    peer.script.append(silently)
    guard = Guard(peer)
    change = _change(peer, 0xFF)
    assert type(await failing(device.write(change, timeout=SHORT_SECS, wanted=guard, checks=guard.checks))) is NoReply
    assert peer.writes == []


async def test_a_write_that_was_checked_and_is_not_answered_may_have_been_done(
    device: ModbusDevice, peer: Peer
) -> None:
    """What becomes of the write itself is told as of any other."""
    peer.script.extend([properly, silently])
    peer.registers[SPEED] = 0
    guard = Guard(peer)
    error = await failing(device.write(_change(peer), timeout=SHORT_SECS, wanted=guard, checks=guard.checks))
    assert type(error) is NoReply
    assert error.maybe_done


async def test_a_write_goes_over_the_connection_that_was_checked(devices: ModbusDevices, peer: Peer) -> None:
    """When the connection breaks between check and write nothing is written: another device may stand there by now."""

    async def leaving(exchange: Exchange) -> None:
        await exchange.send(exchange.proper)
        exchange.close()

    peer.script.append(leaving)
    device, guard = devices.open(peer.endpoint, Link(request_delay=SHORT_SECS)), Guard(peer)
    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=guard, checks=guard.checks))
    assert isinstance(error, Unchecked)
    assert f"the connection over which {peer.endpoint} unit 7 was asked before is gone" in error.why
    assert (len(guard.shown), peer.writes) == (1, [])


async def test_where_there_is_no_connection_nothing_is_checked(devices: ModbusDevices, unused_tcp_port: int) -> None:
    """A device that takes no connection is out of reach for the write as for the check."""
    endpoint = Endpoint("127.0.0.1", unused_tcp_port)
    shown: list[object] = []
    checks = Checks((ReadPlan(endpoint, UNIT, SPEED),), shown.append)
    change = Change(endpoint, UNIT, ADDRESS, (7,))
    error = await failing(devices.open(endpoint).write(change, timeout=SHORT_SECS, wanted=lambda: True, checks=checks))
    assert isinstance(error, Unreachable)
    assert shown == []
