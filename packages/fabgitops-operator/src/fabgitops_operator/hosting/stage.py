"""What every runtime is made of, wired, and in which order it starts and ends.

A runtime brings what is its own: where objects are kept and whether it may write (`ports`), what is served on its port,
and how it hears of changes.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fabgitops_core.control.controller import Controller, led_kinds
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.fleet import Terms
from fabgitops_core.control.plc.rationing import Rates
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Observer

from fabgitops_operator.audit.metrics import AuditMetrics
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.brake.watching import Braking, running
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.lasting import settle_memory
from fabgitops_operator.hosting.means import Means
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.origins import Origins
from fabgitops_operator.hosting.owned import Owned, Told, together, viewed_by, watched_by
from fabgitops_operator.hosting.ports import Api, Fence
from fabgitops_operator.hosting.report import Reporter
from fabgitops_operator.hosting.sharing import sharing_of
from fabgitops_operator.hosting.standin import StandIn
from fabgitops_operator.hosting.start import catch_up, first_listing, unless, warn_of_empty
from fabgitops_operator.hosting.sweep import Sweep
from fabgitops_operator.hosting.tracing import tracing
from fabgitops_operator.hosting.wishes import Wishes

AT_ONCE_SECS = 1.0
"""How long a start waits for its turn before it makes itself ready for a longer wait."""

FLUSH_SECS = 5.0
"""How long a stop waits for statuses and Events on their way."""

NOT_LISTED = "not everything is listed yet"

READ_ONLY = "the operator runs with --read-only"

log = logging.getLogger(__name__)


async def last_word(running: Coroutine[Any, Any, str]) -> None:
    """Say what a run returns, when all is released and closed."""
    log.info(await running)
    # Whoever tells to stop twice must not end, by the second, what is over but for the interpreter.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))


@asynccontextmanager
async def staged(
    settings: Wishes, api: Api, fence: Fence, deciding: Sequence[Controller[Any]], means: Means
) -> AsyncIterator["Stage"]:
    """Yield the parts, wired; nothing has begun.

    Raises:
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    told_to_stop = asyncio.Event()
    _take_signals(told_to_stop)
    metrics = Metrics(means.counts, means.besides)
    async with tracing(settings.otlp_endpoint, metrics) as then:
        terms, store = _terms(settings), means.brake
        observer = Braking(terms, store, then) if terms and store is not None else then
        yield Stage(settings, api, fence, deciding, metrics, observer, means, told_to_stop)


class Stage:
    """The parts of an operator.

    `declared` are the controllers whose kinds are watched and listed as they are declared, `owned` is by scope what is
    told of what resources own or look at; `hearing` and `children` say whether each is heard of.
    """

    def __init__(
        self,
        settings: Wishes,
        api: Api,
        fence: Fence,
        deciding: Sequence[Controller[Any]],
        metrics: Metrics,
        observer: Observer,
        means: Means,
        told_to_stop: asyncio.Event,
    ) -> None:
        """Wire them.

        Args:
            settings: What the user wants.
            api: Where objects are kept.
            fence: Whether this operator may write.
            deciding: The controllers, one for each kind.
            metrics: Are told of all that happens.
            observer: Is told what engine and devices do.
            means: By what is carried out what they want.
            told_to_stop: Ends it.
        """
        self._settings = settings
        self._fence = fence
        self.told_to_stop = told_to_stop
        self._starting = "starting: not everything is listed yet"
        self._acquiring: asyncio.Task[None] | None = None
        self.metrics = metrics
        host = StandIn()
        devices, objects = means.devices(metrics), means.objects(metrics)
        performers = means.performers(host)
        rates = Rates(settings.writes_per_second, settings.writes_per_second_per_host)
        self._audit = means.audit
        self.engine = Engine(
            devices,
            host,
            observer,
            objects=objects,
            bus=means.bus,
            performers=performers,
            audit=self._audit,
            rates=rates,
            metrics=means.metrics,
            secrets=means.secrets,
            clusterwide=frozenset(each.kind.name for each in deciding if not each.kind.namespaced),
        )
        self._leads = led_kinds(deciding)
        self.inventory = Inventory(
            self.engine, host.forget, host.echoed, self._audited(), frozenset(self._leads.values())
        )
        self._announcer = Announcer(api, metrics, [each.kind for each in deciding])
        self._announcer.uid = self.inventory.uid
        self._reporter = host.reporter = Reporter(api, self._announcer, metrics, self.inventory, fence.may_have_passed)
        self._reporter.sharing = sharing_of(api, self.inventory, deciding)
        self.owned = self._owned(deciding)
        owned = {watched.kind.name for watched in watched_by(deciding)}
        self.declared = [each for each in deciding if each.kind.name not in owned]
        patience = settings.deaf_secs, settings.control_plane_grace_secs
        self.hearing = Hearing(_scopes(self.declared, settings.namespace), *patience)
        self.children = Hearing(self.owned, *patience)
        self._sweep = Sweep(api, self.inventory, self.hearing, self.declared)
        if settings.read_only:
            self.engine.holds.put("read-only", READ_ONLY, HoldReason.READ_ONLY)
        self.engine.holds.ask("lease", fence.why_not, HoldReason.LEASE)
        self.engine.holds.ask("control plane", self._why_lost, HoldReason.WATCH)
        if self._leads:
            self.engine.holds.ask("leaders", self._why_unled, HoldReason.LISTING)
        self._brake = observer.holding(self.engine.holds) if isinstance(observer, Braking) else None
        self._let_metrics_look()

    def _owned(self, deciding: Sequence[Controller[Any]]) -> dict[Scope, Told]:
        """Return of what kinds own or look at who is told of it, by where it is."""
        families, inventory = self.engine.families, self.inventory
        by_kind = {controller.kind.name: controller for controller in deciding}
        parts = [Owned(families, each, inventory, by_kind.get(each.kind.name)) for each in watched_by(deciding)]
        parts += [Owned(families, each, inventory, None) for each in viewed_by(deciding)]
        kinds = dict.fromkeys(part.kind for part in parts)
        told = {kind: together([part for part in parts if part.kind == kind]) for kind in kinds}
        return {Scope(kind, name): each for kind, each in told.items() for name in self._settings.namespace or (None,)}

    def _let_metrics_look(self) -> None:
        self.metrics.watch_breakers(self.engine.circuits.troubled, asyncio.get_running_loop().time)
        self.metrics.watch_registers(self.engine.readings, self.engine.targets, self.engine.units)
        self.metrics.watch_lease(
            str(self._fence), lambda: self._fence.held, lambda: self._stands_by and not self.not_ready()
        )
        if (brake := self._brake) is not None:
            self.metrics.watch_brake(lambda: brake.engaged)
        self.metrics.watch_hearing(lambda: {**self.hearing.kinds_up(), **self.children.kinds_up()})

    def _audited(self) -> Origins | None:
        """Wire who keeps records of writes, if anybody does, and return who is to know where objects come from."""
        if self._audit is None:
            return None
        self._audit.guard(self.engine.holds)
        self.metrics.registry.register(AuditMetrics(self._audit))
        origins = Origins()
        self._audit.origin = origins.of
        return origins

    def not_ready(self) -> str:
        """Return why the operator is not ready, or "". One that stands by is when it could take over at once."""
        if self._stands_by:
            return self._starting or self.hearing.not_ready()
        deaf = (self._why_lost(), self.hearing.not_ready(), self.children.not_ready())
        return self._fence.why_not() or self._starting or "; ".join(filter(None, deaf))

    def remark(self) -> str:
        """Return for whom one waits that is ready all the same, or ""."""
        return f"standing by, {self._fence.why_not()}" if self._stands_by and not self._starting else ""

    @property
    def _stands_by(self) -> bool:
        """Return whether it waits for its turn, and hears of everything meanwhile."""
        return self._acquiring is not None and not self._acquiring.done()

    def take_signals(self) -> None:
        """Handle SIGTERM and SIGINT again, where somebody else has put handlers of theirs."""
        _take_signals(self.told_to_stop)

    async def perform(
        self,
        listening: AbstractAsyncContextManager[int],
        watching: AbstractAsyncContextManager[None],
        owned: AbstractAsyncContextManager[None] | None = None,
    ) -> str:
        """Run until told to stop, and return what is to be said of the end.

        Args:
            listening: Serves metrics and probes, from the start to the end, and gives the port.
            watching: Tells inventory and hearing of changes; begins when everything was listed once, and ends when
                corrections in hand have ended.
            owned: Tells of what resources own, and of changes there; begins when this operator may write.

        Raises:
            ApiError: The API cannot be reached, or refuses what the operator needs.
            ListenError: The port cannot be listened on.
            NotInstalledError: No kind is there.
            Exception: What the fence ends with.
        """
        async with AsyncExitStack() as stack:
            log.info("metrics and probes on port %d", await stack.enter_async_context(listening))
            stack.push_async_callback(self._fence.release)  # after the last write
            self._acquiring = asyncio.create_task(self._fence.acquire(), name="fence")
            stack.push_async_callback(_ended, self._acquiring)
            await self._unless_told(_settled(self._acquiring, AT_ONCE_SECS))
            if self._audit is not None:
                stack.push_async_callback(self._audit.end)  # after the last write, too
            stack.push_async_callback(self._end_polling)
            if self._acquiring.done():
                self._acquiring.result()
                # polls begin with the first listing
                self.engine.holds.put("listing", NOT_LISTED, HoldReason.LISTING)
            else:
                self.inventory.stand_by()
            await self._unless_told(first_listing(self._sweep))
            if self.told_to_stop.is_set():
                return "stopped before everything was listed"
            self._starting = ""
            settle_memory()
            await stack.enter_async_context(watching)
            stood_by = self.inventory.stands_by
            if stood_by:
                await self._unless_told(self._stand_by(self._acquiring))
                if self.told_to_stop.is_set():
                    return "stopped before it was its turn"
            if self._audit is not None:
                await self._audit.begin()
            log.info("looking after %d resource(s)", len(self.engine))
            warn_of_empty(self._settings.namespace, self.engine)
            await stack.enter_async_context(running(self._brake))
            if owned is not None:
                await stack.enter_async_context(owned)
            # The watch goes on while corrections in hand end, and takes what is still under way with it when it ends.
            stack.push_async_callback(self._end_polling)
            if not (stood_by and self.hearing.up):  # else it was listed while each change was told of
                await self._unless_told(catch_up(self._sweep, self.hearing))
            if not self.told_to_stop.is_set():
                self.engine.holds.lift("listing")
            async with self._sweeping():
                await self._unless_told(self._fence.lost())
            log.info("stopping")
        return "stopped"

    async def _stand_by(self, acquiring: asyncio.Task[None]) -> None:
        """Hear of everything until this operator may write, list once what the other has left, and begin.

        What the other stored last may still be on its way to us: polls that knew less would count from there.
        """
        log.info("standing by: %d resource(s) are known, and nothing is polled", self.inventory.waiting)
        async with self._sweeping():
            await acquiring
        began = asyncio.get_running_loop().time()
        self._starting = "taking over: what the other operator has left is not listed yet"
        await first_listing(self._sweep)
        self.engine.holds.put("listing", NOT_LISTED, HoldReason.LISTING)
        await self.inventory.begin()
        self._starting = ""
        log.info("took over within %.1f s", asyncio.get_running_loop().time() - began)

    async def _unless_told(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something, unless told to stop by now; leave it when told meanwhile."""
        if self.told_to_stop.is_set():
            doing.close()
        else:
            await unless(self.told_to_stop, doing)

    async def _end_polling(self) -> None:
        """Let writes in hand end, then tell all that is left to tell; to be done again changes nothing."""
        await self.engine.stop(self._settings.grace_secs)
        await self._reporter.close(FLUSH_SECS)
        await self._announcer.close(FLUSH_SECS)

    @asynccontextmanager
    async def _sweeping(self) -> AsyncIterator[None]:
        """List everything from time to time, and see after each listing whether writes must wait."""
        interval, clock = self._settings.resync_secs, asyncio.get_running_loop().time
        counted = float("-inf")

        def told(errors: Collection[ApiError]) -> None:
            nonlocal counted
            # As often as without the listings that a watch that is down needs.
            if errors and clock() - counted >= interval:
                counted = clock()
                self.metrics.api_write("listing", next(iter(errors)).reason)
            self._hold_while_deaf()

        async with beside(self._sweep.forever(interval, told)):
            yield

    def _declares(self, scope: Scope) -> bool:
        """Return whether there is anything that what is told of a scope would change; what leads changes all it may."""
        return self.inventory.any(scope.kind.name, scope.namespace) or self._leads_any(scope)

    def _leads_any(self, scope: Scope) -> bool:
        led = self._leads.get(scope.kind.name)
        return led is not None and self.inventory.any(led, scope.namespace)

    def _why_unled(self) -> str:
        """Return why nothing is written while it was never known who leads what there is, or ""."""
        for scope in self.hearing.scopes:
            if not self.inventory.was_whole(scope.kind.name, scope.namespace) and self._leads_any(scope):
                return f"{scope} could not be listed yet, so it is not known what they hold back"
        return ""

    def _owns(self, scope: Scope) -> bool:
        """Return whether there is anything of a scope that is owned, or looked after by itself."""
        name, namespace = scope.kind.name, scope.namespace
        return self.engine.families.has(name, namespace) or self.inventory.any(name, namespace)

    def _why_lost(self) -> str:
        """Return why nothing is written that was declared before the API server was gone for too long, or ""."""
        return self.hearing.lost(self._declares) or self.children.lost(self._owns)

    def _hold_while_deaf(self) -> None:
        """Let no write go out while nobody can tell us whether it is still wanted."""
        why = self.hearing.hold(self._declares) or self.children.hold(self._owns)
        if why:
            self.engine.holds.put("watch", why, HoldReason.WATCH)
        else:
            self.engine.holds.lift("watch")


def _terms(settings: Wishes) -> Terms:
    return Terms(
        settings.brake_percent,
        settings.brake_min,
        settings.brake_window_secs,
        settings.brake_corrections_per_minute,
    )


async def _settled(task: asyncio.Task[None], limit: float) -> None:
    """Wait until a task is done, at most for a while; what it ends with is to be asked there."""
    await asyncio.wait((task,), timeout=limit)


async def _ended(task: asyncio.Task[None]) -> None:
    """End a task, whatever it ends with: that was told where it was waited for."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _take_signals(told_to_stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT tell to stop; to be told again changes nothing."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)


def _scopes(deciding: Sequence[Controller[Any]], namespaces: Sequence[str]) -> list[Scope]:
    """Return what must be heard of: each kind wherever it is looked after, what is the cluster's as a whole."""
    return [
        Scope(each.kind, name)
        for each in deciding
        for name in (namespaces if each.kind.namespaced and namespaces else (None,))
    ]
