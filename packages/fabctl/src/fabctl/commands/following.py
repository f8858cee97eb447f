"""What the commands share that go on until somebody has seen enough."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fabctl.errors import FabctlError
from fabctl.render.screen import nobody_reads

T = TypeVar("T")

READER_SECS = 0.5
"""How long a reader may be gone before it is noticed."""


async def while_read(work: Coroutine[Any, Any, None]) -> None:
    """Work for as long as somebody reads: `fabctl events -w | head -3` is to end by itself.

    Raises:
        BrokenPipeError: Nobody does any more.
    """

    async def read() -> None:
        while True:
            if nobody_reads():
                raise BrokenPipeError
            await asyncio.sleep(READER_SECS)

    await beside(work, read())


async def beside(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things side by side until the first of them ends, or fails."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def again(look: Callable[[], Awaitable[T]], trouble: Callable[[str], None], interval: float) -> T:
    """Look again after the interval, and then until there is something to see.

    Args:
        look: Returns what there is to see.
        trouble: Told why there is nothing.
        interval: Seconds between two looks.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    while True:
        await _pause(interval)
        try:
            return await look()
        except FabctlError as error:
            trouble(str(error))


async def _pause(interval: float) -> None:
    """Wait for an interval, but no longer than somebody reads: `fabctl watch | head -3` is to end by itself."""
    ends = time.monotonic() + interval
    while (left := ends - time.monotonic()) > 0:
        if nobody_reads():
            raise BrokenPipeError
        await asyncio.sleep(min(left, READER_SECS))


async def until_signalled(work: Coroutine[Any, Any, None]) -> int:
    """Work until a signal ends it, and return the exit code for that; Ctrl-C is an exception, as everywhere."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    code = 0

    def leave(number: int) -> None:
        nonlocal code
        code = 128 + number
        if task is not None:
            task.cancel()

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, leave, number)
        except NotImplementedError:  # Windows' event loops have no such thing
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(leave, number))
    try:
        await work
    except asyncio.CancelledError:
        if not code:  # Ctrl-C
            raise
    return code
