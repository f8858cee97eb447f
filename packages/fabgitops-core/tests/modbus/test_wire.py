"""The TCP connection itself, on asyncio's loop and on the one that the operator runs on."""

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
import uvloop
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.device_errors import ConnectionLost
from fabgitops_core.modbus.addresses import Addresses
from fabgitops_core.modbus.connect import connect
from fabgitops_core.modbus.pool import ModbusDevice

from .asking import ENOUGH_SECS, begun, failing, read
from .peer import Hold, Peer, until

TIMEOUT_SECS = 0.05
REQUEST, REPLY = b"\0\1\0\0\0\6\7\3\0\0\0\1", b"\0\1\0\0\0\5\7\3\2\x09\xc4"

NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@LOOPS
def test_a_small_request_leaves_at_once(new_loop: NewLoop) -> None:
    """TCP_NODELAY is set: the kernel does not hold a request back until there is more to send."""

    async def nodelay(endpoint: Endpoint) -> bool:
        wire, _address = await connect(endpoint, endpoint, Addresses(), ENOUGH_SECS)
        assert wire._transport is not None
        connection = wire._transport.get_extra_info("socket")
        on = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        wire.drop()
        await asyncio.sleep(0)
        return bool(on)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener, asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(nodelay(Endpoint(*listener.getsockname())))


@LOOPS
def test_a_loop_that_is_late_blames_no_device(new_loop: NewLoop) -> None:
    """A reply that lies in the socket by the time a stalled loop goes on is taken, though its time is over by then."""
    stalled, answered = threading.Event(), threading.Event()
    poke, poked = socket.socketpair()

    def answer(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(len(REQUEST))
            poke.send(b"!")
            stalled.wait(ENOUGH_SECS)
            connection.sendall(REPLY)
            answered.set()
            connection.recv(1)

    def stall() -> None:
        # While one socket is being read, because after that a loop looks at its timers first, then at other sockets.
        asyncio.get_running_loop().remove_reader(poked)
        stalled.set()
        answered.wait(ENOUGH_SECS)
        time.sleep(2 * TIMEOUT_SECS)

    async def asked(endpoint: Endpoint) -> bytes:
        wire, _address = await connect(endpoint, endpoint, Addresses(), ENOUGH_SECS)
        asyncio.get_running_loop().add_reader(poked, stall)
        try:
            return await wire.ask(REQUEST, TIMEOUT_SECS)
        finally:
            wire.drop()
            await asyncio.sleep(0)

    with poke, poked, closing(socket.create_server(("127.0.0.1", 0))) as listener:
        device = threading.Thread(target=answer, args=(listener,), daemon=True)
        device.start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            assert runner.run(asked(Endpoint(*listener.getsockname()))) == REPLY
        device.join(ENOUGH_SECS)
        assert not device.is_alive()


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.EHOSTUNREACH])
async def test_a_connection_that_the_network_breaks_is_lost(device: ModbusDevice, peer: Peer, number: int) -> None:
    """What the kernel reports of a connection under a request is ConnectionLost and its reason, never a timeout."""
    hold = Hold()
    peer.script.append(hold)
    reading = await begun(read(device, peer))
    await hold.reached.wait()
    wire = device._session._line._wire
    assert wire is not None
    wire.connection_lost(OSError(number, "as the kernel reports it"))
    error = await failing(reading)
    assert type(error) is ConnectionLost
    what = "closed the connection before it answered the read of register 4001"
    assert str(error) == f"{peer.endpoint} unit 7 {what} ({os.strerror(number).lower()})"
    next(iter(peer.writers)).transport.abort()
    hold.release.set()
    await until(lambda: not peer.writers)
