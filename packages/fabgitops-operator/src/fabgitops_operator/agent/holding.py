"""Holders as processes: begun from the thread that stays, heard each second, and killed where they are not.

A holder's death is tied to the *thread* that started it (prctl(2), PR_SET_PDEATHSIG), so all are started in the
thread of the event loop.
"""

import asyncio
import json
import logging
import os
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_operator.agent import targets
from fabgitops_operator.agent.asked import Inject
from fabgitops_operator.agent.holders.run import command
from fabgitops_operator.agent.injections import CannotHoldError, Holding

BEGIN_SECS = 5.0
END_SECS = 3.0
SILENCE_SECS = 2.5
"""A holder beats each second: one that misses two beats is killed."""
_LONGEST = 1 << 16
log = logging.getLogger(__name__)


class Process:
    """One holder: what it told last, and whether it lives."""

    def __init__(self, arguments: list[str], over: Callable[[str], None]) -> None:
        """Start it; `over` is told why it ended.

        Raises:
            CannotHoldError: No process can be started.
        """
        self._loop = asyncio.get_running_loop()
        self._over = over
        self._told: dict[str, Any] = {}
        self._rest = b""
        self._cause = "died"
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        theirs, self._input = os.pipe()
        self._output, told = os.pipe()
        try:
            self._process = subprocess.Popen(arguments, stdin=theirs, stdout=told)  # noqa: S603 - arguments of our own
        except OSError as error:
            os.close(self._input)
            os.close(self._output)
            raise CannotHoldError(f"no process can be started: {error}") from None
        finally:
            os.close(theirs)
            os.close(told)
        self._loop.add_reader(self._output, self._hear)
        self._watchdog = self._loop.call_later(BEGIN_SECS, self._kill)

    def state(self) -> Mapping[str, Any]:
        """Return what it told last."""
        return self._told

    def hold(self, secs: float) -> None:
        """Lengthen its lease."""
        self._say(f"hold {secs:g}\n")

    async def end(self) -> None:
        """End it, and return when it is gone: killed, if it does not go."""
        self._say("end\n")
        killer = self._loop.call_later(END_SECS, self._kill)
        await asyncio.shield(self.gone)
        killer.cancel()

    def _say(self, line: str) -> None:
        if self.gone.done():
            return
        try:
            os.write(self._input, line.encode())
        except BrokenPipeError:
            log.debug("a holder has gone before it could be told: %s", line.strip())  # that it ended is heard

    def _hear(self) -> None:
        read = os.read(self._output, _LONGEST)
        if not read:
            self._end()
            return
        *lines, self._rest = (self._rest + read).split(b"\n")
        for line in lines:
            self._heard(json.loads(line))
        self._watchdog.cancel()
        self._watchdog = self._loop.call_later(SILENCE_SECS, self._kill)

    def _heard(self, told: dict[str, Any]) -> None:
        match told.pop("event"):
            case "ready":
                self.ready.set_result(None)
            case "failed" if not self.ready.done():
                self.ready.set_exception(CannotHoldError(told["reason"]))
            case "ended" | "failed":
                self._cause = told.get("cause", "failed")
            case _:
                self._told = told

    def _kill(self) -> None:
        log.warning("holder %d is killed: it was not heard in time", self._process.pid)
        self._cause = "watchdog"
        self._process.kill()

    def _end(self) -> None:
        self._loop.remove_reader(self._output)
        self._watchdog.cancel()
        self._process.wait()
        os.close(self._input)
        os.close(self._output)
        if not self.ready.done():
            self.ready.set_exception(CannotHoldError(f"its holder ended before it was ready: {self._cause}"))
        self.gone.set_result(None)
        self._over(self._cause)


class Holders:
    """Begins a process for each injection, in pods that it finds by their uid."""

    async def begin(self, injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        """Begin one, and return when it is effective.

        Raises:
            NoSuchPodError: The pod is not on this node.
            TargetError: The pod cannot be the target.
            CannotHoldError: It did not begin.
        """
        kind, about = _of(injection, asked)
        process = Process(command(kind, about), over)
        await process.ready
        return process


def _of(injection: str, asked: Inject) -> tuple[str, Mapping[str, Any]]:
    """Return which holder it takes, and what it is to be told."""
    about: dict[str, Any] = {"injection": injection, "lease_secs": asked.lease_secs, "cap_secs": asked.cap_secs}
    if net := asked.fault.network_delay:
        sandbox = targets.sandbox(asked.uid)
        targets.check_own_network(sandbox)
        ways = [way.model_dump() for way in net.to]
        return "net", about | net.model_dump(exclude={"to"}) | {"pid": sandbox.pid, "ways": ways}
    if cpu := asked.fault.cpu_stress:
        container = targets.container(asked.uid, cpu.container_id)
        return "cpu", about | cpu.model_dump(exclude={"container_id"}) | {"pid": container.pid}
    raise CannotHoldError("there is no fault in it")
