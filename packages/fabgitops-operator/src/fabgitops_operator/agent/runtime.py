"""The agent as a process: what it can do here, who may ask it, and how it ends with nothing left."""

import asyncio
import logging
import time
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

from fabgitops_operator.agent import capabilities
from fabgitops_operator.agent.announcing import Announcing, Said
from fabgitops_operator.agent.gate import Gate
from fabgitops_operator.agent.holding import Holders
from fabgitops_operator.agent.injections import Injections
from fabgitops_operator.agent.metrics import Metrics
from fabgitops_operator.agent.server import Place, Server
from fabgitops_operator.agent.settings import AgentSettings
from fabgitops_operator.agent.showing import shown
from fabgitops_operator.agent.sweep import swept
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.lease.place import own_namespace
from fabgitops_operator.cluster.way import load_access
from fabgitops_operator.hosting.http import served, serving
from fabgitops_operator.hosting.process import told_to_stop

log = logging.getLogger(__name__)


async def serve(settings: AgentSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CertificateError: No certificate can be made.
        ListenError: A port cannot be listened on.
        NoConfig: It is not known where the API server is.
    """
    stopped = told_to_stop()
    kube, metrics = Kube(load_access(), ()), Metrics()
    tls, fingerprint = shown(settings.address)
    await swept()
    place = Place(settings.node, uuid4().hex, await capabilities.tried())
    for fault, able in place.capabilities.items():
        log.info("%s on node %s: %s", fault, settings.node, able)
    most = settings.max_injections, settings.max_secs
    injections = Injections(Holders(), time.monotonic, place.instance, *most, metrics.ended)
    metrics.watch(injections)
    gate = Gate(kube, settings.account, time.monotonic, settings.max_secs)
    server = Server(place, injections, gate, time.monotonic)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(kube.close)
        way_out = "choose another with --port"
        app = server.application()
        port = await stack.enter_async_context(served(app, settings.address, settings.port, way_out, tls))
        stack.push_async_callback(injections.close)
        host = f"[{settings.address}]" if ":" in settings.address else settings.address
        said = Said(f"https://{host}:{port}", fingerprint, place.capabilities, place.node, place.instance)
        announcing = Announcing(kube, settings.lease_namespace or own_namespace(), said)
        at = settings.metrics_bind, settings.metrics_port
        await stack.enter_async_context(serving(metrics.registry, *at, lambda: announcing.failing))
        log.info("serving %s for %s", said.url, settings.account)
        renewing = asyncio.create_task(announcing.run())
        await asyncio.wait((stopped, renewing), return_when=asyncio.FIRST_COMPLETED)
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await announcing.release()
