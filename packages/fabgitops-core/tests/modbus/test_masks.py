"""Bits of a word: changed in one turn on the connection, without disturbing the others, and never by guess."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.requests import Change, Link, WriteFunction
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.device_errors import NoReply, Refused, Withdrawn
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .asking import ADDRESS, ENOUGH_SECS, UNIT, always, begun, failing, read
from .peer import Exchange, Hold, Peer, properly, reframed, sending, silently

HELD, PUT, MASK, RESULT = 0b1010_1010, 0b0000_1111, 0b0011_1100, 0b1000_1110
SHORT_SECS = 0.05


def _change(peer: Peer, function: WriteFunction = WriteFunction.AUTO, put: int = PUT) -> Change:
    return Change(peer.endpoint, UNIT, ADDRESS, (put,), function=function, mask=MASK)


@pytest.fixture(autouse=True)
def held(peer: Peer) -> None:
    """The register holds a pattern."""
    peer.registers[ADDRESS] = HELD


@pytest.mark.parametrize(
    ("function", "sent"),
    [
        (WriteFunction.AUTO, [3, 6]),
        (WriteFunction.SINGLE, [3, 6]),
        (WriteFunction.MULTIPLE, [3, 16]),
        (WriteFunction.MASK, [22]),
    ],
)
async def test_only_the_bits_of_the_mask_change(
    device: ModbusDevice, peer: Peer, function: WriteFunction, sent: list[int], results: list[tuple[str, str]]
) -> None:
    """The bits of the mask become the wanted ones and all others stay, by FC22 or by reading and writing."""
    assert await device.write(_change(peer, function), timeout=ENOUGH_SECS, wanted=always)
    assert peer.registers[ADDRESS] == RESULT
    assert [body[1] for body in peer.bodies] == sent
    assert [result for _, result in results] == ["ok"] * len(sent)


async def test_bits_that_are_right_are_not_written(device: ModbusDevice, peer: Peer) -> None:
    """A word whose bits are as wanted is read and left alone, and that is told: memory that wears out is spared."""
    assert not await device.write(_change(peer, put=HELD), timeout=ENOUGH_SECS, wanted=always)
    assert (len(peer.requests), peer.writes) == (1, [])


async def test_nothing_of_ours_comes_between_reading_and_writing(devices: ModbusDevices, peer: Peer) -> None:
    """However urgent others are on the connection, they wait until the bits are written."""
    hold = Hold()
    peer.script.append(hold)
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint)
    writing = await begun(first.write(_change(peer), timeout=ENOUGH_SECS, wanted=always))
    await hold.reached.wait()
    other = Change(peer.endpoint, UNIT, ADDRESS, (0xFFFF,))
    waiting = [
        await begun(read(second, peer, 1, urgent=True)),
        await begun(second.write(other, timeout=ENOUGH_SECS, wanted=always)),
    ]
    hold.release.set()
    await asyncio.gather(writing, *waiting)
    assert [body[1] for body in peer.bodies] == [3, 6, 3, 6]
    assert peer.writes == [(ADDRESS, (RESULT,)), (ADDRESS, (0xFFFF,))]


async def test_a_reading_that_fails_means_that_nothing_was_written(device: ModbusDevice, peer: Peer) -> None:
    """When the word cannot be read the write has certainly not been done, however the reading failed."""
    acknowledge = sending(lambda reply: reframed(reply, b"\x83\5"))
    peer.script.extend([silently, acknowledge])
    lost = await failing(device.write(_change(peer), timeout=SHORT_SECS, wanted=always))
    refused = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always))
    assert (type(lost), type(refused)) == (NoReply, Refused)
    assert not lost.maybe_done
    assert not refused.maybe_done
    assert peer.writes == []


async def test_a_write_that_is_not_answered_may_have_been_done(device: ModbusDevice, peer: Peer) -> None:
    """When the write of the merged word is not confirmed, nobody knows, and it is not sent again."""
    peer.script.extend([properly, silently])
    error = await failing(device.write(_change(peer), timeout=SHORT_SECS, wanted=always))
    assert type(error) is NoReply
    assert error.maybe_done
    assert peer.writes == [(ADDRESS, (RESULT,))]


@pytest.mark.parametrize("reads", [0, 1])
async def test_it_is_asked_whether_the_write_is_wanted_after_the_reading(
    device: ModbusDevice, peer: Peer, reads: int
) -> None:
    """A change that is withdrawn before the reading does no I/O, and one withdrawn after it is not written."""
    wanted = lambda: len(peer.requests) < reads  # noqa: E731
    assert type(await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=wanted))) is Withdrawn
    assert (len(peer.requests), peer.writes) == (reads, [])


async def test_bits_are_not_written_over_another_connection(devices: ModbusDevices, peer: Peer) -> None:
    """When the connection breaks between reading and writing, what was read is too old to be written back."""

    async def leaving(exchange: Exchange) -> None:
        await exchange.send(exchange.proper)
        exchange.close()

    peer.script.append(leaving)
    device = devices.open(peer.endpoint, Link(request_delay=SHORT_SECS))
    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always))
    assert isinstance(error, Withdrawn)
    assert error.why.startswith(f"the connection over which {peer.endpoint} unit 7 was asked before is gone")
    assert peer.writes == []
    await device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always)
    assert peer.registers[ADDRESS] == RESULT


async def test_a_value_of_several_bits_goes_out_at_once(devices: ModbusDevices, peer: Peer) -> None:
    """The bits that a resource wants of one word reach the device in one write: it never sees a value between."""
    peer.registers[ADDRESS] = 0x5551
    host, key = FakeHost(), Key(INDUSTRIAL_PLC.name, "line", "charger")
    engine = Engine(devices, host, FakeObserver())
    registers = [
        {"name": f"mode-{bit}", "address": ADDRESS, "type": "bit", "bit": bit, "value": bit == 1} for bit in (0, 1)
    ]
    given = {"deviceAddress": peer.endpoint.host, "port": peer.endpoint.port, "unitId": UNIT, "registers": registers}
    wanted = IndustrialPLCSpec.model_validate(given)
    event: Declared[Any, Any] = Declared(datetime.now(UTC), 1, wanted, request=None)
    engine.declare(key, PlcController(settle_secs=0), event)
    try:
        async with asyncio.timeout(ENOUGH_SECS):
            while host.reasons(key).count("DriftCorrected") < 2:
                await asyncio.sleep(0.01)
    finally:
        await engine.stop(0)
    assert peer.writes == [(ADDRESS, (0x5552,))]
