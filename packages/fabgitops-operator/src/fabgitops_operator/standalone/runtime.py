"""The operator without a cluster: source, store, API, and what every runtime is made of, in one process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from aiohttp import web
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.codec.networks import networks
from fabgitops_core.control.kinds import families

from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.analysis.source import metrics_of
from fabgitops_operator.audit.choosing import keeper_of
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.chaos.extensions import scenarios
from fabgitops_operator.hosting.alone import Alone
from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.device_map import route_of
from fabgitops_operator.hosting.http import probes
from fabgitops_operator.hosting.means import Rollouts, modbus
from fabgitops_operator.hosting.secrets import SecretWords
from fabgitops_operator.hosting.stage import Stage, last_word, staged
from fabgitops_operator.hosting.web import application, listening
from fabgitops_operator.standalone.api.server import Api
from fabgitops_operator.standalone.brake import FILE, FileBrake
from fabgitops_operator.standalone.brake_pages import brake_pages
from fabgitops_operator.standalone.chaos import with_chaos
from fabgitops_operator.standalone.children import StoreChildren
from fabgitops_operator.standalone.entrance import Entrance, entrance
from fabgitops_operator.standalone.experiments import MANAGER, StoreExperiments, without_pods
from fabgitops_operator.standalone.following import Following
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.kubeconfig import kubeconfig, url, write
from fabgitops_operator.standalone.local import BY_KIND, Local
from fabgitops_operator.standalone.notify import Notify, feed
from fabgitops_operator.standalone.objects import StoreObjects
from fabgitops_operator.standalone.origins import in_source
from fabgitops_operator.standalone.resources import RESOURCES
from fabgitops_operator.standalone.secret_files import SecretFiles
from fabgitops_operator.standalone.settings import StandaloneSettings
from fabgitops_operator.standalone.source.metrics import SourceMetrics
from fabgitops_operator.standalone.source.models import Only
from fabgitops_operator.standalone.source.syncing import Syncer
from fabgitops_operator.standalone.source.taking import Rules
from fabgitops_operator.standalone.source.webhook import Webhook
from fabgitops_operator.standalone.store import Objects, Store, keeping

HOOK = "/webhook"
"""Where the Git server says that there is something new."""

KUBECONFIG = "kubeconfig"
"""The name in the state of the one that is written at a start."""

AGAIN_SECS = 30.0
"""After a fault of our own, what goes on in the background is begun anew so much later."""

STATUS_SECS = 5.0
"""How often it is looked whether the service manager is to be told something else."""

log = logging.getLogger(__name__)


async def operate(settings: StandaloneSettings, bus: BusSettings, analysis: AnalysisSettings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        AuditKeyError: The key of the audit cannot be used.
        BusError: The bus cannot be used as it is set.
        AnalysisSettingsError: A file of what analyses ask cannot be used.
        StateError: The state is another's, damaged, or cannot be written.
        SourceError: The source cannot be one.
        EntranceError: The API may not be opened so.
        CertificateError: TLS cannot be served.
        ListenError: The address cannot be listened on.
        TracingUnavailable: Traces are asked for and cannot be made.
    """
    await last_word(_operated(settings, bus, analysis))


async def _operated(settings: StandaloneSettings, bus: BusSettings, analysis: AnalysisSettings) -> str:
    """Run as `operate` says, and return what is to be said of the end."""
    route, within, keeper = route_of(settings.device_map), networks(settings.allow_cidr), keeper_of(settings)
    way_in = entrance(settings)
    known = families(settings.settle_secs, scenarios=without_pods(scenarios()))
    deciding = (*known["setpoints"], *known["plc"], *known["chaos"])  # what leads others is listed first
    judge = ShippedRules()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await Store.open(settings.state))
        objects = Objects(store, judge)
        await stack.enter_async_context(keeping(objects))
        brake = FileBrake(settings.state / FILE)
        local = Local(store, objects, SecretFiles(settings.secrets))
        stack.push_async_callback(local.settled)
        rules = Rules(judge, (*deciding, Only(CHAOS_POLICY)), BY_KIND, judge.name)
        syncer = Syncer(objects, store, rules, settings.of_source(), local)
        told = await stack.enter_async_context(bus_of(bus))
        asked = await stack.enter_async_context(metrics_of(analysis))
        rollouts = Rollouts(
            lambda metrics: StoreObjects(store, objects, metrics.api_write, manager=MANAGER), told, asked
        )
        means = modbus(local, route, within, brake, keeper, rollouts)
        experiments = StoreExperiments(store, objects, SecretWords(local), route)
        means = await stack.enter_async_context(with_chaos(means, experiments, within, asked, analysis.places))
        stage = await stack.enter_async_context(staged(settings, local, Alone(), deciding, means))
        if keeper is not None:
            keeper.origin = in_source(keeper.origin, store, syncer.status)
        stage.metrics.registry.register(SourceMetrics(syncer.status))
        stage.metrics.registry.register(BusMetrics(told.standing))
        api = Api(store, objects, RESOURCES, way_in.access, asyncio.get_running_loop().time)
        pages = [
            *brake_pages(brake, way_in.access),
            *probes(stage.metrics.registry, stage.not_ready, partial(_remark, syncer, told)),
        ]
        if settings.webhook_secret_file is not None:
            pages.append(_hook(Webhook(settings.webhook_secret_file, syncer.wake)))
        app = application(api, pages, unasked=(HOOK,))
        following = Following(store, local, stage.hearing, stage.inventory, stage.declared)
        children = StoreChildren(store, local, stage.children, stage.owned)
        watching = _watching(following, syncer, stage, objects)
        return await stage.perform(_listening(settings, way_in, app), watching, children.running(syncer.looked))


def _remark(syncer: Syncer, bus: Memory | Outbox) -> str:
    """Say how it is with the source, and what is wrong with the bus."""
    return "\n".join(filter(None, (str(syncer.status()), bus.standing().remark())))


def _hook(webhook: Webhook) -> web.RouteDef:
    """Return what the Git server asks."""

    async def handle(request: web.Request) -> web.Response:
        status, text = webhook.handle(request.headers, await request.read())
        return web.Response(text=f"{text}\n", status=status)

    return web.post(HOOK, handle)


@asynccontextmanager
async def _listening(settings: StandaloneSettings, way_in: Entrance, app: web.Application) -> AsyncIterator[int]:
    """Serve API, metrics and probes, and say how to get there."""
    where = way_in.place
    async with listening(app, where.host, where.port, way_in.tls) as port:
        server = url(where.host, port, tls=way_in.tls is not None)
        if way_in.tls is None:
            file = settings.state / KUBECONFIG
            write(file, kubeconfig(server))
            log.info("listening on %s; to look at it: export KUBECONFIG=%s; fabctl get-status", server, file.absolute())
        else:
            log.info(
                "listening on %s; to let somebody in: fabgitops-operator standalone kubeconfig NAME --role operate",
                server,
            )
        yield port


@asynccontextmanager
async def _watching(following: Following, syncer: Syncer, stage: Stage, objects: Objects) -> AsyncIterator[None]:
    """Follow store and source, and tell the service manager how it goes."""
    notify = Notify()
    always = (syncer.run, partial(feed, notify, objects.store.answered), partial(_tell, notify, stage, syncer))
    async with beside(*(_always(each) for each in always)), following.running(syncer.looked):
        yield


async def _always(begin: Callable[[], Awaitable[object]]) -> None:
    """Do what is to go on for as long as the process lives; a fault of our own is told, and it is begun anew."""
    while True:
        try:
            await begin()
        except Exception:
            log.exception("ended by a fault of its own, begun anew in %g s", AGAIN_SECS)
            await asyncio.sleep(AGAIN_SECS)
        else:
            return


async def _tell(notify: Notify, stage: Stage, syncer: Syncer) -> None:
    """Tell the service manager that all is declared that was known, how things are, and when the end begins."""

    def line() -> str:
        return f"looking after {len(stage.engine)} resource(s); {syncer.status()}"

    told = line()
    notify.ready(told)
    while not stage.told_to_stop.is_set():
        try:
            async with asyncio.timeout(STATUS_SECS):
                await stage.told_to_stop.wait()
        except TimeoutError:
            if (now := line()) != told:
                told = now
                notify.status(told)
    notify.stopping()
