"""A host name with several addresses: none uses up the time of the others, and the one that answers is remembered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any

import pytest
import uvloop
from fabgitops_core.control.plc.requests import Endpoint, Link, ReadPlan, TlsRef, Transport
from fabgitops_core.engine.device_errors import NoReply, Unreachable
from fabgitops_core.modbus.pool import ModbusDevices

from .asking import UNIT, failing
from .conftest import trusting
from .peer import Peer, until
from .serving import bound, peer_on, udp_peer

ENOUGH_SECS = 30.0
FIRST, SECOND = "127.0.0.2", "127.0.0.1"
NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


def run(new_loop: NewLoop, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Tell a story on a loop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(story(), ENOUGH_SECS))


def named(*addresses: str) -> None:
    """Let every host name have these addresses."""

    async def found(_host: str, port: int, **_kind: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    asyncio.get_running_loop().getaddrinfo = found  # type: ignore[method-assign, assignment]


@contextmanager
def swallowing(host: str, port: int) -> Iterator[None]:
    """Swallow connects at an address, as a firewall or a route that leads nowhere does: nothing comes back."""
    with closing(socket.socket()) as full, closing(socket.socket()) as filler:
        full.bind((host, port))
        full.listen(0)
        filler.connect((host, port))  # the backlog is full now
        yield


@asynccontextmanager
async def opened(transport: Transport = Transport.TCP) -> AsyncIterator[tuple[ModbusDevices, Peer, Endpoint]]:
    """Yield a pool, a device at the second address, and how it is named."""
    devices = ModbusDevices(tls=trusting)
    with bound(SECOND) as listener:
        async with peer_on(listener, transport) as peer:
            try:
                yield devices, peer, Endpoint("plc.plant", peer.endpoint.port, transport)
            finally:
                await devices.close()


@LOOPS
def test_a_silent_address_does_not_use_up_the_time_of_the_next(new_loop: NewLoop) -> None:
    """An address that swallows connects costs a moment, and the next one is reached within the same request."""

    async def story() -> None:
        async with opened() as (devices, peer, endpoint):
            named(FIRST, SECOND)
            with swallowing(FIRST, endpoint.port):
                words = await devices.open(endpoint).read(ReadPlan(endpoint, UNIT, 5), timeout=2.0)
            assert words == (peer.registers[5],)

    run(new_loop, story)


@LOOPS
def test_the_address_that_answered_is_the_first_next_time(new_loop: NewLoop) -> None:
    """What took no connection is not tried again while the other is there, and its half-made connection is closed."""

    async def story() -> None:
        async with opened(Transport.TLS) as (devices, peer, endpoint):
            named(FIRST, SECOND)
            ended: list[bool] = []

            async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                ended.append(False)
                await reader.read()  # to the end: it never says a word of TLS
                ended[-1] = True
                writer.close()

            server = await asyncio.start_server(mute, FIRST, endpoint.port)
            device = devices.open(endpoint, Link(tls=TlsRef(server_name=SECOND)))
            for _ in range(3):
                assert await device.read(ReadPlan(endpoint, UNIT, 5), timeout=2.0) == (peer.registers[5],)
                for writer in list(peer.writers):
                    writer.close()
                await until(lambda: not peer.writers)
            await until(lambda: ended == [True])
            assert peer.connections == 3
            server.close()

    run(new_loop, story)


@LOOPS
def test_a_refused_address_is_passed_at_once(new_loop: NewLoop) -> None:
    """Where one address refuses and the next takes the connection, nobody hears of the first."""

    async def story() -> None:
        async with opened() as (devices, peer, endpoint):
            named(FIRST, SECOND)
            words = await devices.open(endpoint).read(ReadPlan(endpoint, UNIT, 5), timeout=2.0)
            assert words == (peer.registers[5],)

    run(new_loop, story)


@LOOPS
def test_when_none_answers_the_first_one_s_reason_is_told(new_loop: NewLoop) -> None:
    """All addresses together have the time that one would have; who refuses is named before who is silent."""

    async def story() -> None:
        devices = ModbusDevices()
        with bound(SECOND) as refusing:
            endpoint = Endpoint("plc.plant", refusing.getsockname()[1])
            named(FIRST, SECOND)
            device = devices.open(endpoint)
            error = await failing(device.read(ReadPlan(endpoint, UNIT, 5), timeout=2.0))
            assert str(error) == f"{endpoint} refused the connection"
            with swallowing(FIRST, endpoint.port):
                error = await failing(device.read(ReadPlan(endpoint, UNIT, 5), timeout=0.2, urgent=True))
            assert type(error) is Unreachable
            assert str(error) == f"{endpoint} took no connection within 0.2 s"
        await devices.close()

    run(new_loop, story)


@LOOPS
def test_over_udp_the_next_address_has_its_chance(new_loop: NewLoop) -> None:
    """UDP has no connect that could fail: after a request that was not answered the next address is asked."""

    async def story() -> None:
        devices = ModbusDevices()
        async with udp_peer() as peer:
            endpoint = Endpoint("plc.plant", peer.endpoint.port, Transport.UDP)
            named(FIRST, SECOND)
            with closing(socket.socket(type=socket.SOCK_DGRAM)) as deaf:
                deaf.bind((FIRST, endpoint.port))
                device = devices.open(endpoint)
                assert type(await failing(device.read(ReadPlan(endpoint, UNIT, 5), timeout=0.05))) is NoReply
                assert await device.read(ReadPlan(endpoint, UNIT, 5), timeout=2.0) == (peer.registers[5],)
            await devices.close()

    run(new_loop, story)


@LOOPS
@pytest.mark.parametrize("name", [".plc.example", "a" * 64, "plc..example", "pl\0c", "x" * 300])
def test_a_name_that_cannot_be_is_told_and_not_a_fault_of_ours(new_loop: NewLoop, name: str) -> None:
    """What Python's ssl and its IDNA codec refuse, as a name in a certificate or of a host, ends with Unreachable."""

    async def story() -> None:
        async with opened(Transport.TLS) as (devices, peer, _endpoint):
            device = devices.open(peer.endpoint, Link(tls=TlsRef(server_name=name)))
            errors = [
                await failing(device.read(ReadPlan(peer.endpoint, UNIT, 5), timeout=2.0, urgent=True)) for _ in range(2)
            ]
            other = Endpoint(name, peer.endpoint.port)
            errors.append(await failing(devices.open(other).read(ReadPlan(other, UNIT, 5), timeout=2.0)))
            assert {type(error) for error in errors} == {Unreachable}
            assert str(errors[0]) == str(errors[1])
            assert str(errors[0]).startswith(f"{peer.endpoint} cannot be reached")

    run(new_loop, story)
