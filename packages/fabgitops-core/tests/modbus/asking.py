"""The four kinds of request, each as one call, so that a test can go through all of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fabgitops_core.control.requests import Change, ReadPlan
from fabgitops_core.engine.errors import DeviceError
from fabgitops_core.modbus.pool import ModbusDevice

from .peer import Peer

UNIT, ADDRESS = 7, 4001
ENOUGH_SECS = 10.0
"""A timeout that no test means to reach."""

Ask = Callable[[ModbusDevice, Peer, float], Awaitable[object]]


def always() -> bool:
    """Want every write."""
    return True


async def read(
    device: ModbusDevice, peer: Peer, address: int = ADDRESS, *, timeout: float = ENOUGH_SECS, urgent: bool = False
) -> int:
    """Read one word."""
    (word,) = await device.read(ReadPlan(peer.endpoint, UNIT, address), timeout=timeout, urgent=urgent)
    return word


async def write(
    device: ModbusDevice,
    peer: Peer,
    *values: int,
    address: int = ADDRESS,
    timeout: float = ENOUGH_SECS,
    wanted: Callable[[], bool] = always,
) -> None:
    """Write words."""
    await device.write(Change(peer.endpoint, UNIT, address, values), timeout=timeout, wanted=wanted)


async def _read_one(device: ModbusDevice, peer: Peer, timeout: float) -> object:
    return await read(device, peer, timeout=timeout)


async def _read_many(device: ModbusDevice, peer: Peer, timeout: float) -> object:
    return await device.read(ReadPlan(peer.endpoint, UNIT, ADDRESS, 3), timeout=timeout)


async def _write_one(device: ModbusDevice, peer: Peer, timeout: float) -> object:
    await write(device, peer, 2500, timeout=timeout)
    return None


async def _write_many(device: ModbusDevice, peer: Peer, timeout: float) -> object:
    await write(device, peer, 2500, 2501, 2502, timeout=timeout)
    return None


READS: dict[str, Ask] = {"read one": _read_one, "read many": _read_many}
WRITES: dict[str, Ask] = {"write one": _write_one, "write many": _write_many}
"""Names of kinds of request, and how to make one."""
FUNCTIONS = {
    "read one": "read_holding_registers",
    "read many": "read_holding_registers",
    "write one": "write_single_register",
    "write many": "write_multiple_registers",
}
"""What each kind is called in metrics."""


async def begun(request: Awaitable[object]) -> "asyncio.Task[object]":
    """Begin a request and let it come as far as it comes without the network."""

    async def carry_out() -> object:
        return await request

    task = asyncio.get_running_loop().create_task(carry_out())
    await asyncio.sleep(0)
    return task


async def failing(request: Awaitable[object]) -> DeviceError:
    """Return the error that a request ends with."""
    with pytest.raises(DeviceError) as raised:
        await request
    return raised.value
