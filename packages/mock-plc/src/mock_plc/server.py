"""Serves a device over Modbus TCP: the one place that imports pymodbus.

It serves the functions on holding registers and answers every unit id, as a plain Modbus TCP device does. References
are to the Modbus Application Protocol V1.1b3 ("protocol") and Modbus Messaging on TCP/IP V1.0b ("messaging").
"""

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from mock_plc.device import Device

log = logging.getLogger("mock_plc")

READ, WRITE_SINGLE, WRITE, MASK_WRITE, READ_WRITE = 3, 6, 16, 22, 23
"""The functions on holding registers, and so all that is served (protocol, sections 6.3, 6.6, 6.12, 6.16, 6.17)."""

ANY_UNIT = 0
"""In pymodbus's simulator the device 0 answers for every unit id that has no device of its own."""

_SERVED = (READ, WRITE_SINGLE, WRITE, MASK_WRITE, READ_WRITE)
_UNIT_AT, _FUNCTION_AT = 6, 7
"""Where a frame has its unit id, the last byte of the MBAP header, and its function code (messaging, section 3.1.3)."""
_EXCEPTION = 0x80

_asked: ContextVar[bytes] = ContextVar("asked", default=b"")
"""The frame that is being answered. asyncio copies the context into each callback and task that one starts, so each
answer finds its own request however many connections there are."""


class ListenError(Exception):
    """Nothing can be served at the address: its text says where, why, and what to do."""


class _Server(ModbusTcpServer):
    """pymodbus's server, for holding registers only, and with the reason why it cannot listen."""

    def __init__(self, device: Device, host: str, port: int) -> None:
        simulated = SimDevice(ANY_UNIT, simdata=_memory(device), action=partial(_answer, device))
        super().__init__(simulated, address=(host, port), trace_packet=_trace)
        self.decoder.pdu_table = {code: self.decoder.pdu_table[code] for code in _SERVED}

    async def listen(self) -> bool:
        """Listen, as pymodbus does, but raise what it would log."""
        host, port = self.comm_params.source_address or ("", 0)
        try:
            self.transport = await self.call_create()
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
            raise ListenError(f"cannot listen on {endpoint(host, port)}: {_remedy(error)}") from None
        self.is_listener = True
        return True


@asynccontextmanager
async def serving(device: Device, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve a device and yield the TCP port it listens on; port 0 takes a free one.

    At the end all connections are closed.

    Raises:
        ListenError: The address cannot be listened on.
    """
    server = _Server(device, host, port)
    await server.serve_forever(background=True)
    try:
        yield cast(asyncio.Server, server.transport).sockets[0].getsockname()[1]
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it without annotations


def endpoint(host: str, port: int) -> str:
    """Return `host:port`, with an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _remedy(error: OSError | UnicodeError) -> str:
    # From Python 3.13 on, asyncio tells of a foreign address by an error without a number.
    if isinstance(error, UnicodeError | socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, None):
        return "this machine has no such address; --bind 127.0.0.1 is itself, 0.0.0.0 all its IPv4 addresses"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; end what uses it or choose another one (--port 0 takes a free one)"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not allowed, as for most users below port 1024; choose a higher one (--port 0 takes a free one)"
    return str(error)


def _memory(device: Device) -> list[SimData]:
    return [
        SimData(address, values=value, datatype=DataType.REGISTERS)
        for address, value in sorted(device.registers.items())
    ]


async def _answer(
    device: Device,
    function: int,
    start: int,
    address: int,
    count: int,
    served: list[int],
    written: list[int] | list[bool] | None,
) -> ExcCodes | None:
    """Let the device answer: what it holds is copied into what pymodbus serves, at each request.

    pymodbus asks only for addresses that are there, and comes here more than once for a function that reads and writes.
    """
    unit_id = _asked.get()[_UNIT_AT]
    code: int | None = None
    if written is not None:
        code = device.write(unit_id, address, tuple(int(value) for value in written))
    elif function in (READ, READ_WRITE):
        code = device.read(unit_id, address, count)
    for each in range(address, address + count):
        served[each - start] = device[each]
    return ExcCodes(code) if code else None


def _trace(sending: bool, frame: bytes) -> bytes:
    """Keep each request for those who answer it; mend and tell of each refusal.

    pymodbus answers what it cannot decode with function code 80 and exception 1, whatever was asked. The standard
    wants the function code asked for with its highest bit set, and exception 3 if the function is known (protocol,
    section 7).
    """
    if not sending:
        _asked.set(frame)
        return frame
    function = frame[_FUNCTION_AT]
    if not function & _EXCEPTION:
        return frame
    asked = _asked.get()[_FUNCTION_AT]
    code = frame[_FUNCTION_AT + 1]
    if asked not in _SERVED:
        code = ExcCodes.ILLEGAL_FUNCTION
    elif function == _EXCEPTION:
        code = ExcCodes.ILLEGAL_VALUE
    _note_refusal(_asked.get(), ExcCodes(code))
    return frame[:_FUNCTION_AT] + bytes([asked | _EXCEPTION, code])


def _note_refusal(asked: bytes, code: ExcCodes) -> None:
    function, data = asked[_FUNCTION_AT], asked[_FUNCTION_AT + 1 :]
    which = f" register {int.from_bytes(data[:2])}" if function in _SERVED and len(data) > 1 else ""
    reason = code.name.lower().replace("_", " ")
    log.debug("refused: unit %d function %d%s, exception %d (%s)", asked[_UNIT_AT], function, which, code, reason)
