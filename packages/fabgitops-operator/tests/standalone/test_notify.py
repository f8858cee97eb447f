"""What the service manager is told, on real sockets."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from fabgitops_operator.standalone.notify import Notify, feed


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Return the socket of a service manager, at `tmp_path / "notify"`."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def told(manager: socket.socket) -> list[str]:
    """Return every datagram that has come."""
    came = []
    while True:
        try:
            came.append(manager.recv(4096).decode())
        except BlockingIOError:
            return came


def notify(manager: socket.socket, **more: str) -> Notify:
    """Return what tells that manager, in the environment that it gives a service."""
    return Notify({"NOTIFY_SOCKET": manager.getsockname(), **more})


def test_start_news_and_end_are_told(manager: socket.socket) -> None:
    """The manager hears of the start, of how things are in one line, and of the end."""
    telling = notify(manager)
    telling.ready("looking after\n2 PLCs")
    telling.status("revision abc")
    telling.stopping()
    assert told(manager) == [
        "READY=1\nSTATUS=looking after 2 PLCs",
        "STATUS=revision abc",
        "STOPPING=1\nSTATUS=stopping",
    ]


def test_an_abstract_socket_is_reached() -> None:
    """A name that begins with @ is one of the abstract namespace of Linux."""
    name = f"fabgitops-{secrets.token_hex(8)}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(f"\0{name}")
        Notify({"NOTIFY_SOCKET": f"@{name}"}).ready("here")
        assert listening.recv(4096) == b"READY=1\nSTATUS=here"


def test_nobody_has_to_listen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a manager nothing is said; one that is gone is told of in the log, and raises nothing."""
    Notify({}).ready("alone")
    assert not caplog.records
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("alone")
    assert "the service manager was not told READY=1" in caplog.text


def test_a_manager_that_does_not_read_keeps_nobody_waiting(manager: socket.socket) -> None:
    """A queue that is full is no reason for the event loop to stand still."""
    telling = notify(manager)
    for _ in range(10_000):
        telling.alive()
    assert told(manager)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "30000000"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0),
        ({"WATCHDOG_USEC": "nonsense"}, 0),
    ],
)
def test_the_watchdog_is_that_of_this_process(environment: dict[str, str], seconds: float) -> None:
    """A watchdog that is for another process, or for nobody, is none."""
    assert Notify(environment).watchdog_secs == seconds


@asynccontextmanager
async def fed(telling: Notify, answered: Callable[[], Awaitable[object]]):  # type: ignore[no-untyped-def]
    """Feed the watchdog while the block runs."""
    task = asyncio.create_task(feed(telling, answered))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object]) -> None:
    """Wait for something to be true."""
    while not true():
        await asyncio.sleep(0.005)


async def answering() -> None:
    """Be a store that is well."""


async def test_it_is_fed_while_all_is_well(manager: socket.socket) -> None:
    """While the loop keeps its times and the store answers, the watchdog is fed again and again."""
    async with fed(notify(manager, WATCHDOG_USEC="200000"), answering):
        for _ in range(3):
            while not (came := told(manager)):
                await asyncio.sleep(0.005)
            assert set(came) == {"WATCHDOG=1"}


async def test_a_store_that_is_silent_does_not_feed_it(
    manager: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that never answers is a reason to be begun anew: the watchdog hears nothing."""
    async with fed(notify(manager, WATCHDOG_USEC="40000"), asyncio.Event().wait):
        await until(lambda: len(caplog.records) >= 3)
    assert "not fed: the store has not answered" in caplog.text
    assert told(manager) == []


async def test_a_store_that_answers_with_an_error_has_answered(manager: socket.socket) -> None:
    """A full disk is no reason to be ended: what is known is still polled and corrected."""

    async def full() -> None:
        raise OSError("no space left on device")

    async with fed(notify(manager, WATCHDOG_USEC="200000"), full):
        await until(lambda: told(manager))


async def test_a_loop_that_is_late_does_not_feed_it(manager: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    """A loop that stands still for longer than its part is told of, and the watchdog hears nothing for that."""
    caplog.set_level(logging.ERROR)
    async with fed(notify(manager, WATCHDOG_USEC="400000"), answering):
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 - that is what is tried
        await until(lambda: caplog.records)
        assert "not fed: the event loop is" in caplog.text
        assert told(manager) == []
