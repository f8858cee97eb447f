"""An engine that keeps one device, and the wire of a device that is none of mock-plc's."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

KEY = Key(INDUSTRIAL_PLC.name, "default", "odd")
PATIENCE = 30.0


@asynccontextmanager
async def answering(answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Answer the PDU of each request by Modbus TCP (Messaging Implementation Guide V1.0b, 3.1.3); yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(7)
                reply = answer(await reader.readexactly(int.from_bytes(head[4:6], "big") - 1))
                writer.write(head[:4] + struct.pack(">HB", len(reply) + 1, head[6]) + reply)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def kept(port: int, *registers: dict[str, Any]) -> AsyncIterator[Callable[[], IndustrialPLCStatus]]:
    """Let an engine keep what listens at a port; yield what tells how it stands."""
    devices, host = ModbusDevices(), FakeHost()
    engine = Engine(devices, host, FakeObserver())
    where = {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1, "registers": list(registers)}
    event: Declared[Any, Any] = Declared(datetime.now(UTC), 1, IndustrialPLCSpec.model_validate(where), request=None)

    def status() -> IndustrialPLCStatus:
        found = host.status(KEY)
        return found if isinstance(found, IndustrialPLCStatus) else IndustrialPLCStatus()

    try:
        engine.declare(KEY, PlcController(settle_secs=0), event)
        yield status
    finally:
        await engine.stop(5)
        await devices.close()


async def until(true: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something is true; say what there was instead when it never is."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not true():
        assert asyncio.get_running_loop().time() < deadline, what()
        await asyncio.sleep(0.01)
