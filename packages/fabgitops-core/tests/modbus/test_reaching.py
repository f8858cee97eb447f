"""Making a connection: what is reached, why it is not, and how a failure is shared."""

import asyncio
import socket
from contextlib import closing, suppress

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, ReadPlan
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.modbus import connect, reaching
from fabgitops_core.modbus.addresses import Addresses
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ENOUGH_SECS, UNIT, always, begun, failing, read, write
from .peer import Peer, until
from .serving import bound, peer_on


def _reading(device: ModbusDevice, endpoint: Endpoint, timeout: float = ENOUGH_SECS) -> "asyncio.Task[tuple[int, ...]]":
    return asyncio.create_task(device.read(ReadPlan(endpoint, UNIT, 0), timeout=timeout))


async def test_opening_a_share_does_no_io(device: ModbusDevice, peer: Peer) -> None:
    """A share connects when its first request is made, and not before."""
    await asyncio.sleep(0)
    assert peer.connections == 0
    assert await read(device, peer) == peer.registers[4001]
    assert peer.connections == 1


async def test_a_refused_connection_is_unreachable_and_names_the_endpoint(devices: ModbusDevices) -> None:
    """Where nobody listens, reads and writes end with Unreachable, always in the same words: nothing was sent."""
    with bound() as silent:
        endpoint = Endpoint(*silent.getsockname())
        device = devices.open(endpoint)
        reading = await failing(_reading(device, endpoint))
        writing = await failing(device.write(Change(endpoint, UNIT, 0, (1,)), timeout=ENOUGH_SECS, wanted=always))
    assert type(reading) is type(writing) is Unreachable
    assert not writing.maybe_done
    assert str(reading) == str(writing) == f"{endpoint} refused the connection"


@pytest.mark.parametrize("host", ["plc.invalid", "a..b", "x" * 70])
async def test_a_name_that_does_not_resolve_is_unreachable(devices: ModbusDevices, host: str) -> None:
    """A host name that has no address, or cannot be one, ends with Unreachable and is named."""
    endpoint = Endpoint(host, 502)
    error = await failing(_reading(devices.open(endpoint), endpoint))
    assert type(error) is Unreachable
    assert str(error).startswith(f"the host name {host!r} cannot be resolved: ")


async def test_a_host_name_is_resolved(devices: ModbusDevices, peer: Peer) -> None:
    """A device can be named by a host name, whichever of the name's addresses it listens on."""
    endpoint = Endpoint("localhost", peer.endpoint.port)
    assert await _reading(devices.open(endpoint), endpoint) == (peer.registers[0],)


def _ipv6() -> bool:
    try:
        with bound("::1"):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _ipv6(), reason="this machine has no IPv6 loopback")
async def test_an_ipv6_address_is_reached(devices: ModbusDevices) -> None:
    """A device can be reached at an IPv6 address, which is written in brackets."""
    with bound("::1") as listener:
        async with peer_on(listener) as peer:
            device = devices.open(peer.endpoint)
            assert await read(device, peer) == peer.registers[4001]
            device.close()
            await until(lambda: not peer.writers)
        error = await failing(_reading(devices.open(peer.endpoint), peer.endpoint))
    assert str(error) == f"[::1]:{peer.endpoint.port} refused the connection"


async def test_only_the_urgent_try_again_right_after_a_failed_connect(
    devices: ModbusDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed connect the others share the failure for a while without a try of their own; the urgent try."""
    monkeypatch.setattr(reaching, "FIRST_PAUSE_SECS", 60.0)
    monkeypatch.setattr(reaching, "MAX_PAUSE_SECS", 60.0)
    with bound() as listener:
        endpoint = Endpoint(*listener.getsockname())
        device = devices.open(endpoint)
        first = await failing(_reading(device, endpoint))
        async with peer_on(listener) as peer:
            assert str(await failing(read(device, peer, 1))) == str(first)
            assert peer.connections == 0
            assert await read(device, peer, 1, urgent=True) == peer.registers[1]
            for writer in list(peer.writers):
                writer.close()
            await until(lambda: not peer.writers)
            assert await read(device, peer, 2) == peer.registers[2], "a connection that was made ends the pause"


async def test_the_pause_after_a_failed_connect_passes(devices: ModbusDevices) -> None:
    """The pause is short: a device that has come up is read again without anything urgent."""
    with bound() as listener:
        endpoint = Endpoint(*listener.getsockname())
        device = devices.open(endpoint)
        await failing(_reading(device, endpoint))
        async with peer_on(listener) as peer:
            while not peer.connections:
                with suppress(Unreachable):
                    await _reading(device, endpoint)
                await asyncio.sleep(0.001)
            assert await read(device, peer, 1) == peer.registers[1]


async def test_a_connect_that_nobody_answers_ends_when_its_time_is_over(devices: ModbusDevices) -> None:
    """A host that does not even answer the connect is Unreachable once the time allowed is over."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as full, closing(socket.socket()) as filler:
        filler.connect(full.getsockname())  # the backlog is full now: the kernel leaves the next one unanswered
        endpoint = Endpoint(*full.getsockname())
        error = await failing(_reading(devices.open(endpoint), endpoint, timeout=0.05))
    assert type(error) is Unreachable
    assert str(error) == f"{endpoint} took no connection within 0.05 s"


async def test_a_name_server_that_does_not_answer_uses_up_the_time_to_connect(
    devices: ModbusDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time allowed for connecting is the time for finding the address as well."""

    async def never(*_args: object, **_more: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    endpoint = Endpoint("plc.example", 502)
    error = await failing(_reading(devices.open(endpoint), endpoint, timeout=0.05))
    assert type(error) is Unreachable
    assert str(error) == "plc.example:502 took no connection within 0.05 s"


async def test_closing_everything_ends_a_connect_that_nobody_answers(devices: ModbusDevices) -> None:
    """Closing does not wait for a connect: its request ends with Unreachable at once."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as full, closing(socket.socket()) as filler:
        filler.connect(full.getsockname())
        endpoint = Endpoint(*full.getsockname())
        device = devices.open(endpoint)
        reading = await begun(device.read(ReadPlan(endpoint, UNIT, 0), timeout=3600))
        await devices.close()
        assert reading.done()
    assert str(await failing(reading)) == f"the connection to {endpoint} was given up"


async def test_a_write_to_a_device_that_is_away_is_not_done_later(device: ModbusDevice, peer: Peer) -> None:
    """A connection that the peer closes while idle costs a write nothing: it is sent once, on a new connection."""
    await read(device, peer)
    for writer in list(peer.writers):
        writer.close()
    await until(lambda: not peer.writers)
    await write(device, peer, 9)
    assert peer.writes == [(4001, (9,))]
    assert peer.connections == 2


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
async def test_what_the_network_does_not_take_is_not_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system gives up what a device has not taken for a while, so that it does not arrive when nobody wants it."""
    monkeypatch.setattr(connect, "UNDELIVERED_SECS", 0.3)
    with bound() as deaf:
        deaf.listen()
        endpoint = Endpoint(*deaf.getsockname())
        wire, _address = await connect.connect(endpoint, endpoint, Addresses(), ENOUGH_SECS)
        waiting = asyncio.create_task(wire.ask(bytes(10_000_000), ENOUGH_SECS))
        with pytest.raises(ConnectionError):
            await waiting
        assert not wire.usable
