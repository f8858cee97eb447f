"""Runs mock PLCs until they are told to end: serves them and their control API, and says what happens."""

import asyncio
import importlib
import logging
import secrets
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass

from mock_plc.control.address import Address
from mock_plc.errors import UsageError
from mock_plc.faults.model import Fault
from mock_plc.memory import Plc
from mock_plc.net import tell
from mock_plc.net.listen import ListenError, endpoint, listening
from mock_plc.net.station import OK, Station
from mock_plc.net.transport import Transport
from mock_plc.rate import telling
from mock_plc.wire.pdu import WRITES

log = logging.getLogger("mock_plc")

_LAST_PORT = 65535
_TRIES, _LOWEST, _HIGHEST = 20, 10_000, 32_767
"""How often a row of free ports is looked for, and where: below those that systems hand out one by one."""
_FILES = 1 << 17
"""Open files that are enough for a PLC at each port and a connection to each."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How PLCs are served. `holding` says what each holds, `token` is the control API's, `notes` are told at first.

    `beside` is entered when all listen, at which ports it is told, and left before any of them ends; what it yields is
    told. Several say how many requests a second they serve if it `tells_rate`.
    """

    host: str
    port: int
    holding: str
    transport: Transport = Transport.TCP
    tls: ssl.SSLContext | None = None
    faults: Sequence[Fault] = ()
    seed: int = 0
    control: Address | None = None
    token: str | None = None
    verbose: bool = False
    notes: Sequence[str] = ()
    tells_rate: bool = True
    beside: Callable[[Sequence[int]], AbstractContextManager[Iterable[str]]] = lambda _ports: nullcontext(())


def serve(plcs: Sequence[Plc], settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, each PLC at a port of its own, the first at the one that is set.

    Raises:
        ListenError: The address, or one of the ports, cannot be listened on.
        ControlError: The control API cannot be served.
        UsageError: A fault has no effect on the transport.
    """
    try:
        stations = [_station(plc, settings, f"{settings.seed}/{number}") for number, plc in enumerate(plcs)]
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    serve_stations(stations, settings)


def serve_stations(stations: Sequence[Station], settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, as `serve` does; transport, faults and seed are the stations' own.

    Raises:
        ListenError: The address, or one of the ports, cannot be listened on.
        ControlError: The control API cannot be served.
    """
    if len(stations) > 1 and not settings.verbose:
        logging.getLogger("mock_plc.moves").setLevel(logging.WARNING)  # a thousand that drift would drown all else
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(stations, settings))
    reads, writes = answered(stations)
    log.info(
        "ended after %d reads, %d writes, %d drifts", reads, writes, sum(station.plc.drifts for station in stations)
    )


def _station(plc: Plc, settings: Settings, seed: str) -> Station:
    observe = tell if settings.verbose else None
    return Station(plc, settings.faults, transport=settings.transport, seed=seed, observe=observe)


def answered(stations: Sequence[Station]) -> tuple[int, int]:
    """Return how many reads and writes were answered well; one that does both is a write."""
    reads = writes = 0
    for station in stations:
        for (function, result), number in station.counters.items():
            writes += number if result == OK and function in WRITES else 0
            reads += number if result == OK and function not in WRITES else 0
    return reads, writes


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes uvloop's event loops where it is installed: they serve more requests with less."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _run(stations: Sequence[Station], settings: Settings) -> None:
    ended = asyncio.Event()
    _on_signals(ended.set)
    control = _control(stations, settings)
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(_all_listening(stations, settings))
        each = f"{len(ports)} PLCs, each " if len(ports) > 1 else ""
        log.info("listening on %s, %s%s", _where(settings.host, ports), each, settings.holding)
        for note in settings.notes:
            log.info("%s", note)
        if control:
            log.info("control API on http://%s", await stack.enter_async_context(control))
        for note in stack.enter_context(settings.beside(ports)):
            log.info("%s", note)
        if len(stations) > 1 and settings.tells_rate:
            await stack.enter_async_context(telling(stations))
        await ended.wait()


def _on_signals(act: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, act)
        except NotImplementedError:  # Windows' event loops have no such thing
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


def _control(stations: Sequence[Station], settings: Settings) -> AbstractAsyncContextManager[Address] | None:
    """Return the control API, if it is asked for, still to be entered: its HTTP library is slow to import."""
    if settings.control is None:
        return None
    from mock_plc.control.server import controlling  # noqa: PLC0415

    return controlling(stations, settings.control, settings.token)


def _where(host: str, ports: Sequence[int]) -> str:
    return endpoint(host, ports[0]) + (f"-{ports[-1]}" if len(ports) > 1 else "")


@asynccontextmanager
async def _all_listening(stations: Sequence[Station], settings: Settings) -> AsyncIterator[list[int]]:
    """Serve stations at ports in a row, and yield those; port 0 takes a row that is free."""
    _allow_files()
    tries = _TRIES if settings.port == 0 and len(stations) > 1 else 1
    for left in reversed(range(tries)):
        async with AsyncExitStack() as stack:
            try:
                ports = await _row(stack, stations, settings)
            except ListenError:
                if not left:
                    raise
                continue
            yield ports
            return


async def _row(stack: AsyncExitStack, stations: Sequence[Station], settings: Settings) -> list[int]:
    anywhere = settings.port == 0 and len(stations) > 1
    first = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST - len(stations)) if anywhere else settings.port
    ports: list[int] = []
    for station in stations:
        port = ports[-1] + 1 if ports else first
        if port > _LAST_PORT:
            raise ListenError(f"cannot listen on port {port}: the last one is {_LAST_PORT}; serve fewer PLCs (--count)")
        tls = settings.tls if station.transport is Transport.TLS else None
        ports.append(await stack.enter_async_context(listening(station, settings.host, port, tls=tls)))
    return ports


def _allow_files() -> None:
    """Allow as many open files as the machine lets this user, within reason: each PLC and each connection is one."""
    if sys.platform != "win32":  # which has no such limit
        import resource  # noqa: PLC0415 - only where there is one

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
