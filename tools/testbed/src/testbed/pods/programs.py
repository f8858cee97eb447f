"""What runs as a pod's program: nothing at all, or a real HTTP server at the pod's own address."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import cycle
from typing import Protocol

from aiohttp import web

from testbed.addresses import RANGE
from testbed.errors import TestbedError
from testbed.pods.manifest import ANSWERS, Pod, annotation, port, version


class Programs(Protocol):
    """Runs pods' programs."""

    def running(self, pod: Pod) -> AbstractAsyncContextManager[str]:
        """A pod's program runs in the block, which is given the pod's address; at its end it is killed."""


def addresses() -> Iterator[str]:
    """One address after the other of the range for documentation (RFC 5737), over and over."""
    return cycle([str(each) for each in RANGE.hosts()][1:])  # the first is what `lo` itself has


class Paper:
    """Runs nothing: each pod has an address at which nobody listens."""

    def __init__(self) -> None:
        self._addresses = addresses()

    @asynccontextmanager
    async def running(self, pod: Pod) -> AsyncIterator[str]:
        """Give the pod the next address."""
        yield next(self._addresses)


class Servers:
    """Runs a real HTTP server for each pod, at an address of its own on the pod's port.

    It answers each request with JSON that has `pod`, `version` (the tag of the pod's image) and the status that the
    annotation `testbed.fabgitops.io/answers` says. The addresses have to be on this machine: `testbed.addresses`.
    """

    def __init__(self) -> None:
        self._addresses = addresses()

    @asynccontextmanager
    async def running(self, pod: Pod) -> AsyncIterator[str]:
        """Serve, at the next address whose port is free.

        Raises:
            TestbedError: the port is free at none.
        """
        runner = web.ServerRunner(_server(pod), shutdown_timeout=0)
        await runner.setup()
        try:
            yield await self._listening(runner, port(pod))
        finally:
            await runner.cleanup()

    async def _listening(self, runner: web.ServerRunner, number: int) -> str:
        for _ in RANGE.hosts():
            address = next(self._addresses)
            try:
                await web.TCPSite(runner, address, number).start()
            except OSError as error:  # another test run has it
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return address
        raise TestbedError(
            f"port {number} is free at no address of {RANGE}: is something listening on 0.0.0.0:{number}?"
        )


def _server(pod: Pod) -> web.Server:
    body = {"pod": pod["metadata"]["name"], "version": version(pod)}
    code = int(annotation(pod, ANSWERS, "200"))

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response(body, status=code)

    return web.Server(answer, access_log=None)
