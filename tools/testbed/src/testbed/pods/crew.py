"""The lives of all pods, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp

from testbed.pods import manifest
from testbed.pods.life import Life
from testbed.pods.manifest import Pod
from testbed.pods.node import register, stay
from testbed.pods.programs import Programs
from testbed.pods.watching import Change, watch


class Crew:
    """Gives each pod that comes a life, tells it of news, and ends it when the pod is gone."""

    def __init__(self, client: aiohttp.ClientSession, programs: Programs, node: str) -> None:
        self._client = client
        self._programs = programs
        self._node = node
        self._broken: set[str] = set()
        self._lives: dict[str, tuple[Life, asyncio.Task[None]]] = {}

    async def work(self, begun: Callable[[], None]) -> None:
        """Work until cancelled; `begun` is called once there is the Node."""
        await register(self._client, self._node)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stay(self._client, self._node))
            begun()
            async for change, pods in watch(self._client):
                self._follow(change, pods, tasks)

    def judge(self, image: str, *, broken: bool) -> None:
        """Let pods of an image be unready, or ready again."""
        (self._broken.add if broken else self._broken.discard)(image)
        for life, _ in self._lives.values():
            life.look_again()

    def _follow(self, change: Change, pods: list[Pod], tasks: asyncio.TaskGroup) -> None:
        if change == "ALL":
            self._end(self._lives.keys() - {manifest.uid(pod) for pod in pods})
        for pod in pods:
            if change == "DELETED":
                self._end({manifest.uid(pod)})
            elif pod["spec"].get("nodeName", self._node) == self._node:
                self._see(pod, tasks)

    def _see(self, pod: Pod, tasks: asyncio.TaskGroup) -> None:
        uid = manifest.uid(pod)
        if uid in self._lives:
            self._lives[uid][0].see(pod)
        else:
            life = Life(pod, self._client, self._programs, self._broken)
            self._lives[uid] = life, tasks.create_task(life.run(self._node))

    def _end(self, uids: set[str]) -> None:
        for uid in uids & self._lives.keys():
            self._lives.pop(uid)[1].cancel()
