"""Rows: what can happen to a PLC, and to the way there. Each fault of mock-plc is played against the engine besides."""

import asyncio

from .. import wire_plc
from ..wire_plc import READ, Request
from .floor import DRIFTED, REGISTER, SHORT, Floor, at_write
from .row import row


@row("The PLC is off")
async def off(floor: Floor) -> None:
    """What it holds is not known; back again it is corrected."""
    async with floor.operator(*SHORT):
        await floor.off()
        floor.drift()
        await floor.ready_says("ConnectionFailed")
        await floor.serve()
        await floor.recovers()


@row("The PLC accepts, and answers nothing")
async def silent(floor: Floor) -> None:
    """It is given up by time, and tried again."""

    async def nothing(_request: Request, _proper: bytes) -> bytes | None:
        return None

    async with floor.operator(*SHORT):
        floor.plc.answer = nothing
        floor.drift()
        await floor.ready_says("ConnectionFailed")
        floor.plc.answer = wire_plc.proper
        await floor.recovers()


@row("The PLC answers a reading with an exception")
async def exception(floor: Floor) -> None:
    """What a register holds that cannot be read is not known."""

    async def refuse(request: Request, proper: bytes) -> bytes | None:
        return proper[:4] + b"\x00\x03" + proper[6:7] + bytes([0x80 | request.function, 4])

    async with floor.operator(*SHORT):
        floor.plc.answer = refuse
        floor.drift()
        await floor.ready_says("DeviceException")
        floor.plc.answer = wire_plc.proper
        await floor.site.sync("mixer", "again", force=True)
        await floor.recovers()


@row("Answers carry the transaction of another request")
async def transaction(floor: Floor) -> None:
    """None is believed."""
    await _spoiled(floor, 1)


@row("Answers carry another unit")
async def unit(floor: Floor) -> None:
    """None is believed."""
    await _spoiled(floor, 6)


async def _spoiled(floor: Floor, offset: int) -> None:
    async def spoil(_request: Request, proper: bytes) -> bytes | None:
        return proper[:offset] + bytes([proper[offset] ^ 1]) + proper[offset + 1 :]

    async with floor.operator(*SHORT):
        floor.plc.answer = spoil
        floor.drift()
        await floor.ready_says("ConnectionFailed")
        assert not floor.plc.writes
        floor.plc.answer = wire_plc.proper
        await floor.recovers()


@row("A write is carried out, and its answer lost")
async def unanswered(floor: Floor) -> None:
    """It is read back before anything else, and not repeated."""
    lost = asyncio.Event()

    async def lose(_request: Request, _proper: bytes) -> bytes | None:
        lost.set()
        return None

    async with floor.operator(*SHORT) as operator:
        floor.plc.answer = at_write(lose)
        floor.drift()
        await lost.wait()
        floor.plc.answer = wire_plc.proper
        await floor.recovers()
        assert len(floor.plc.writes) == 1
        await floor.metric_says(operator, "fabgitops_modbus_requests_total", result="no_reply")


@row("A write is acknowledged, and not kept")
async def forgotten(floor: Floor) -> None:
    """It is not counted, and tried again without hurry."""

    async def forget(_request: Request, proper: bytes) -> bytes | None:
        floor.plc.registers[REGISTER] = DRIFTED
        floor.repeats += 1
        return proper

    async with floor.operator(*SHORT):
        floor.plc.answer = at_write(forget)
        floor.drift()
        await floor.ready_says("VerificationFailed")
        floor.plc.answer = wire_plc.proper
        await floor.recovers()


@row("The connection breaks in the middle of an answer")
async def broken(floor: Floor) -> None:
    """Half an answer is none."""
    cut = asyncio.Event()

    async def half(request: Request, proper: bytes) -> bytes | None:
        if request.function == READ and not cut.is_set():
            cut.set()
            return proper[:8]
        return proper

    async with floor.operator(*SHORT):
        floor.drift()
        floor.plc.answer = half
        await cut.wait()
        await floor.hangs_up()
        await floor.recovers()
        floor.said.append("nothing to say: the next poll reads it")


@row("The PLC gets its power back with another value, again and again")
async def power(floor: Floor) -> None:
    """Each is a drift of its own, and is corrected."""
    async with floor.operator(*SHORT):
        for _ in range(3):
            await floor.off()
            floor.drift()
            await floor.ready_says("ConnectionFailed")
            await floor.serve()
            await floor.recovers()


ROWS = (off, silent, exception, transaction, unit, unanswered, forgotten, broken, power)
