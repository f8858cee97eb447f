"""A PLC on a raw socket whose every answer a test can decide: for the faults that no proper server shows."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

READ, WRITE = 3, 6


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its MBAP transaction and unit, function code, address, and the count or the value."""

    transaction: int
    unit: int
    function: int
    address: int
    operand: int


Answer = Callable[[Request, bytes], Awaitable[bytes | None]]
"""Given a request and its proper answer, returns what to send; None sends nothing."""


async def proper(_request: Request, answer: bytes) -> bytes | None:
    """Answer as a PLC should."""
    return answer


@dataclass(slots=True)
class WirePlc:
    """Holding registers, what was asked of them, and how to answer."""

    registers: dict[int, int]
    answer: Answer = proper
    reads: int = 0
    writes: list[tuple[int, int]] = field(default_factory=list)
    connections: int = 0
    under_way: int = 0
    most_under_way: int = 0

    def carry_out(self, request: Request) -> bytes:
        """Carry a request out and return its proper answer."""
        if request.function == READ:
            self.reads += 1
            words = [self.registers[request.address + each] for each in range(request.operand)]
            pdu = struct.pack(f">BB{len(words)}H", READ, 2 * len(words), *words)
        else:
            self.writes.append((request.address, request.operand))
            self.registers[request.address] = request.operand
            pdu = struct.pack(">BHH", WRITE, request.address, request.operand)
        return struct.pack(">HHHB", request.transaction, 0, len(pdu) + 1, request.unit) + pdu

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while True:
                header = await reader.readexactly(7)
                transaction, _protocol, length, unit = struct.unpack(">HHHB", header)
                function, address, operand = struct.unpack(">BHH", await reader.readexactly(length - 1))
                request = Request(transaction, unit, function, address, operand)
                self.under_way += 1
                self.most_under_way = max(self.under_way, self.most_under_way)
                answer = await self.answer(request, self.carry_out(request))
                self.under_way -= 1
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(plc: WirePlc, port: int = 0) -> AsyncIterator[int]:
    """Serve a PLC on loopback and yield its port."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(plc.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
