"""The running components of one control plane, held by the supervisor."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import httpx

from testbed import processes
from testbed.access import admin_tls
from testbed.components import (
    API_SERVER,
    CONTROLLER_MANAGER,
    ETCD,
    LOOPBACK,
    Layout,
    api_server_arguments,
    controller_manager_arguments,
    etcd_arguments,
)
from testbed.errors import StartError

START_LIMIT = 90.0  # seconds; a machine under load needs many times the usual four
STOP_PATIENCE = 2.0  # seconds; the API server waits for its watchers, who may stay for an hour
BETWEEN_LOOKS = 0.05  # seconds


class Cluster:
    """Etcd, the API server and, when asked, the controller manager, with their ports."""

    def __init__(self, layout: Layout, binaries: Mapping[str, Path], *, controllers: Sequence[str]) -> None:
        """Prepare it; without controllers there is no controller manager."""
        self._layout = layout
        self._binaries = binaries
        self._controllers = controllers
        self._ports = {name: processes.ReservedPort() for name in (ETCD, API_SERVER, CONTROLLER_MANAGER)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.url = f"https://{LOOPBACK}:{self._ports[API_SERVER].number}"

    async def start(self) -> None:
        """Start everything and wait until it serves.

        Raises:
            StartError: a component died or was not ready in time.
        """
        self._layout.prepare(self.url)
        await self._start_etcd()
        await self.start_api_server()
        await self._until(API_SERVER, lambda: self._answers(f"{self.url}/api/v1/namespaces/default"))
        if self._controllers:
            port = self._ports[CONTROLLER_MANAGER].number
            self._run(CONTROLLER_MANAGER, controller_manager_arguments(self._layout, port, self._controllers))
            await self._until(CONTROLLER_MANAGER, lambda: self._answers(f"https://{LOOPBACK}:{port}/healthz"))

    async def start_api_server(self) -> None:
        """Start the API server on its port, with the data it had, and wait until it is ready."""
        if API_SERVER in self._running:
            raise StartError(f"{API_SERVER} is already running at {self.url}")
        ports = self._ports[API_SERVER].number, self._ports[ETCD].number
        self._run(API_SERVER, api_server_arguments(self._layout, *ports))
        await self._until(API_SERVER, lambda: self._answers(f"{self.url}/readyz"))

    async def stop_api_server(self) -> None:
        """Stop the API server; etcd keeps the data, and the port stays ours."""
        if API_SERVER not in self._running:
            raise StartError(f"{API_SERVER} is not running")
        processes.stop(self._running.pop(API_SERVER), STOP_PATIENCE)

    async def pause_etcd(self) -> None:
        """Let etcd answer nothing, as one whose cluster has lost its quorum."""
        self._running[ETCD].send_signal(signal.SIGSTOP)

    async def resume_etcd(self) -> None:
        """Let etcd answer again; what was asked meanwhile is answered now."""
        self._running[ETCD].send_signal(signal.SIGCONT)

    async def back_up(self) -> None:
        """Keep a copy of all data, in the place of an earlier one; the API server is away meanwhile."""
        await self._without_etcd(self._layout.data, self._layout.backup)

    async def restore(self) -> None:
        """Put the copy in the place of all data: resourceVersions go back to what they were then."""
        if not self._layout.backup.exists():
            raise StartError("there is no copy of the data to restore: take one first")
        await self._without_etcd(self._layout.backup, self._layout.data)

    async def _without_etcd(self, source: Path, target: Path) -> None:
        """Put a copy of one folder in the place of another while nothing runs that uses them."""
        await self.stop_api_server()
        processes.stop(self._running.pop(ETCD), STOP_PATIENCE)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        await self._start_etcd()
        await self.start_api_server()

    async def _start_etcd(self) -> None:
        # Asked before etcd listens, the API server sleeps for seconds before it tries again.
        self._run(ETCD, etcd_arguments(self._layout, self._ports[ETCD].number))
        await self._until(ETCD, self._accepts_connections)

    def kill(self) -> None:
        """End every component at once: what they hold is thrown away."""
        for process in self._running.values():
            processes.stop(process, patience=0)
        self._running.clear()
        for port in self._ports.values():
            port.release()

    def _run(self, name: str, arguments: list[str]) -> None:
        self._running[name] = processes.start([str(self._binaries[name]), *arguments], self._layout.log(name))

    async def _until(self, name: str, ready: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + START_LIMIT
        while not await ready():
            code = self._running[name].poll()
            if code is not None:
                raise StartError(f"{name} ended with {code}; its last lines were\n{self._last_lines(name)}")
            if time.monotonic() > deadline:
                lines = self._last_lines(name)
                raise StartError(f"{name} was not ready after {START_LIMIT:.0f} s; its last lines were\n{lines}")
            await asyncio.sleep(BETWEEN_LOOKS)

    def _last_lines(self, name: str) -> str:
        return processes.last_lines(self._layout.log(name).read_text("utf-8", "replace"))

    async def _accepts_connections(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self._ports[ETCD].number)
        except ConnectionRefusedError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def _answers(self, url: str) -> bool:
        tls = admin_tls(self._layout)
        async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=2.0) as client:
            try:
                return (await client.get(url)).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False
