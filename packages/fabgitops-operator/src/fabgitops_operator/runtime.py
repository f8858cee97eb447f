"""The operator put together: what starts, in which order it stops."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.kinds import controllers
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.modbus.pool import ModbusDevices
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from fabgitops_operator.announce import Announcer
from fabgitops_operator.http import serving
from fabgitops_operator.inventory import Inventory
from fabgitops_operator.kube import Gone, Kube, KubeError, Unavailable, load_config
from fabgitops_operator.lease.place import AnyLease, lease_of
from fabgitops_operator.metrics import Metrics
from fabgitops_operator.report import Reporter
from fabgitops_operator.secrets import SecretTls
from fabgitops_operator.settings import Settings
from fabgitops_operator.sweep import Sweep
from fabgitops_operator.tracing import tracing
from fabgitops_operator.watch import watch, watching

START_SECS = 60.0
"""How long a start waits for an API server that is away."""

FLUSH_SECS = 5.0
"""How long a stop waits for statuses and Events on their way."""

log = logging.getLogger(__name__)


class NotInstalledError(Exception):
    """A kind is not there: its text says how to install it."""


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
        KubeError: The API server cannot be reached, or refuses what the operator needs.
        LeaseLostError: Another operator has taken the Lease.
        LeaseRefusedError: The API server does not let us have one.
        NotInstalledError: A kind is not installed.
        ListenError: The metrics port cannot be listened on.
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    config = load_config()
    told_to_stop = asyncio.Event()
    _take_signals(told_to_stop)
    metrics = Metrics()
    host = _Host()
    async with AsyncExitStack() as stack:
        deciding = controllers(settings.settle_secs)
        kube = Kube(config, [controller.kind for controller in deciding])
        stack.push_async_callback(kube.close)
        observer = await stack.enter_async_context(tracing(settings.otlp_endpoint, metrics))
        engine = Engine(ModbusDevices(metrics.request, SecretTls(kube)), host, observer)
        metrics.watch_breakers(engine.circuits.troubled, asyncio.get_running_loop().time)
        metrics.watch_readings(engine.readings)
        announcer = Announcer(kube, metrics)
        inventory = Inventory(engine, host.forget, host.echoed)
        announcer.uid = inventory.uid
        lease = lease_of(settings, kube)
        metrics.watch_lease(str(lease), lambda: lease.held)
        engine.holds.ask("lease", lease.why_not)
        host.reporter = Reporter(kube, announcer, metrics, inventory, lease.may_have_passed)
        sweep = Sweep(kube, inventory, deciding, settings.namespace)
        reasons = ["starting: not everything is listed yet"]
        port = await stack.enter_async_context(
            serving(
                metrics.registry,
                settings.metrics_bind,
                settings.metrics_port,
                lambda: lease.why_not() or "".join(reasons),
            )
        )
        log.info("metrics and probes on port %d", port)
        stack.push_async_callback(lease.release)  # after the last write
        await _unless(told_to_stop, lease.acquire())
        stack.push_async_callback(_end_polling, engine, host.reporter, announcer, settings.grace_secs)
        engine.holds.put("listing", "not everything is listed yet")  # polls begin with the first listing
        if not told_to_stop.is_set():
            await _unless(told_to_stop, _first_listing(sweep))
        if told_to_stop.is_set():
            log.info("stopped before everything was listed")
            return
        engine.holds.lift("listing")
        reasons.clear()
        settle_memory()
        registry = watching(inventory, deciding, config)
        watched = await stack.enter_async_context(
            watch(registry, settings.namespace, told_to_stop, lambda: _take_signals(told_to_stop))
        )
        log.info("looking after %d resource(s)", len(engine))
        _warn_of_empty(settings.namespace, engine)
        # The watch goes on while corrections in hand end, and takes what is still under way with it when it ends.
        stack.push_async_callback(_end_polling, engine, host.reporter, announcer, settings.grace_secs)
        async with _sweeping(sweep, metrics, settings.resync_secs):
            await _until_over(watched, lease)
        log.info("stopping")
    log.info("stopped")


async def _until_over(watched: Collection[asyncio.Task[Any]], lease: AnyLease) -> None:
    """Wait until the watch ends, or the Lease is another's."""
    losing = asyncio.create_task(lease.lost())
    try:
        await asyncio.wait((*watched, losing), return_when=asyncio.FIRST_COMPLETED)
        if losing.done():
            losing.result()
    finally:
        losing.cancel()


def _take_signals(told_to_stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT tell to stop; to be told again changes nothing."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)


async def _unless(told_to_stop: asyncio.Event, doing: Coroutine[Any, Any, None]) -> None:
    """Do something, and leave it when told to stop."""
    task, stop = asyncio.create_task(doing), asyncio.create_task(told_to_stop.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        task.result()
    else:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def settle_memory() -> None:
    """Put what is there for good out of the garbage collector's way: going through it costs each poll a tenth more."""
    gc.collect()
    gc.freeze()


async def _first_listing(sweep: Sweep) -> None:
    """List everything once, with patience for an API server that is away and none for what waiting does not mend."""
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        stop=stop_after_delay(START_SECS),
        before_sleep=lambda state: log.warning("%s; trying again", state.outcome.exception() if state.outcome else ""),
        reraise=True,
    )
    try:
        async for attempt in patiently:
            with attempt:
                await sweep.once()
    except Gone as error:
        raise NotInstalledError(
            "the resource definitions are not installed in this cluster: "
            "run `fabgitops-operator manifests | kubectl apply -f -`"
        ) from error


def _warn_of_empty(namespaces: Sequence[str], engine: Engine) -> None:
    """Warn of namespaces that hold nothing: the least role lets nobody ask whether there is such a namespace."""
    filled = {key.namespace for key in engine.keys()}  # noqa: SIM118 - an engine is no dict
    for name in namespaces:
        if name not in filled:
            log.warning("namespace %s: no resource to look after there, is the name right?", name)


async def _end_polling(engine: Engine, reporter: Reporter, announcer: Announcer, grace_secs: float) -> None:
    """Let writes in hand end, then tell all that is left to tell; to be done again changes nothing."""
    await engine.stop(grace_secs)
    await reporter.close(FLUSH_SECS)
    await announcer.close(FLUSH_SECS)


@asynccontextmanager
async def _sweeping(sweep: Sweep, metrics: Metrics, interval: float) -> AsyncIterator[None]:
    """List everything each `interval` seconds."""

    def failed(error: KubeError) -> None:
        metrics.api_write("listing", error.reason)

    task = asyncio.get_running_loop().create_task(sweep.forever(interval, failed))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where the platform has it: it halves the cost of a poll."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
