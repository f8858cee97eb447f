"""Serves a device over Modbus TCP: the one place that imports pymodbus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from mock_plc.device import Device

READ_HOLDING_REGISTERS = 3
ANY_UNIT = 0
"""In pymodbus's simulator the device 0 answers for every unit id that has no device of its own."""

_EXCEPTION = 0x80
_FUNCTION_AT = 7
"""Where the function code stands: after the MBAP header (Modbus Messaging on TCP/IP V1.0b, section 3.1.3)."""


class PortInUseError(Exception):
    """Nothing can be served at the address: its text says where and why."""


class _Wire:
    """Sees every frame: knows the unit id of a request, and mends pymodbus's answer to unknown functions.

    pymodbus answers those with function code 80 whatever was asked (a malformed exception); the standard wants the
    function code asked for with its highest bit set (Modbus Application Protocol V1.1b3, section 7).
    """

    def __init__(self) -> None:
        self.asked = b""

    def __call__(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self.asked = data or self.asked
        elif data[_FUNCTION_AT : _FUNCTION_AT + 1] == bytes([_EXCEPTION]) and len(self.asked) > _FUNCTION_AT:
            function = self.asked[_FUNCTION_AT] | _EXCEPTION
            return data[:_FUNCTION_AT] + bytes([function]) + data[_FUNCTION_AT + 1 :]
        return data

    @property
    def unit_id(self) -> int:
        """Return the unit id that was asked last."""
        return self.asked[6] if len(self.asked) > _FUNCTION_AT else 0


@asynccontextmanager
async def serving(device: Device, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve a device and yield the TCP port it listens on; port 0 takes a free one.

    Raises:
        PortInUseError: The address cannot be listened on.
    """
    wire = _Wire()
    simulated = SimDevice(ANY_UNIT, simdata=_memory(device), action=partial(_answer, device, wire))
    server = ModbusTcpServer(simulated, address=(host, port), trace_packet=wire)
    try:
        await server.serve_forever(background=True)
    except RuntimeError:
        raise PortInUseError(
            f"cannot listen on {host}:{port}: it is in use or not allowed; choose another --port (0 takes a free one)"
        ) from None
    try:
        listening = server.transport
        assert isinstance(listening, asyncio.Server)  # noqa: S101 - narrows a type that pymodbus leaves open
        yield listening.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it without annotations


def _memory(device: Device) -> list[SimData]:
    return [
        SimData(address, values=value, datatype=DataType.REGISTERS)
        for address, value in sorted(device.registers.items())
    ]


async def _answer(
    device: Device,
    wire: _Wire,
    function: int,
    start: int,
    address: int,
    count: int,
    served: list[int],
    written: list[int] | list[bool] | None,
) -> ExcCodes | None:
    """Let the device answer: what it holds is copied into what pymodbus serves, at each request."""
    code: int | None = None
    if written is not None:
        code = device.write(wire.unit_id, address, tuple(int(value) for value in written))
    elif function == READ_HOLDING_REGISTERS:
        code = device.read(wire.unit_id, address, count)
    for each in range(address, address + count):
        served[each - start] = device[each]
    return ExcCodes(code) if code else None
