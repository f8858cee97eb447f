"""A client that sends and takes raw bytes, so that wrong answers can be looked at."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mock_plc.faults.model import Fault
from mock_plc.memory import Plc
from mock_plc.net.listen import listening
from mock_plc.net.station import Station

READ, WRITE = bytes.fromhex("03 000A 0002"), bytes.fromhex("10 000A 0002 04 0007 0008")
READ_ANSWER, WRITE_ANSWER = bytes.fromhex("03 04 0064 00C8"), bytes.fromhex("10 000A 0002")
"""A read and a write of registers 10 and 11, and their right answers from a BankPlc."""


def mbap(pdu: bytes, transaction: int = 1, unit: int = 1) -> bytes:
    """Return a frame of Modbus TCP."""
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


@dataclass
class Raw:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, pdu: bytes, transaction: int = 1, unit: int = 1) -> bytes:
        """Send a frame and return the next frame that comes."""
        self.send(pdu, transaction, unit)
        return await self.frame()

    def send(self, pdu: bytes, transaction: int = 1, unit: int = 1) -> None:
        """Send a frame."""
        self.writer.write(mbap(pdu, transaction, unit))

    async def frame(self) -> bytes:
        """Return the next frame, by the length that it says it has."""
        async with asyncio.timeout(30):
            head = await self.reader.readexactly(6)
            return head + await self.reader.readexactly(int.from_bytes(head[4:]))

    async def rest(self) -> bytes:
        """Return all that comes until the connection is closed."""
        async with asyncio.timeout(30):
            return await self.reader.read()

    async def taken(self, count: int) -> bytes:
        """Return so many bytes."""
        async with asyncio.timeout(30):
            return await self.reader.readexactly(count)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Raw]:
    """Connect until the block ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def served(plc: Plc, *faults: str, seed: str = "0") -> AsyncIterator[Station]:
    """Serve a PLC with faults, each as it is written on a command line."""
    station = Station(plc, parsed(faults), seed=seed)
    async with listening(station):
        yield station


def parsed(lines: Iterable[str]) -> list[Fault]:
    """Return the faults of lines."""
    return [Fault.model_validate(line) for line in lines]
