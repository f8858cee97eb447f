"""The process that holds a control plane and takes everything down with itself.

`python -m testbed.supervisor SETTINGS` makes the folder, starts the components, and answers requests
that come as lines on stdin with one line of JSON each on stdout: first, unasked, whether the start
went well. It removes all it made and ends as soon as stdin ends (its parent closed it, or was killed)
or a signal asks for it; after `detach` only a signal does. Linux kills the components with it when it
is itself killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from testbed.cluster import Cluster
from testbed.components import Layout
from testbed.errors import TestbedError
from testbed.folder import State, claimed
from testbed.protocol import (
    BACK_UP,
    DETACH,
    PAUSE_ETCD,
    RESTORE,
    RESUME_ETCD,
    START_API_SERVER,
    STOP_API_SERVER,
    Settings,
)

BETWEEN_LOOKS = 0.1  # seconds


class Supervisor:
    """Answers one parent, until it is gone."""

    def __init__(self, cluster: Cluster, folder: Path, requests: asyncio.StreamReader) -> None:
        self._cluster = cluster
        self._folder = folder
        self._requests = requests
        self._doings: dict[str, Callable[[], Awaitable[None]]] = {
            STOP_API_SERVER: cluster.stop_api_server,
            START_API_SERVER: cluster.start_api_server,
            BACK_UP: cluster.back_up,
            RESTORE: cluster.restore,
            PAUSE_ETCD: cluster.pause_etcd,
            RESUME_ETCD: cluster.resume_etcd,
        }

    async def run(self, state: State) -> None:
        """Start, answer requests, and return when nobody is there to ask any more."""
        serving = asyncio.create_task(self._serve(state))
        parent_gone = asyncio.create_task(self._until_left_alone())
        try:
            await asyncio.wait([serving, parent_gone], return_when=asyncio.FIRST_COMPLETED)
            if serving.done() and await serving:
                await asyncio.Event().wait()  # detached: until a signal cancels this
        finally:
            serving.cancel()
            parent_gone.cancel()
            self._cluster.kill()

    async def _serve(self, state: State) -> bool:
        """Whether the parent let go (True), rather than left or failed to start us."""
        if not await _answered(self._cluster.start(), folder=str(self._folder), url=state.url):
            return False
        state.write(self._folder)
        while request := (await self._requests.readline()).decode().strip():
            if request == DETACH:
                _reply()
                self._detach_output()
                return True
            if work := self._doings.get(request):
                await _answered(work())
            else:
                _reply(error=f"unknown request {request!r}")
        return False

    def _detach_output(self) -> None:
        """Let go of the parent's stdout and stderr, so that nobody waits for their end."""
        log = os.open(self._folder / "logs" / "supervisor.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        os.dup2(log, sys.stdout.fileno())
        os.dup2(log, sys.stderr.fileno())
        os.close(log)

    async def _until_left_alone(self) -> None:
        # Looks rather than reads: the end must be noticed in the middle of a start as well.
        while not self._requests.at_eof():  # noqa: ASYNC110 - a stream has no event for its end
            await asyncio.sleep(BETWEEN_LOOKS)


async def _answered(work: Awaitable[None], **result: str) -> bool:
    try:
        await work
    except TestbedError as error:
        _reply(error=str(error))
        return False
    _reply(**result)
    return True


def _reply(**content: str) -> None:
    os.write(sys.stdout.fileno(), json.dumps(content).encode() + b"\n")


async def supervise(settings: Settings) -> None:
    """Hold a control plane for as long as someone wants it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - this is a coroutine
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    requests = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    with claimed(Path(settings.folder) if settings.folder else None) as folder:
        binaries = {name: Path(path) for name, path in settings.binaries.items()}
        controllers = settings.controllers if settings.controller_manager else ()
        cluster = Cluster(Layout(folder), binaries, controllers=controllers)
        state = State(os.getpid(), cluster.url, settings.controller_manager)
        await Supervisor(cluster, folder, requests).run(state)


def main() -> None:
    """Run the supervisor; refusals are replies, for the parent to show."""
    os.umask(0o077)
    try:
        asyncio.run(supervise(Settings.load(sys.argv[1])))
    except (TestbedError, OSError) as error:  # the folder cannot be made, the disk is full
        _reply(error=str(error))
        sys.exit(1)
    except asyncio.CancelledError:
        sys.exit(0)  # a signal asked for it


if __name__ == "__main__":
    main()
