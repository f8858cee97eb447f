"""Starts operators of racks in no time, of which each meets a fault of its own: a process that is ready, and forks.

A start takes seconds of importing, and forty operators that are to be killed need forty starts. Run as a program this
reads an order a line, forks an operator for it, and says of each that it has begun, and how it has ended.
"""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import httpx2
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.cluster import watch  # noqa: F401 - kopf takes longest to import
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.cluster.runtime import operate
from fabgitops_operator.hosting.log import configure
from fabgitops_operator.hosting.ports import Body
from fabgitops_operator.hosting.process import loop_factory
from fabgitops_operator.settings import Family, LogFormat, LogLevel, Settings

PATIENCE = 60.0
LOST = "lost"
"""The answer to a request that was carried out."""


@dataclass(frozen=True)
class Order:
    """An operator for one namespace.

    It is killed right after the answer to its command number `kill_after` (0: never) has come, before that is taken.
    The first request for each object gets this answer instead: a code, or LOST.
    """

    namespace: str
    bus: str
    log: str
    kill_after: int = 0
    answer: str = ""


class Zygote:
    """The process that forks, seen from the tests."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        self._ended: dict[int, int] = {}
        self._running: list[int] = []

    def __enter__(self) -> Self:
        """Start it."""
        environment = {**os.environ, "KUBECONFIG": str(self._kubeconfig)}
        command = [sys.executable, __file__]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, text=True, bufsize=1, stdin=pipe, stdout=pipe)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and all that it has forked."""
        for pid in self._running:
            self.stop(pid, signal.SIGKILL)
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(PATIENCE)

    def start(self, order: Order) -> int:
        """Start an operator, and return its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        begun = len(self._running)
        while len(self._running) == begun:
            assert self._hear(PATIENCE), "no operator has begun"
        return self._running[-1]

    def has_ended(self, pid: int) -> bool:
        """Return whether an operator has ended."""
        while self._hear(0):
            pass
        return pid in self._ended

    def stop(self, pid: int, number: signal.Signals = signal.SIGTERM) -> int:
        """End an operator that runs, and return how it has ended: an exit code, or a signal below 0."""
        if not self.has_ended(pid):
            with suppress(ProcessLookupError):  # it may end by itself just now
                os.kill(pid, number)
        while pid not in self._ended:
            assert self._hear(PATIENCE), "an operator does not end"
        return self._ended[pid]

    def _hear(self, limit: float) -> bool:
        """Take what is told within so many seconds; return whether anything was."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], limit)[0]:
            return False
        for line in os.read(self._process.stdout.fileno(), 65536).decode().splitlines():
            what, pid, code = json.loads(line)
            if what == "begun":
                self._running.append(pid)
            else:
                self._ended[pid] = code
        return True


# --- what is run as a program -----------------------------------------------------------------------------------------


class _Fault:
    """What goes wrong in one operator."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._commands = 0
        self._met: set[tuple[str, str]] = set()
        self._apply, self._delete, self._patch = Rest.apply, Rest.delete, Kube.patch_status

    def lurk(self) -> None:
        """Be met from now on."""

        async def apply(rest: Rest, kind: Kind, body: Body, manager: str, *, force: bool) -> httpx2.Response:
            sent = self._apply(rest, kind, body, manager, force=force)
            return await self._answered((kind.name, body["metadata"]["name"]), sent)

        async def delete(
            rest: Rest, kind: Kind, namespace: str, name: str, uid: str, version: int = 0
        ) -> httpx2.Response:
            return await self._answered((kind.name, name), self._delete(rest, kind, namespace, name, uid, version))

        async def patch_status(kube: Kube, key: Key, uid: str, status: Body) -> Body:
            answer = await self._patch(kube, key, uid, status)
            self._count()
            return answer

        for owner, name, instead in (
            (Rest, "apply", apply),
            (Rest, "delete", delete),
            (Kube, "patch_status", patch_status),
        ):
            setattr(owner, name, instead)

    async def _answered(self, what: tuple[str, str], asking: Coroutine[Any, Any, httpx2.Response]) -> httpx2.Response:
        first = what not in self._met
        self._met.add(what)
        if first and self._order.answer and self._order.answer != LOST:
            asking.close()
            return _refused(int(self._order.answer))
        answer = await asking
        self._count()
        if first and self._order.answer == LOST:
            raise httpx2.ReadTimeout("the answer was lost")
        return answer

    def _count(self) -> None:
        self._commands += 1
        if self._commands == self._order.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)


def _refused(code: int) -> httpx2.Response:
    status = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": "Asked", "message": "so a test wants it"}
    return httpx2.Response(code, json=status, request=httpx2.Request("PATCH", "https://api"))


def _operate(order: Order) -> None:
    """Be an operator."""
    with open(order.log, "ab") as log:
        os.dup2(log.fileno(), 2)
        os.dup2(log.fileno(), 1)
    _Fault(order).lurk()
    configure(LogLevel.INFO, LogFormat.JSON)
    where: dict[str, Any] = {"metrics_bind": "127.0.0.1", "metrics_port": 0, "lease": False}
    settings = Settings(kinds=Family.RACKS, namespace=(order.namespace,), **where)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(operate(settings, BusSettings(bus=order.bus), AnalysisSettings()))


def _say(*what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _serve() -> None:
    """Fork for each line, and tell of what has ended, until there are no more lines."""
    running: set[int] = set()
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.02)
        if readable:
            line = sys.stdin.readline()
            if not line:
                return
            pid = os.fork()
            if not pid:
                _operate(Order(**json.loads(line)))
                os._exit(0)
            running.add(pid)
            _say("begun", pid, 0)
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                _say("ended", pid, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve()
