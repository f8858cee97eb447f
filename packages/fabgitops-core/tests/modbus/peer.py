"""A device on a raw socket that answers each request as a test says: exact bytes, late, in pieces, or not at all."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fabgitops_core.control.plc.requests import Endpoint, Transport

READ_COILS, READ_DISCRETE, READ, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_SINGLE, WRITE_COILS, WRITE_MULTIPLE, MASK_WRITE, IDENTIFY = 5, 6, 15, 16, 22, 43
PATIENCE_SECS = 10

_REGISTERS = [address ^ 0x5A5A for address in range(65536)]
_INPUTS = [address ^ 0xA5A5 for address in range(65536)]
_COILS = [address % 3 % 2 for address in range(65536)]
_DISCRETES = [address % 5 % 2 for address in range(65536)]


@dataclass(slots=True)
class Exchange:
    """One request as it came, its proper reply, and the connection to answer it on."""

    request: bytes
    proper: bytes
    writer: asyncio.StreamWriter | None = None
    reply: Callable[[bytes], None] | None = None

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        if self.reply is not None:
            self.reply(data)
            return
        assert self.writer is not None
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """Close the connection in order."""
        assert self.writer is not None
        self.writer.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        assert self.writer is not None
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Answer = Callable[[Exchange], Awaitable[None]]


async def properly(exchange: Exchange) -> None:
    """Answer as a device should."""
    await exchange.send(exchange.proper)


async def silently(_exchange: Exchange) -> None:
    """Answer nothing."""


def sending(change: Callable[[bytes], bytes]) -> Answer:
    """Answer with what `change` makes of the proper reply."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(change(exchange.proper))

    return answer


class Hold:
    """An answer that waits until it is released."""

    def __init__(self, then: Answer = properly) -> None:
        self.reached = asyncio.Event()
        self.release = asyncio.Event()
        self._then = then

    async def __call__(self, exchange: Exchange) -> None:
        """Wait, then answer."""
        self.reached.set()
        await self.release.wait()
        await self._then(exchange)


def reframed(reply: bytes, pdu: bytes) -> bytes:
    """Return a reply with another PDU and a length to match."""
    return reply[:4] + (len(pdu) + 1).to_bytes(2, "big") + reply[6:7] + pdu


def checksum(body: bytes) -> bytes:
    """Return the CRC-16 of an RTU frame, bit by bit as the standard tells it (Serial Line V1.02, section 6.2.2)."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def packed(bits: list[int]) -> bytes:
    """Return bits as bytes, the first bit the lowest of the first byte."""
    number = sum(bit << place for place, bit in enumerate(bits))
    return number.to_bytes((len(bits) + 7) // 8, "little")


@dataclass(slots=True)
class Peer:
    """Four tables, what was asked of them, and what to answer next; once the script is over, properly.

    A request, and its reply, is the whole frame. `bodies` are those without what the transport adds.
    """

    endpoint: Endpoint
    registers: list[int] = field(repr=False, default_factory=_REGISTERS.copy)
    inputs: list[int] = field(repr=False, default_factory=_INPUTS.copy)
    coils: list[int] = field(repr=False, default_factory=_COILS.copy)
    discretes: list[int] = field(repr=False, default_factory=_DISCRETES.copy)
    identity: dict[int, bytes] = field(default_factory=lambda: {0: b"ACME", 1: b"X1", 2: b"1.2"})
    page: int = 3
    """Objects of the identification in one reply."""
    script: deque[Answer] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    writes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    connections: int = 0
    under_way: int = 0
    most_under_way: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def rtu(self) -> bool:
        """Return whether frames have a checksum in place of a header."""
        return self.endpoint.transport is Transport.RTU_OVER_TCP

    @property
    def bodies(self) -> list[bytes]:
        """Return unit id and PDU of each request."""
        return [each[:-2] if self.rtu else each[6:] for each in self.requests]

    @property
    def reads(self) -> list[int]:
        """Return the addresses that were read, in order."""
        return [int.from_bytes(each[2:4], "big") for each in self.bodies if each[1] == READ]

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer a request of a connection as the script says."""
        await self.meet(Exchange(request, self.proper(request), writer))

    async def meet(self, exchange: Exchange) -> None:
        """Answer a request as the script says."""
        self.requests.append(exchange.request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await (self.script.popleft() if self.script else properly)(exchange)
        finally:
            self.under_way -= 1

    def proper(self, request: bytes) -> bytes:
        """Do what a request asks for and return its proper reply."""
        if self.rtu:
            body = request[:1] + self.carry_out(request[1:-2])
            return body + checksum(body)
        return reframed(request, self.carry_out(request[7:]))

    def carry_out(self, pdu: bytes) -> bytes:
        """Do what a PDU asks for and return that of the reply."""
        function = pdu[0]
        if function == IDENTIFY:
            return self._identify(pdu)
        address, operand = struct.unpack_from(">HH", pdu, 1)
        span = slice(address, address + operand)
        if function in (READ_COILS, READ_DISCRETE):
            bits = packed((self.coils if function == READ_COILS else self.discretes)[span])
            return bytes([function, len(bits)]) + bits
        if function in (READ, READ_INPUT):
            words = (self.registers if function == READ else self.inputs)[span]
            return struct.pack(f">BB{operand}H", function, 2 * operand, *words)
        return self._write(function, address, operand, pdu)

    def _write(self, function: int, address: int, operand: int, pdu: bytes) -> bytes:
        if function in (WRITE_COIL, WRITE_COILS):
            stuffed = int.from_bytes(pdu[6:], "little")
            if function == WRITE_COIL:
                values: tuple[int, ...] = (int(operand == 0xFF00),)
            else:
                values = tuple(stuffed >> place & 1 for place in range(operand))
            self.coils[address : address + len(values)] = values
        else:
            if function == MASK_WRITE:
                put = int.from_bytes(pdu[5:7], "big")
                values = (self.registers[address] & operand | put & ~operand,)
            else:
                values = (operand,) if function == WRITE_SINGLE else struct.unpack_from(f">{operand}H", pdu, 6)
            self.registers[address : address + len(values)] = values
        self.writes.append((address, values))
        return pdu if function == MASK_WRITE else pdu[:5]

    def _identify(self, pdu: bytes) -> bytes:
        wanted = sorted(each for each in self.identity if each >= pdu[3] and (pdu[2] > 1 or each < 3))
        now, later = wanted[: self.page], wanted[self.page :]
        objects = b"".join(bytes([each, len(self.identity[each])]) + self.identity[each] for each in now)
        more = bytes([0xFF, later[0]]) if later else b"\0\0"
        return pdu[:3] + bytes([0x83]) + more + bytes([len(now)]) + objects


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE_SECS):
        while not condition():
            await asyncio.sleep(0.001)
