"""One pod, from its binding to its end."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Container

import aiohttp

from testbed.asking import ask
from testbed.pods import manifest
from testbed.pods.manifest import Pod
from testbed.pods.programs import Programs

STRATEGIC = "application/strategic-merge-patch+json"


def now() -> str:
    """The time, as the API server writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Life:
    """What a kubelet does for a pod: it is told of news of the pod, and tells the API server."""

    def __init__(self, pod: Pod, client: aiohttp.ClientSession, programs: Programs, broken: Container[str]) -> None:
        """Prepare it; pods of an image among the `broken` are not ready."""
        self._pod = pod
        self._client = client
        self._programs = programs
        self._broken = broken
        self._news = asyncio.Event()
        self._ripe = False

    def see(self, pod: Pod) -> None:
        """Take note of how the pod is now."""
        self._pod = pod
        self._news.set()

    def look_again(self) -> None:
        """Judge anew whether the pod is ready."""
        self._news.set()

    async def run(self, node: str) -> None:
        """Bind the pod, run it, and remove it when it was deleted and its grace is over."""
        await self._bind(node)
        async with self._programs.running(self._pod) as address:
            self._begin_to_ripen()
            await self._keep_told(address)
            await asyncio.sleep(manifest.grace(self._pod))
        content = {"gracePeriodSeconds": 0, "preconditions": {"uid": manifest.uid(self._pod)}}
        await ask(self._client, "DELETE", manifest.path(self._pod), content)

    async def _bind(self, node: str) -> None:
        if "nodeName" not in self._pod["spec"] and not manifest.going(self._pod):
            metadata = {"name": self._pod["metadata"]["name"], "uid": manifest.uid(self._pod)}
            binding = {"metadata": metadata, "target": {"kind": "Node", "name": node}}
            await ask(self._client, "POST", f"{manifest.path(self._pod)}/binding", binding)

    def _begin_to_ripen(self) -> None:
        seconds = manifest.ready_after(self._pod)
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._ripen)

    def _ripen(self) -> None:
        self._ripe = True
        self._news.set()

    async def _keep_told(self, address: str) -> None:
        """Tell whether the pod is ready, each time that this changes, until it is deleted."""
        told: bool | None = None
        while not manifest.going(self._pod):
            self._news.clear()
            ready = self._ripe and manifest.image(self._pod) not in self._broken
            if ready is not told:
                await self._tell(address, ready=ready)
                told = ready
            await self._news.wait()

    async def _tell(self, address: str, *, ready: bool) -> None:
        status = manifest.status(self._pod, address, now(), ready=ready)
        content = {"metadata": {"uid": manifest.uid(self._pod)}, "status": status}
        await ask(self._client, "PATCH", f"{manifest.path(self._pod)}/status", content, kind=STRATEGIC)
