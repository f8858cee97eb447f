"""The one port: /metrics for Prometheus, /healthz and /readyz for the kubelet."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

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


@asynccontextmanager
async def serving(
    registry: CollectorRegistry, host: str, port: int, not_ready: Callable[[], str]
) -> AsyncIterator[int]:
    """Serve and yield the port; `not_ready` returns why the operator is not ready, or nothing.

    Raises:
        ListenError: The address cannot be listened on.
    """

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await exposition(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        reason = not_ready()
        return web.Response(text=f"{reason or 'ok'}\n", status=503 if reason else 200)

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz), web.get("/readyz", readyz)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ListenError(
            f"cannot listen on {host} port {port}: {why}; choose another with --metrics-bind and --metrics-port"
        ) from error
