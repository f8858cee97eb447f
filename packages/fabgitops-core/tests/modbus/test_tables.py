"""Every table, read and written over every transport, byte for byte as the standard's examples have it."""

import asyncio

import pytest
import uvloop
from fabgitops_core.control.plc.requests import Change, ReadPlan, Table, Transport, WriteFunction
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ENOUGH_SECS, KINDS, UNIT, always
from .conftest import trusting
from .peer import Peer, checksum, reframed, sending
from .serving import served

EVERY = pytest.mark.parametrize("transport", list(Transport))

# Requests and replies of Modbus Application Protocol V1.1b3, sections 6.1 to 6.4.
READ_EXAMPLES = {
    "6.1": (Table.COIL, 19, 19, "0100130013", "0103CD6B05", "1011001111010110101"),
    "6.2": (Table.DISCRETE, 196, 22, "0200C40016", "0203ACDB35", "0011010111011011101011"),
    "6.3": (Table.HOLDING, 107, 3, "03006B0003", "0306022B00000064", (555, 0, 100)),
    "6.4": (Table.INPUT, 8, 1, "0400080001", "0402000A", (10,)),
}
# Sections 6.5, 6.6, 6.11 and 6.12: address, values, request, confirmation.
WRITE_EXAMPLES = {
    "6.5": (Table.COIL, 172, (1,), "0500ACFF00", "0500ACFF00"),
    "6.6": (Table.HOLDING, 1, (3,), "0600010003", "0600010003"),
    "6.11": (Table.COIL, 19, tuple(map(int, "1011001110")), "0F0013000A02CD01", "0F0013000A"),
    "6.12": (Table.HOLDING, 1, (10, 258), "100001000204000A0102", "1000010002"),
}


@pytest.mark.parametrize("section", READ_EXAMPLES)
async def test_the_examples_of_the_standard_are_read(section: str, device: ModbusDevice, peer: Peer) -> None:
    """The standard's example of a reading is sent and understood to the bit."""
    table, address, count, request, reply, values = READ_EXAMPLES[section]
    peer.script.append(sending(lambda proper: reframed(proper, bytes.fromhex(reply))))
    answer = await device.read(ReadPlan(peer.endpoint, UNIT, address, count, table), timeout=ENOUGH_SECS)
    assert peer.bodies[0][1:].hex().upper() == request
    assert answer == tuple(map(int, values))


@pytest.mark.parametrize("section", WRITE_EXAMPLES)
async def test_the_examples_of_the_standard_are_written(section: str, device: ModbusDevice, peer: Peer) -> None:
    """The standard's example of a write is sent to the bit, and its confirmation is believed."""
    table, address, values, request, reply = WRITE_EXAMPLES[section]
    peer.script.append(sending(lambda proper: reframed(proper, bytes.fromhex(reply))))
    await device.write(Change(peer.endpoint, UNIT, address, values, table), timeout=ENOUGH_SECS, wanted=always)
    assert peer.bodies[0][1:].hex().upper() == request


@EVERY
async def test_every_request_works_over_every_transport(device: ModbusDevice, peer: Peer) -> None:
    """Each kind of request is answered properly, over one connection, whatever carries it."""
    expected = {
        "read one": (peer.registers[4001],),
        "read many": tuple(peer.registers[4001:4004]),
        "read inputs": tuple(peer.inputs[4001:4003]),
        "read coils": tuple(peer.coils[4001:4012]),
        "read discretes": tuple(peer.discretes[4001:4009]),
        "identify": {0: "ACME", 1: "X1", 2: "1.2"},
    }
    for kind, ask in KINDS.items():
        assert await ask(device, peer, ENOUGH_SECS) == expected.get(kind)
    assert peer.writes[:3] == [(4001, (2500,)), (4001, (2500, 2501, 2502)), (4001, (2500,))]
    assert peer.writes[3:] == [(4001, (1,)), (4001, (1, 0, 1) * 4), (4001, (0x0FC4,))]
    assert peer.connections == 1


@EVERY
async def test_the_largest_requests_work_over_every_transport(device: ModbusDevice, peer: Peer) -> None:
    """2,000 bits and 125 words are read, 1,968 bits and 123 words are written, in one request each."""
    bits = await device.read(ReadPlan(peer.endpoint, UNIT, 1, 2000, Table.COIL), timeout=ENOUGH_SECS)
    words = await device.read(ReadPlan(peer.endpoint, UNIT, 1, 125, Table.INPUT), timeout=ENOUGH_SECS)
    assert (bits, words) == (tuple(peer.coils[1:2001]), tuple(peer.inputs[1:126]))
    for table, values in ((Table.COIL, (1, 0, 0) * 656), (Table.HOLDING, tuple(range(123)))):
        await device.write(Change(peer.endpoint, UNIT, 7, values, table), timeout=ENOUGH_SECS, wanted=always)
        assert peer.writes[-1] == (7, values)
    assert len(peer.requests) == 4


@pytest.mark.parametrize("transport", [Transport.RTU_OVER_TCP])
async def test_an_rtu_request_carries_the_checksum_of_the_standard(device: ModbusDevice, peer: Peer) -> None:
    """A reading of three registers at 107 of unit 17 is 11 03 00 6B 00 03 76 87, as published by Simply Modbus."""
    assert checksum(bytes.fromhex("1103006B0003")) == bytes.fromhex("7687")
    await device.read(ReadPlan(peer.endpoint, 17, 107, 3), timeout=ENOUGH_SECS)
    assert peer.requests == [bytes.fromhex("1103006B00037687")]


async def test_a_single_value_goes_out_as_many_when_that_is_asked_for(device: ModbusDevice, peer: Peer) -> None:
    """One word goes out by FC16 and one coil by FC15 with the function multiple, for devices that lack FC06 or FC05."""
    for table, value in ((Table.HOLDING, 513), (Table.COIL, 1)):
        change = Change(peer.endpoint, UNIT, 9, (value,), table, WriteFunction.MULTIPLE)
        await device.write(change, timeout=ENOUGH_SECS, wanted=always)
        assert peer.writes[-1] == (9, (value,))
    assert [body[1] for body in peer.bodies] == [16, 15]


@pytest.mark.parametrize(
    ("table", "values", "function", "mask", "text"),
    [
        (Table.INPUT, (1,), "auto", None, "no input register can be written: only holding registers and coils can"),
        (Table.DISCRETE, (1,), "auto", None, "no discrete input can be written: only holding registers and coils can"),
        (Table.COIL, (2,), "auto", None, "the value is 2: it must be 0 to 1"),
        (Table.COIL, (0,) * 1969, "auto", None, "the number of values from address 0 is 1969: it must be 1 to 1968"),
        (Table.HOLDING, (1, 2), "single", None, "the function single writes one value at a time, not 2: use multiple"),
        (Table.HOLDING, (1,), "mask", None, "the function mask changes bits of a word: it needs a mask"),
        (Table.HOLDING, (1,), "auto", 0, "the mask is 0: it must be 1 to 65535"),
        (Table.HOLDING, (1,), "mask", 65536, "the mask is 65536: it must be 1 to 65535"),
        (Table.HOLDING, (1, 2), "auto", 1, "a mask changes bits of one holding register"),
        (Table.COIL, (1,), "auto", 1, "a mask changes bits of one holding register"),
    ],
)
async def test_a_write_that_cannot_be_does_no_io(
    device: ModbusDevice, peer: Peer, table: Table, values: tuple[int, ...], function: str, mask: int | None, text: str
) -> None:
    """A write that Modbus does not have is refused in words before anything is sent."""
    change = Change(peer.endpoint, UNIT, 0, values, table, WriteFunction(function), mask)
    with pytest.raises(ValueError, match=f"^{text}$"):
        await device.write(change, timeout=ENOUGH_SECS, wanted=always)
    assert peer.connections == 0


async def test_more_bits_than_one_request_holds_are_not_read(device: ModbusDevice, peer: Peer) -> None:
    """A reading of 2,001 coils is refused by name, value and range."""
    with pytest.raises(ValueError, match=r"^the count from address 0 is 2001: it must be 1 to 2000$"):
        await device.read(ReadPlan(peer.endpoint, UNIT, 0, 2001, Table.COIL), timeout=ENOUGH_SECS)


@EVERY
def test_every_transport_works_under_uvloop(transport: Transport) -> None:
    """What works on asyncio's own loop works on the one that the operator runs on."""

    async def all_kinds() -> None:
        async with served(transport) as peer:
            devices = ModbusDevices(tls=trusting)
            device = devices.open(peer.endpoint)
            for ask in KINDS.values():
                await ask(device, peer, ENOUGH_SECS)
            await devices.close()
            assert peer.connections == 1

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(all_kinds(), 30))
