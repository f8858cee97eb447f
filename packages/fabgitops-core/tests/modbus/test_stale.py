"""Connections that devices close while nothing is asked: a reading is asked once more, a write is not."""

from typing import Any

import pytest
from fabgitops_core.control.plc.requests import Change, Transport, WriteFunction
from fabgitops_core.engine.device_errors import ConnectionLost
from fabgitops_core.modbus.pool import ModbusDevice

from .asking import ADDRESS, ENOUGH_SECS, FUNCTIONS, READS, UNIT, WRITES, always, failing, read, write
from .peer import Answer, Exchange, Peer, properly

Results = list[tuple[str, str]]
STREAMS = pytest.mark.parametrize("transport", [Transport.TCP, Transport.RTU_OVER_TCP, Transport.TLS])


async def closing(exchange: Exchange) -> None:
    """Close, as a device does that saw nothing of the request."""
    exchange.close()


async def resetting(exchange: Exchange) -> None:
    """Reset, as a firewall does that has forgotten the connection."""
    exchange.reset()


async def a_byte(exchange: Exchange) -> None:
    """Begin to answer, and close."""
    await exchange.send(exchange.proper[:1])
    exchange.close()


ENDS = pytest.mark.parametrize("end", [closing, resetting])


@STREAMS
@ENDS
@pytest.mark.parametrize("kind", READS)
async def test_a_reading_is_asked_once_more(
    device: ModbusDevice, peer: Peer, results: Results, kind: str, end: Answer
) -> None:
    """A reading that meets a connection which the device has ended is answered on a new one, and nobody hears of it."""
    await read(device, peer)
    peer.script.append(end)
    await READS[kind](device, peer, ENOUGH_SECS)
    assert (len(peer.requests), peer.connections) == (3, 2)
    assert results[1:] == [(FUNCTIONS[kind], "ok")]


@STREAMS
@ENDS
@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_is_never_asked_again(
    device: ModbusDevice, peer: Peer, results: Results, kind: str, end: Answer
) -> None:
    """A write on a connection that the device ends may have been done: it is told as that, and sent once."""
    await read(device, peer)
    peer.script.append(end)
    error = await failing(WRITES[kind](device, peer, ENOUGH_SECS))
    assert type(error) is ConnectionLost
    assert len(peer.requests) == 2
    assert results[-1] == (FUNCTIONS[kind], "connection_lost")


@STREAMS
async def test_of_a_masked_write_only_the_reading_is_asked_again(device: ModbusDevice, peer: Peer) -> None:
    """The reading before the write of some bits is asked once more; a write whose connection ends is not."""
    await read(device, peer)
    mask: dict[str, Any] = {"mask": 0x00FF, "function": WriteFunction.AUTO}
    change = Change(peer.endpoint, UNIT, ADDRESS, (7,), **mask)
    peer.script.append(closing)
    assert await device.write(change, timeout=ENOUGH_SECS, wanted=always)
    assert peer.registers[ADDRESS] & 0xFF == 7
    peer.script.extend([properly, closing])
    before = len(peer.requests)
    other = Change(peer.endpoint, UNIT, ADDRESS, (8,), **mask)
    assert type(await failing(device.write(other, timeout=ENOUGH_SECS, wanted=always))) is ConnectionLost
    assert len(peer.requests) == before + 2


@STREAMS
async def test_the_second_time_is_a_failure(device: ModbusDevice, peer: Peer, results: Results) -> None:
    """A device that ends the new connection as well does not answer: one failure is told, and the next reading goes."""
    await read(device, peer)
    peer.script.extend([closing, closing])
    assert type(await failing(read(device, peer))) is ConnectionLost
    assert [result for _, result in results] == ["ok", "connection_lost"]
    assert await read(device, peer) == peer.registers[ADDRESS]


@STREAMS
async def test_a_connection_that_never_answered_is_not_stale(device: ModbusDevice, peer: Peer) -> None:
    """What ends the first request of a connection is told: it was not closed for being idle."""
    peer.script.append(closing)
    assert type(await failing(read(device, peer))) is ConnectionLost
    assert len(peer.requests) == 1


@STREAMS
async def test_a_connection_that_ends_within_a_reply_is_not_stale(device: ModbusDevice, peer: Peer) -> None:
    """A device that began to answer had the request: that it stopped is told."""
    await read(device, peer)
    peer.script.append(a_byte)
    assert type(await failing(read(device, peer))) is ConnectionLost
    assert len(peer.requests) == 2


@STREAMS
async def test_a_device_that_closes_what_is_used_is_written_over_a_new_connection(
    device: ModbusDevice, peer: Peer
) -> None:
    """Once a device has closed a connection between two requests, a write begins one of its own, and is confirmed."""
    await read(device, peer)
    peer.script.append(closing)
    await read(device, peer)
    for value in (7, 8):
        before = peer.connections
        await write(device, peer, value)
        assert peer.registers[ADDRESS] == value
        assert peer.connections == before + 1
        await read(device, peer)
        assert peer.connections == before + 1, "it is one for the write, and what follows goes over it"
