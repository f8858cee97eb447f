"""The TCP connection itself, on asyncio's loop and on the one that the operator runs on."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
import uvloop
from fabgitops_core.control.requests import Endpoint
from fabgitops_core.modbus.connect import connect

from .asking import ENOUGH_SECS

TIMEOUT_SECS = 0.05
REQUEST, REPLY = b"\0\1\0\0\0\6\7\3\0\0\0\1", b"\0\1\0\0\0\5\7\3\2\x09\xc4"

NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@LOOPS
def test_a_small_request_leaves_at_once(new_loop: NewLoop) -> None:
    """TCP_NODELAY is set: the kernel does not hold a request back until there is more to send."""

    async def nodelay(endpoint: Endpoint) -> bool:
        wire = await connect(endpoint)
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
    answered = threading.Event()

    def answer(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(len(REQUEST))
            connection.sendall(REPLY)
            answered.set()
            connection.recv(1)

    def stall() -> None:
        answered.wait(ENOUGH_SECS)
        time.sleep(2 * TIMEOUT_SECS)

    async def asked(endpoint: Endpoint) -> bytes:
        wire = await connect(endpoint)
        asking = asyncio.create_task(wire.ask(REQUEST, TIMEOUT_SECS))
        asyncio.get_running_loop().call_soon(stall)
        try:
            return await asking
        finally:
            wire.drop()
            await asyncio.sleep(0)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        device = threading.Thread(target=answer, args=(listener,), daemon=True)
        device.start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            assert runner.run(asked(Endpoint(*listener.getsockname()))) == REPLY
        device.join(ENOUGH_SECS)
        assert not device.is_alive()
