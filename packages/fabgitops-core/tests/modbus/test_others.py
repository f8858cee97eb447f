"""Against a server that is not ours, what a refusal is, and under the loop that the operator runs on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop
from fabgitops_core.control.plc.requests import Change, Endpoint, IdentityPlan, ReadPlan, Transport, WriteFunction
from fabgitops_core.engine.device_errors import ConnectionLost, NoReply, Refused, Unreachable
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices
from pymodbus import FramerType, ModbusDeviceIdentification
from pymodbus.server import ModbusTcpServer, ModbusTlsServer, ModbusUdpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from .asking import ENOUGH_SECS, READS, WRITES, Ask, always, begun, failing, read, write
from .peer import Hold, Peer, reframed, sending, silently, until
from .serving import bound, peer_on, server_tls


@asynccontextmanager
async def _serving(server: ModbusTcpServer | ModbusUdpServer) -> AsyncIterator[int]:
    await server.serve_forever(background=True)
    transport = cast(Any, server.transport)
    listening = transport.get_extra_info("socket") if isinstance(server, ModbusUdpServer) else transport.sockets[0]
    try:
        yield listening.getsockname()[1]
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it without annotations


def _simulated() -> SimDevice:
    """Return unit 3 with 200 registers, each holding 17."""
    registers = SimData(0, count=200, values=17, datatype=DataType.REGISTERS)
    return SimDevice(3, simdata=[registers])


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """Where pymodbus's server serves it over TCP."""
    async with _serving(ModbusTcpServer(_simulated(), address=("127.0.0.1", 0))) as port:
        yield Endpoint("127.0.0.1", port)


@pytest.mark.parametrize("transport", list(Transport))
async def test_pymodbus_server_is_reached_over_every_transport(devices: ModbusDevices, transport: Transport) -> None:
    """A server that we did not write is read, written, masked and identified, whatever carries the requests."""
    address = ("127.0.0.1", 0)
    who = ModbusDeviceIdentification(  # type: ignore[no-untyped-call]  # pymodbus leaves it without annotations
        info_name={"VendorName": "ACME", "ProductCode": "X1", "MajorMinorRevision": "1.2"}
    )
    made: dict[Transport, Callable[[], ModbusTcpServer | ModbusUdpServer]] = {
        Transport.TCP: lambda: ModbusTcpServer(_simulated(), address=address, identity=who),
        Transport.RTU_OVER_TCP: lambda: ModbusTcpServer(
            _simulated(), address=address, identity=who, framer=FramerType.RTU
        ),
        Transport.TLS: lambda: ModbusTlsServer(_simulated(), address=address, identity=who, sslctx=server_tls()),
        Transport.UDP: lambda: ModbusUdpServer(_simulated(), address=address, identity=who),
    }
    async with _serving(made[transport]()) as port:
        endpoint = Endpoint("127.0.0.1", port, transport)
        device = devices.open(endpoint)
        words = tuple(range(1000, 1123))
        for change in (
            Change(endpoint, 3, 5, (65535,)),
            Change(endpoint, 3, 6, words),
            Change(endpoint, 3, 5, (0x0F00,), function=WriteFunction.MASK, mask=0xFF00),
        ):
            await device.write(change, timeout=ENOUGH_SECS, wanted=always)
        assert await device.read(ReadPlan(endpoint, 3, 4, 125), timeout=ENOUGH_SECS) == (17, 0x0FFF, *words)
        identity = await device.identify(IdentityPlan(endpoint, 3), timeout=ENOUGH_SECS)
        assert identity.objects == {0: "ACME", 1: "X1", 2: "1.2"}


async def test_pymodbus_server_is_read_and_written(devices: ModbusDevices, endpoint: Endpoint) -> None:
    """A server that we did not write takes one word (FC06) and the most words (FC16) and gives them back (FC03)."""
    device = devices.open(endpoint)
    assert await device.read(ReadPlan(endpoint, 3, 0, 125), timeout=ENOUGH_SECS) == (17,) * 125
    await device.write(Change(endpoint, 3, 5, (65535,)), timeout=ENOUGH_SECS, wanted=always)
    words = tuple(range(1000, 1123))
    await device.write(Change(endpoint, 3, 6, words), timeout=ENOUGH_SECS, wanted=always)
    assert await device.read(ReadPlan(endpoint, 3, 4, 125), timeout=ENOUGH_SECS) == (17, 65535, *words)


@pytest.mark.parametrize("values", [(1,), (1, 2)])
async def test_pymodbus_server_refuses_an_address_it_lacks(
    devices: ModbusDevices, endpoint: Endpoint, values: tuple[int, ...]
) -> None:
    """Exception 02 of a server that we did not write is a refusal with code 2, of readings and of writes."""
    device = devices.open(endpoint)
    reading = await failing(device.read(ReadPlan(endpoint, 3, 199, 2), timeout=ENOUGH_SECS))
    writing = await failing(device.write(Change(endpoint, 3, 300, values), timeout=ENOUGH_SECS, wanted=always))
    for error, what in ((reading, "the read of registers 199 to 200"), (writing, "the write of register")):
        assert isinstance(error, Refused)
        assert error.code == 2
        assert f"{endpoint} unit 3 answered {what}" in str(error)
        assert str(error).endswith("with exception 02 (illegal data address)")


@pytest.mark.parametrize("ask", (READS | WRITES).values(), ids=READS | WRITES)
@pytest.mark.parametrize(
    ("code", "name", "maybe_done"),
    [
        (5, "acknowledge", True),
        (6, "server device busy", False),
        (11, "gateway target", True),
        (255, "not in the", False),
    ],
)
async def test_an_exception_is_a_refusal_and_keeps_the_connection(
    device: ModbusDevice, peer: Peer, ask: Ask, code: int, name: str, maybe_done: bool
) -> None:
    """An exception raises Refused with its code and name; it was an answer, so the connection stays."""
    peer.script.append(sending(lambda reply: reframed(reply, bytes([reply[7] | 0x80, code]))))
    error = await failing(ask(device, peer, ENOUGH_SECS))
    assert isinstance(error, Refused)
    assert error.code == code
    assert error.maybe_done is maybe_done
    assert f"with exception {code:02X} ({name}" in str(error)
    await ask(device, peer, ENOUGH_SECS)
    assert (peer.connections, len(peer.requests)) == (1, 2)


async def _through_the_mill() -> None:
    with bound() as listener:
        devices = ModbusDevices()
        endpoint = Endpoint(*listener.getsockname())
        device = devices.open(endpoint)
        refused = device.write(Change(endpoint, 7, 0, (1,)), timeout=ENOUGH_SECS, wanted=always)
        assert type(await failing(refused)) is Unreachable
        async with peer_on(listener) as peer:
            await write(device, peer, 9)
            assert await read(device, peer) == 9
            peer.script.append(silently)
            assert type(await failing(read(device, peer, timeout=0.05))) is NoReply
            hold = Hold()
            peer.script.append(hold)
            left = await begun(read(device, peer))
            await hold.reached.wait()
            left.cancel()
            hold.release.set()
            assert await read(device, peer, 1) == peer.registers[1]
            for writer in list(peer.writers):
                writer.close()
            await until(lambda: not peer.writers)
            assert await read(device, peer, 2) == peer.registers[2]
            hold = Hold(silently)
            peer.script.append(hold)
            last = await begun(read(device, peer))
            await hold.reached.wait()
            await devices.close()
            assert last.done()
            assert type(await failing(last)) is ConnectionLost
            hold.release.set()
            await until(lambda: not peer.writers)
            assert peer.writes == [(4001, (9,))]


def test_it_is_the_same_under_uvloop() -> None:
    """What holds on asyncio's own loop holds on uvloop: refusal, silence, cancelling, idle close, closing."""
    unheard: list[str] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.get_loop().set_exception_handler(lambda _loop, context: unheard.append(str(context)))
        # A limit of its own: the signal by which pytest ends a test does not get through uvloop while it waits.
        runner.run(asyncio.wait_for(_through_the_mill(), 30))
    assert unheard == []
