"""The one port: /metrics for Prometheus, /healthz and /readyz for the kubelet."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric


class ListenError(Exception):
    """The address cannot be listened on: its text says which, why, and the way out."""


@dataclass(frozen=True, slots=True)
class OnePart:
    """A registry of one metric family, or of a part of it."""

    part: Metric

    def collect(self) -> Iterable[Metric]:
        """Yield it."""
        yield self.part


async def exposition(registry: CollectorRegistry) -> bytes:
    """Return the metrics as text, one part of a family after the other, letting polls go in between.

    A thread would not do: it takes the interpreter's lock from the loop for as long as the whole takes.
    """
    texts, before = [], ""
    for part in registry.collect():
        text = generate_latest(OnePart(part))
        texts.append(_without_its_head(text) if part.name == before else text)
        before = part.name
        await asyncio.sleep(0)
    return b"".join(texts)


def _without_its_head(text: bytes) -> bytes:
    """Return the samples of a part alone: HELP and TYPE stand once, before the first part of a family.

    Prometheus text format 0.0.4: all lines of one metric are one group, with one HELP and one TYPE.
    """
    return text.split(b"\n", 2)[2]


def probes(
    registry: CollectorRegistry, not_ready: Callable[[], str], remark: Callable[[], str] = str
) -> list[web.RouteDef]:
    """Return what serves metrics and probes.

    Args:
        registry: The metrics.
        not_ready: Returns why the operator is not ready, or nothing.
        remark: Returns what else is to be said to who asks whether it is, or nothing.
    """

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await exposition(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        reason, more = not_ready(), remark()
        text = "\n".join([reason or "ok", *([more] if more else [])])
        return web.Response(text=f"{text}\n", status=503 if reason else 200)

    return [web.get("/metrics", metrics), web.get("/healthz", healthz), web.get("/readyz", readyz)]


@asynccontextmanager
async def serving(
    registry: CollectorRegistry,
    host: str,
    port: int,
    not_ready: Callable[[], str],
    remark: Callable[[], str] = str,
) -> AsyncIterator[int]:
    """Serve metrics and probes and yield the port; `not_ready` and `remark` as for `probes`.

    Raises:
        ListenError: The address cannot be listened on.
    """
    app = web.Application()
    app.add_routes(probes(registry, not_ready, remark))
    async with served(app, host, port, "choose another with --metrics-bind and --metrics-port") as taken:
        yield taken


@asynccontextmanager
async def served(
    app: web.Application,
    host: str,
    port: int,
    way_out: str,
    tls: ssl.SSLContext | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[int]:
    """Serve an application and yield the port.

    Args:
        app: What is served.
        host: Address to listen on.
        port: TCP port; 0 is a free one.
        way_out: What to do where it cannot be listened on.
        tls: What the server shows; None serves in plain.
        settings: Of aiohttp's runner, where they are other than its own.

    Raises:
        ListenError: The address cannot be listened on.
    """
    runner = web.AppRunner(app, access_log=None, **(settings or {}))
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise ListenError(f"cannot listen on {host} port {port}: {why}; {way_out}") from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
