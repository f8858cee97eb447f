"""Units behind a gateway that do not answer: they take nobody's connection, and nobody's turn."""

import asyncio

import pytest
from fabgitops_core.control.plc.requests import Change, ReadPlan, Transport
from fabgitops_core.engine.device_errors import NoReply, UnitUnreachable
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ENOUGH_SECS, always, begun, failing
from .peer import Exchange, Hold, Peer, properly, reframed, sending, silently, until

SHORT_SECS = 0.05
GOOD, SILENT = 1, 2
NUMBERED = pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS, Transport.UDP])
STREAMS = pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])


async def ask(device: ModbusDevice, peer: Peer, unit: int, address: int = 1, timeout: float = ENOUGH_SECS) -> int:
    """Read one word of a unit."""
    return (await device.read(ReadPlan(peer.endpoint, unit, address), timeout=timeout))[0]


async def silence(device: ModbusDevice, peer: Peer, unit: int = SILENT) -> None:
    """Ask a unit that does not answer in time."""
    peer.script.append(silently)
    assert type(await failing(ask(device, peer, unit, timeout=SHORT_SECS))) is NoReply


@NUMBERED
async def test_a_silent_unit_does_not_cost_the_others_their_connection(device: ModbusDevice, peer: Peer) -> None:
    """Where another unit answers on a connection, one that is silent does not close it."""
    for _ in range(5):
        assert await ask(device, peer, GOOD) == peer.registers[1]
        await silence(device, peer)
    assert await ask(device, peer, GOOD, 3) == peer.registers[3]
    assert peer.connections == 1


async def test_two_silences_in_a_row_are_the_connection_s(device: ModbusDevice, peer: Peer) -> None:
    """When nothing was answered in between it may be the gateway that is gone: the connection is made anew."""
    await ask(device, peer, GOOD)
    await silence(device, peer)
    await silence(device, peer, unit=3)
    assert await ask(device, peer, GOOD) == peer.registers[1]
    assert peer.connections == 2


async def test_a_unit_alone_is_the_connection(device: ModbusDevice, peer: Peer) -> None:
    """Where no other unit answers, a silence closes the connection: it may be dead, and a new one is the cure."""
    await ask(device, peer, SILENT)
    await silence(device, peer)
    await ask(device, peer, SILENT)
    assert peer.connections == 2


@pytest.mark.parametrize("transport", [Transport.RTU_OVER_TCP])
async def test_over_rtu_every_silence_closes(device: ModbusDevice, peer: Peer) -> None:
    """RTU has no transaction id: nothing would tell a late reply from the right one."""
    await ask(device, peer, GOOD)
    await silence(device, peer)
    await ask(device, peer, GOOD)
    assert peer.connections == 2


async def test_a_write_without_an_answer_closes(device: ModbusDevice, peer: Peer) -> None:
    """Nothing more goes over a connection on which a write was not confirmed."""
    await ask(device, peer, GOOD)
    peer.script.append(silently)
    change = Change(peer.endpoint, SILENT, 5, (1,))
    assert type(await failing(device.write(change, timeout=SHORT_SECS, wanted=always))) is NoReply
    await ask(device, peer, GOOD)
    assert peer.connections == 2


@STREAMS
@pytest.mark.parametrize("cut", [0, 1, 2, 7, 11])
async def test_a_late_reply_is_left_aside(device: ModbusDevice, peer: Peer, cut: int) -> None:
    """What a silent unit says after all, in one piece or two, is taken for nobody's answer and ends no connection."""
    await ask(device, peer, GOOD)
    await silence(device, peer)

    async def both(exchange: Exchange) -> None:
        reply = reframed(peer.requests[1], b"\3\2\xff\xff")
        if cut:
            await exchange.send(reply[:cut])
            await asyncio.sleep(0)
        await exchange.send(reply[cut:] + exchange.proper)

    peer.script.append(both)
    assert await ask(device, peer, GOOD, 2) == peer.registers[2]
    assert await ask(device, peer, GOOD, 3) == peer.registers[3]
    assert peer.connections == 1


@STREAMS
async def test_a_late_reply_while_nothing_is_asked_is_left_aside(device: ModbusDevice, peer: Peer) -> None:
    """The same between two requests; but what nobody asked for still ends the connection."""

    async def afterwards(exchange: Exchange) -> None:
        await exchange.send(exchange.proper)
        await exchange.send(reframed(peer.requests[1], b"\3\2\xff\xff"))

    await ask(device, peer, GOOD)
    await silence(device, peer)
    peer.script.append(afterwards)
    assert await ask(device, peer, GOOD, 2) == peer.registers[2]
    assert await ask(device, peer, GOOD, 3) == peer.registers[3]
    assert peer.connections == 1
    peer.script.append(afterwards)  # once more: it was asked for once
    await ask(device, peer, GOOD, 2)
    await until(lambda: not peer.writers)
    await ask(device, peer, GOOD)
    assert peer.connections == 2


async def test_units_that_answer_go_before_those_that_did_not(devices: ModbusDevices, peer: Peer) -> None:
    """Units that were silent, or never asked, wait behind those that answered."""
    device, order = devices.open(peer.endpoint), []

    async def noted(unit: int) -> None:
        await ask(device, peer, unit)
        order.append(unit)

    for unit in (1, 2, 3):
        await noted(unit)
    order.clear()
    hold = Hold()
    peer.script.append(hold)
    tasks = [await begun(noted(9))]
    await hold.reached.wait()
    tasks += [await begun(noted(unit)) for unit in (10, 11, 12, 1, 2, 3)]
    hold.release.set()
    await asyncio.gather(*tasks)
    assert order == [9, 1, 2, 3, 10, 11, 12]


async def test_nobody_waits_for_ever_behind_those_who_answer(devices: ModbusDevices, peer: Peer) -> None:
    """However busy a connection is, a unit that was never asked has its turn after each round of the others."""
    device, order, ended = devices.open(peer.endpoint), [], asyncio.Event()
    for unit in (1, 2, 3):
        await ask(device, peer, unit)

    async def polled(unit: int) -> None:
        while not ended.is_set():
            await ask(device, peer, unit)
            order.append(unit)

    async def first(unit: int) -> None:
        await ask(device, peer, unit)
        order.append(unit)

    polls = [await begun(polled(unit)) for unit in (1, 2, 3)]
    await asyncio.gather(*(first(unit) for unit in (10, 11, 12)))
    ended.set()
    await asyncio.gather(*polls)
    gaps = [order.index(11) - order.index(10), order.index(12) - order.index(11)]
    assert all(3 <= gap <= 5 for gap in gaps), order


async def test_a_unit_that_a_gateway_gives_up_waits_behind_the_others(devices: ModbusDevices, peer: Peer) -> None:
    """Exception 0B is as good as silence: its unit waits behind those that answer."""
    device, order = devices.open(peer.endpoint), []

    async def noted(unit: int) -> None:
        await ask(device, peer, unit)
        order.append(unit)

    await noted(GOOD)
    await noted(SILENT)
    peer.script.append(sending(lambda reply: reframed(reply, b"\x83\x0b")))
    assert type(await failing(ask(device, peer, SILENT))) is UnitUnreachable
    hold = Hold(properly)
    peer.script.append(hold)
    order.clear()
    tasks = [await begun(noted(GOOD))]
    await hold.reached.wait()
    tasks += [await begun(noted(unit)) for unit in (SILENT, GOOD)]
    hold.release.set()
    await asyncio.gather(*tasks)
    assert order == [GOOD, GOOD, SILENT]
    assert peer.connections == 1
