"""The kinds of request, each as one call, so that a test can go through all of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fabgitops_core.control.plc.requests import Change, IdentityPlan, ReadPlan, Table, WriteFunction
from fabgitops_core.engine.device_errors import DeviceError
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


Kind = tuple[str, Callable[[Peer], ReadPlan | Change | IdentityPlan]]


def _reading(count: int, table: Table = Table.HOLDING) -> Callable[[Peer], ReadPlan]:
    return lambda peer: ReadPlan(peer.endpoint, UNIT, ADDRESS, count, table)


def _writing(
    *values: int, table: Table = Table.HOLDING, function: WriteFunction = WriteFunction.AUTO, mask: int | None = None
) -> Callable[[Peer], Change]:
    return lambda peer: Change(peer.endpoint, UNIT, ADDRESS, values, table, function, mask)


def _identifying(peer: Peer) -> IdentityPlan:
    return IdentityPlan(peer.endpoint, UNIT)


_MAKERS: dict[str, Kind] = {
    "read one": ("read_holding_registers", _reading(1)),
    "read many": ("read_holding_registers", _reading(3)),
    "read inputs": ("read_input_registers", _reading(2, Table.INPUT)),
    "read coils": ("read_coils", _reading(11, Table.COIL)),
    "read discretes": ("read_discrete_inputs", _reading(8, Table.DISCRETE)),
    "identify": ("read_device_identification", _identifying),
    "write one": ("write_single_register", _writing(2500)),
    "write many": ("write_multiple_registers", _writing(2500, 2501, 2502)),
    "write one of many": ("write_multiple_registers", _writing(2500, function=WriteFunction.MULTIPLE)),
    "write coil": ("write_single_coil", _writing(1, table=Table.COIL)),
    "write coils": ("write_multiple_coils", _writing(*[1, 0, 1] * 4, table=Table.COIL)),
    "write bits": ("mask_write_register", _writing(0x0F00, mask=0xFF00, function=WriteFunction.MASK)),
}


def _asking(make: Callable[[Peer], ReadPlan | Change | IdentityPlan]) -> Ask:
    async def ask(device: ModbusDevice, peer: Peer, timeout: float) -> object:
        asked = make(peer)
        if isinstance(asked, ReadPlan):
            return await device.read(asked, timeout=timeout)
        if isinstance(asked, IdentityPlan):
            return (await device.identify(asked, timeout=timeout)).objects
        await device.write(asked, timeout=timeout, wanted=always)
        return None

    return ask


READS: dict[str, Ask] = {name: _asking(make) for name, (_, make) in _MAKERS.items() if not name.startswith("write")}
WRITES: dict[str, Ask] = {name: _asking(make) for name, (_, make) in _MAKERS.items() if name.startswith("write")}
"""Names of kinds of request, and how to make one."""
KINDS = READS | WRITES
FUNCTIONS = {name: function for name, (function, _) in _MAKERS.items()}
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
