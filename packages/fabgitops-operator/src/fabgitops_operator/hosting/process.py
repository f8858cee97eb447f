"""The process of an operator, whatever it runs on: its log, its event loop, and the exit code and line it ends with."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from fabgitops_operator.hosting.device_map import DeviceMapError
from fabgitops_operator.hosting.http import ListenError
from fabgitops_operator.hosting.log import configure
from fabgitops_operator.hosting.tracing import TracingUnavailable
from fabgitops_operator.settings import LogFormat, LogLevel
from fabgitops_operator.streams import complain

Expected = tuple[type[Exception], ...]


class Logging(Protocol):
    """What is set of any: how it logs."""

    @property
    def log_level(self) -> LogLevel:
        """From which level on."""

    @property
    def log_format(self) -> LogFormat:
        """In which shape."""


def performed(operating: Coroutine[Any, Any, None], settings: Logging, wrong: Expected, failed: Expected) -> int:
    """Run an operator to its end, and return the exit code; what is expected to go wrong is told in a line.

    Args:
        operating: The operator, or whatever else the process is for.
        settings: How it logs.
        wrong: What ends it with 2, for it was told what cannot be, besides a device map that is none.
        failed: What ends it with 1, besides a port that is taken and traces that cannot be made.
    """
    wrong, failed = (DeviceMapError, *wrong), (ListenError, TracingUnavailable, *failed)
    configure(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(operating)
    except wrong as error:
        complain(str(error))
        return 2
    except failed as error:
        complain(str(error))
        return 1
    except OSError:  # none is expected: not to be taken for output that cannot be written
        logging.getLogger(__name__).critical("ended by a fault of its own", exc_info=True)
        return 1
    return 0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where the platform has it: it halves the cost of a poll."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def told_to_stop() -> asyncio.Future[None]:
    """Return what is done when the process is told to stop, by SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return stopped
