"""A device on a raw socket that answers each request as a test says: exact bytes, late, in pieces, or not at all."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from fabgitops_core.control.requests import Endpoint

READ, WRITE_SINGLE, WRITE_MULTIPLE = 3, 6, 16
PATIENCE_SECS = 10


@dataclass(slots=True)
class Exchange:
    """One request as it came, its proper reply, and the connection to answer it on."""

    request: bytes
    proper: bytes
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """Close the connection in order."""
        self.writer.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
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


@dataclass(slots=True)
class Peer:
    """Registers, what was asked of them, and what to answer next; once the script is over, properly."""

    endpoint: Endpoint
    registers: list[int] = field(default_factory=lambda: [address ^ 0x5A5A for address in range(65536)])
    script: deque[Answer] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    writes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    connections: int = 0
    under_way: int = 0
    most_under_way: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def reads(self) -> list[int]:
        """Return the addresses that were read, in order."""
        return [int.from_bytes(each[8:10], "big") for each in self.requests if each[7] == READ]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the other side leaves."""
        try:
            while True:
                header = await reader.readexactly(6)
                await self._answer(header + await reader.readexactly(int.from_bytes(header[4:], "big")), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side left, which is what ends a connection
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            answer = self.script.popleft() if self.script else properly
            await answer(Exchange(request, self.carry_out(request), writer))
        finally:
            self.under_way -= 1

    def carry_out(self, request: bytes) -> bytes:
        """Do what a request asks for and return its proper reply."""
        function, address, operand = struct.unpack_from(">BHH", request, 7)
        if function == READ:
            words = self.registers[address : address + operand]
            return reframed(request, struct.pack(f">BB{operand}H", READ, 2 * operand, *words))
        values = (operand,) if function == WRITE_SINGLE else struct.unpack_from(f">{operand}H", request, 13)
        self.registers[address : address + len(values)] = values
        self.writes.append((address, values))
        return reframed(request, struct.pack(">BHH", function, address, operand))


@asynccontextmanager
async def peer_on(listener: socket.socket) -> AsyncIterator[Peer]:
    """Serve on a bound socket; leaves no connection and no task behind."""
    host, port = listener.getsockname()[:2]
    peer = Peer(Endpoint(host, port))
    loop = asyncio.get_running_loop()
    accepted: list[tuple[asyncio.StreamWriter, asyncio.Task[None]]] = []

    async def accept() -> None:
        # Not asyncio's server, whose last connection may come about after it was closed and then belongs to nobody.
        while True:
            connection, _address = await loop.sock_accept(listener)
            reader, writer = await asyncio.open_connection(sock=connection)
            peer.connections += 1
            peer.writers.add(writer)
            accepted.append((writer, loop.create_task(peer.serve(reader, writer))))

    listener.setblocking(False)
    listener.listen()
    accepting = loop.create_task(accept())
    try:
        yield peer
    finally:
        accepting.cancel()
        await asyncio.wait([accepting])
        listener.close()
        for writer, serving in accepted:
            serving.cancel()
            writer.transport.abort()
        ended = await asyncio.gather(accepting, *(serving for _, serving in accepted), return_exceptions=True)
        assert all(each is None or isinstance(each, asyncio.CancelledError) for each in ended), ended


@contextmanager
def bound(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Yield a socket that has a port of its own but does not listen, so that connections are refused."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.bind((host, 0))
        yield listener


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE_SECS):
        while not condition():
            await asyncio.sleep(0.001)
