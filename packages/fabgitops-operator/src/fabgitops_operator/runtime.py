"""The operator put together: what starts, in which order it stops."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.kinds import controllers
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.modbus.route import straight

from fabgitops_operator.announce import Announcer
from fabgitops_operator.device_map import DeviceMap
from fabgitops_operator.hearing import Hearing, Scope
from fabgitops_operator.http import serving
from fabgitops_operator.inventory import Inventory
from fabgitops_operator.kube import Kube, KubeError
from fabgitops_operator.lease.place import lease_of
from fabgitops_operator.login import load_access
from fabgitops_operator.metrics import Metrics
from fabgitops_operator.report import Reporter
from fabgitops_operator.secrets import SecretTls
from fabgitops_operator.settings import Settings
from fabgitops_operator.start import catch_up, first_listing, settle_memory, unless, warn_of_empty
from fabgitops_operator.sweep import Sweep
from fabgitops_operator.tracing import tracing
from fabgitops_operator.watch import Watch

FLUSH_SECS = 5.0
"""How long a stop waits for statuses and Events on their way."""

log = logging.getLogger(__name__)


class _Host:
    """Stands in for the reporter, which needs the inventory, which needs the engine, which needs a host."""

    reporter: Reporter

    def publish(self, key: Key, status: ApiModel) -> None:
        self.reporter.publish(key, status)

    def pending(self, key: Key) -> bool:
        return self.reporter.pending(key)

    def echoed(self, key: Key, uid: str, version: int, digest: bytes) -> bool:
        return self.reporter.echoed(key, uid, version, digest)

    async def stored(self, key: Key, limit: float) -> Stored:
        return await self.reporter.stored(key, limit)

    def notice(self, key: Key, notice: Notice) -> None:
        self.reporter.notice(key, notice)

    def forget(self, uid: str) -> None:
        self.reporter.forget(uid)


async def operate(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        DeviceMapError: The device map cannot be used.
        KubeError: The API server cannot be reached, or refuses what the operator needs.
        LeaseLostError: Another operator has taken the Lease.
        LeaseRefusedError: The API server does not let us have one.
        NotInstalledError: No kind is installed.
        ListenError: The metrics port cannot be listened on.
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    log.info(await _operated(settings))  # the last word, when the Lease is released and all is closed
    # Whoever tells to stop twice must not end, by the second, what is over but for the interpreter.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))


async def _operated(settings: Settings) -> str:
    """Run as `operate` says, and return what is to be said of the end."""
    route = DeviceMap(settings.device_map) if settings.device_map else straight
    access = load_access()
    told_to_stop = asyncio.Event()
    _take_signals(told_to_stop)
    metrics = Metrics()
    host = _Host()
    async with AsyncExitStack() as stack:
        deciding = controllers(settings.settle_secs)
        kube = Kube(access, [controller.kind for controller in deciding])
        stack.push_async_callback(kube.close)
        observer = await stack.enter_async_context(tracing(settings.otlp_endpoint, metrics))
        engine = Engine(ModbusDevices(metrics.request, SecretTls(kube), route), host, observer)
        metrics.watch_breakers(engine.circuits.troubled, asyncio.get_running_loop().time)
        metrics.watch_readings(engine.readings)
        announcer = Announcer(kube, metrics)
        inventory = Inventory(engine, host.forget, host.echoed)
        announcer.uid = inventory.uid
        lease = lease_of(settings, kube)
        metrics.watch_lease(str(lease), lambda: lease.held)
        engine.holds.ask("lease", lease.why_not)
        host.reporter = Reporter(kube, announcer, metrics, inventory, lease.may_have_passed)
        hearing = Hearing(_scopes(deciding, settings.namespace), settings.deaf_secs)
        metrics.watch_hearing(hearing.kinds_up)
        sweep = Sweep(kube, inventory, hearing, deciding)
        reasons = ["starting: not everything is listed yet"]
        port = await stack.enter_async_context(
            serving(
                metrics.registry,
                settings.metrics_bind,
                settings.metrics_port,
                lambda: lease.why_not() or "".join(reasons) or hearing.not_ready(),
            )
        )
        log.info("metrics and probes on port %d", port)
        stack.push_async_callback(lease.release)  # after the last write
        await unless(told_to_stop, lease.acquire())
        stack.push_async_callback(_end_polling, engine, host.reporter, announcer, settings.grace_secs)
        engine.holds.put("listing", "not everything is listed yet")  # polls begin with the first listing
        if not told_to_stop.is_set():
            await unless(told_to_stop, first_listing(sweep))
        if told_to_stop.is_set():
            return "stopped before everything was listed"
        reasons.clear()
        settle_memory()
        watch = Watch(access, hearing, inventory, deciding, settings.namespace, lambda: _take_signals(told_to_stop))
        await stack.enter_async_context(watch.running())
        log.info("looking after %d resource(s)", len(engine))
        warn_of_empty(settings.namespace, engine)
        # The watch goes on while corrections in hand end, and takes what is still under way with it when it ends.
        stack.push_async_callback(_end_polling, engine, host.reporter, announcer, settings.grace_secs)
        await unless(told_to_stop, catch_up(sweep, hearing))
        if not told_to_stop.is_set():
            engine.holds.lift("listing")
        hold = partial(_hold_while_deaf, engine, hearing, inventory)
        async with _sweeping(sweep, metrics, settings.resync_secs, hold):
            await unless(told_to_stop, lease.lost())
        log.info("stopping")
    return "stopped"


def _scopes(deciding: Sequence[Controller[Any]], namespaces: Sequence[str]) -> list[Scope]:
    return [Scope(controller.kind, name) for controller in deciding for name in namespaces or (None,)]


def _take_signals(told_to_stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT tell to stop; to be told again changes nothing."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)


async def _end_polling(engine: Engine, reporter: Reporter, announcer: Announcer, grace_secs: float) -> None:
    """Let writes in hand end, then tell all that is left to tell; to be done again changes nothing."""
    await engine.stop(grace_secs)
    await reporter.close(FLUSH_SECS)
    await announcer.close(FLUSH_SECS)


@asynccontextmanager
async def _sweeping(sweep: Sweep, metrics: Metrics, interval: float, hold: Callable[[], None]) -> AsyncIterator[None]:
    """List everything each `interval` seconds, and see after each listing whether writes must wait."""
    clock = asyncio.get_running_loop().time
    counted = float("-inf")

    def told(errors: Collection[KubeError]) -> None:
        nonlocal counted
        if errors and clock() - counted >= interval:  # as often as without the listings that a watch that is down needs
            counted = clock()
            metrics.api_write("listing", next(iter(errors)).reason)
        hold()

    task = asyncio.get_running_loop().create_task(sweep.forever(interval, told))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _hold_while_deaf(engine: Engine, hearing: Hearing, inventory: Inventory) -> None:
    """Let no write go out while nobody can tell us whether it is still wanted."""
    why = hearing.hold(lambda scope: inventory.any(scope.kind.name, scope.namespace))
    if why:
        engine.holds.put("watch", why)
    else:
        engine.holds.lift("watch")
