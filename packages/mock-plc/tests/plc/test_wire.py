"""What a client sees on the wire, byte by byte."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
import pytest_asyncio
from mock_plc.device import Device
from mock_plc.server import ListenError, serving

from .client import MASK_WRITE, READ, READ_WRITE, WRITE, WRITE_SINGLE, Client, Refused

T = TypeVar("T")
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY = 1, 2, 3, 6


@dataclass
class Served:
    """A device being served, and how to talk to it from a thread beside the server's loop."""

    plc: Device
    port: int

    async def ask(self, question: Callable[[Client], T], unit: int = 1) -> T:
        """Ask on a connection of its own."""

        def talk() -> T:
            with Client(self.port, unit) as client:
                return question(client)

        return await asyncio.to_thread(talk)

    async def refusal(self, function: int, data: bytes) -> int:
        """Return the exception code that a request is answered with."""
        with pytest.raises(Refused) as refused:
            await self.ask(lambda client: client.ask(function, data))
        return refused.value.code


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    """Serve 0, 4001, 4002, 4004 and 65535."""
    plc = Device({0: 1, 4001: 2500, 4002: 70, 4004: 65535, 65535: 9})
    async with serving(plc) as port:
        yield Served(plc, port)


async def test_reads_what_the_device_holds(served: Served) -> None:
    """Function 3 gives what registers hold, at both ends of the address range as well, and each read is counted."""
    assert await served.ask(lambda client: [client.read(4001, 2), client.read(0), client.read(65535)]) == [
        [2500, 70],
        [1],
        [9],
    ]
    assert served.plc.reads == 3


async def test_drift_is_what_the_next_read_gives(served: Served) -> None:
    """What is set behind the server's back is served by the next read, on a connection that was there before."""
    with Client(served.port) as client:
        assert await asyncio.to_thread(client.read, 4001) == [2500]
        served.plc[4001] = 65535
        assert await asyncio.to_thread(client.read, 4001) == [65535]


async def test_writes_change_what_is_served(served: Served) -> None:
    """Functions 6 and 16 change the device, and are kept with unit id, values and what was there before."""

    def write(client: Client) -> list[int]:
        client.write_single(4001, 2311)
        client.write(4001, 1, 65535)
        return client.read(4001, 2)

    assert await served.ask(write, unit=17) == [1, 65535]
    kept = [(each.unit_id, each.address, each.values, each.before) for each in served.plc.writes]
    assert kept == [(17, 4001, (2311,), (2500,)), (17, 4001, (1, 65535), (2311, 70))]
    assert (served.plc[4001], served.plc[4002], served.plc.reads) == (1, 65535, 1)


async def test_mask_write(served: Served) -> None:
    """Function 22 sets (register AND and-mask) OR (or-mask AND NOT and-mask): the example of the protocol's 6.16."""
    served.plc[4001] = 0x12
    request = struct.pack(">HHH", 4001, 0xF2, 0x25)
    assert await served.ask(lambda client: client.ask(MASK_WRITE, request)) == request
    assert served.plc[4001] == 0x17


async def test_read_write(served: Served) -> None:
    """Function 23 writes first and reads then, and counts as one of each."""
    request = struct.pack(">HHHHBHH", 4001, 2, 4001, 2, 4, 5, 6)
    assert await served.ask(lambda client: client.ask(READ_WRITE, request)) == struct.pack(">BHH", 4, 5, 6)
    assert (served.plc.reads, len(served.plc.writes)) == (1, 1)


@pytest.mark.parametrize("unit", [0, 1, 247, 255])
async def test_answers_every_unit_id(served: Served, unit: int) -> None:
    """Every unit id is answered, with that unit id."""
    assert await served.ask(lambda client: client.read(4001), unit) == [2500]


@pytest.mark.parametrize(
    ("address", "count"), [(4000, 1), (4000, 2), (4003, 1), (4002, 3), (4004, 2), (5000, 1), (65535, 2)]
)
async def test_missing_address_is_exception_2(served: Served, address: int, count: int) -> None:
    """Reading or writing an address that is not there, alone or among others, is exception 2 and changes nothing."""
    before = dict(served.plc.registers)
    words = struct.pack(f">{count}H", *range(count))
    assert await served.refusal(READ, struct.pack(">HH", address, count)) == ILLEGAL_ADDRESS
    assert await served.refusal(WRITE, struct.pack(">HHB", address, count, 2 * count) + words) == ILLEGAL_ADDRESS
    assert (served.plc.registers, served.plc.reads, served.plc.writes) == (before, 0, [])


@pytest.mark.parametrize("function", [0, 1, 2, 4, 5, 7, 8, 15, 17, 20, 43, 65, 100, 127])
async def test_unknown_function_is_exception_1(served: Served, function: int) -> None:
    """A function that is not served, those on coils and input registers among them, is a well-formed exception 1."""
    assert await served.refusal(function, struct.pack(">HH", 4001, 1)) == ILLEGAL_FUNCTION
    assert served.plc.writes == []


@pytest.mark.parametrize(
    ("function", "data"),
    [
        (READ, struct.pack(">HH", 4001, 0)),
        (READ, struct.pack(">HH", 4001, 126)),
        (READ, b"\x0f"),
        (WRITE_SINGLE, b"\x0f\xa1"),
        (WRITE, struct.pack(">HHB", 4001, 0, 0)),
        (WRITE, struct.pack(">HHBH", 4001, 2, 4, 1)),
        (WRITE, struct.pack(">HHBHH", 4001, 1, 4, 1, 2)),
    ],
)
async def test_malformed_request_is_exception_3(served: Served, function: int, data: bytes) -> None:
    """A count out of range, or data too short or not of its count, is exception 3 and writes nothing."""
    assert await served.refusal(function, data) == ILLEGAL_VALUE
    assert served.plc.writes == []


async def test_refusal_does_not_end_the_connection(served: Served) -> None:
    """After a refused request the same connection goes on."""

    def talk(client: Client) -> list[int]:
        for function, address in ((65, 4001), (READ, 5000)):
            with pytest.raises(Refused):
                client.ask(function, struct.pack(">HH", address, 1))
        return client.read(4001)

    assert await served.ask(talk) == [2500]


async def test_request_in_pieces_is_answered_once_whole(served: Served) -> None:
    """A request that arrives byte by byte is answered when it is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        for byte in bytes.fromhex("0001 0000 0006 01 03 0fa1 0001"):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await reader.readexactly(11) == bytes.fromhex("0001 0000 0005 01 03 02 09c4")
    finally:
        writer.close()
        await writer.wait_closed()


async def test_device_may_refuse(served: Served) -> None:
    """A hook of the device decides what is answered, and a write that it refuses does not happen."""
    served.plc.on_read = served.plc.on_write = lambda _: BUSY
    assert await served.refusal(READ, struct.pack(">HH", 4001, 1)) == BUSY
    assert await served.refusal(WRITE_SINGLE, struct.pack(">HH", 4001, 1)) == BUSY
    assert (served.plc[4001], served.plc.writes) == (2500, [])


async def test_many_connections_are_told_apart(served: Served) -> None:
    """Requests of many connections at once are each kept with the unit id that asked."""
    clients = [Client(served.port, unit) for unit in range(1, 21)]
    try:
        await asyncio.gather(*(asyncio.to_thread(each.write_single, 4001, each.unit) for each in clients))
    finally:
        for each in clients:
            each.__exit__()
    assert sorted((write.unit_id, *write.values) for write in served.plc.writes) == [(n, n) for n in range(1, 21)]


async def test_ending_closes_connections_and_frees_the_port() -> None:
    """At its end a server closes its connections, and another one can have its port at once."""
    async with serving(Device({4001: 2500})) as port:
        client = Client(port)
        await asyncio.to_thread(client.read, 4001)
    with client:
        assert await asyncio.to_thread(client.is_closed)
    async with serving(Device({4001: 7}), port=port) as again:
        assert again == port


async def test_port_in_use_is_told(served: Served) -> None:
    """A port that is taken is an error that names it and says what to do."""
    with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{served.port}: the port is in use; .*--port 0"):
        async with serving(Device({4001: 2500}), port=served.port):
            pass
