"""Rows: what can happen to the operator's process, and to the machine that it runs on."""

import asyncio
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from mock_plc.device import Device
from mock_plc.server import serving

from .. import wire_plc
from ..conftest import Operator, until
from ..wire_plc import READ, WRITE, Request
from .floor import DRIFTED, REGISTER, SHORT, WANTED, Floor, weather
from .row import row

MEMORY = Path("/sys/fs/cgroup/memory")


@row("SIGKILL at each message of a correction: at the reading, at the write, after it, and at the proof")
async def killed(floor: Floor) -> None:
    """The next start goes on from the record: what was written is counted once, what was not is written."""
    for place in ("reading", "write", "written", "proof"):
        async with floor.operator(*SHORT) as operator:
            await _killed_at(floor, operator, place)
        floor.plc.answer = wire_plc.proper
        async with floor.site.operator(*SHORT) as operator:
            await floor.recovers()
            await floor.log_says(operator, "holds the Lease")


async def _killed_at(floor: Floor, operator: Operator, place: str) -> None:
    seen: list[int] = []

    async def answer(request: Request, proper: bytes) -> bytes | None:
        if operator.process.returncode is not None or (floor.plc.registers[REGISTER] == WANTED and not seen):
            return proper
        seen.append(request.function)
        if (place, seen) in (
            ("reading", [READ]),
            ("write", [READ, WRITE]),
            ("written", [READ, WRITE]),
            ("proof", [READ, WRITE, READ]),
        ):
            if place == "write":
                floor.plc.registers[REGISTER] = DRIFTED  # it has not got there
                floor.repeats += 1
            await operator.stop(signal.SIGKILL)
            return None
        return proper

    floor.drift()
    floor.plc.answer = answer
    await until(lambda: operator.process.returncode is not None, f"the kill at {place}")


@row("The leader is stopped (SIGSTOP) for longer than its Lease lasts, and goes on when another writes")
async def paused(floor: Floor) -> None:
    """It writes nothing when it goes on, and ends."""
    async with floor.operator(*SHORT) as first, floor.site.operator(*SHORT, wait=False) as second:
        await until(lambda: "waiting: " in second.log, "it waits")
        first.process.send_signal(signal.SIGSTOP)
        floor.drift()
        await floor.corrected()
        await floor.recovers()
        first.process.send_signal(signal.SIGCONT)
        await until(lambda: first.process.returncode is not None, "it ends")
        await floor.log_says(first, "was not renewed in time")
        floor.drift()
        await floor.recovers()


@row("The clock is set forward by a year, and back by ten")
async def stepped(floor: Floor) -> None:
    """Times are measured by a clock that only goes on; the Lease stays where it is, with two that want it."""
    with weather(floor.folder) as made:
        async with floor.operator(*SHORT) as first, floor.site.operator(*SHORT, wait=False) as second:
            await until(lambda: "waiting: " in second.log, "it waits")
            for off in (366 * 86400, -10 * 365 * 86400):
                (made / "clock").write_text(str(off))
                floor.drift()
                await floor.recovers()
                assert await first.metric("fabgitops_leader") == 1
                assert await _lasts(first, second), "nobody takes the Lease for a clock"
            floor.said.append("nothing to say: dates in statuses are as wrong as the clock")


async def _lasts(first: Operator, second: Operator) -> bool:
    """Return whether all stays as it is for longer than the Lease lasts."""
    clock = asyncio.get_running_loop().time
    began = clock()
    await until(lambda: clock() > began + 10, "longer than the duration")
    return first.process.returncode is None and "looking after" not in second.log


@row("No host name is found (DNS)")
async def nameless(floor: Floor) -> None:
    """The PLC is not reached, the API server is; then it goes on."""
    with weather(floor.folder) as made:
        async with floor.operator(*SHORT) as operator:
            await floor.declare(deviceAddress="localhost")
            (made / "no-names").touch()
            await floor.hangs_up()
            floor.drift()
            await floor.ready_says("ConnectionFailed")
            await floor.last_error_says("cannot be resolved")
            assert await operator.metric("fabgitops_leader") == 1
            (made / "no-names").unlink()
            await floor.recovers()


@row("The process has no file descriptors left")
async def no_descriptors(floor: Floor) -> None:
    """Those that get no socket say so. Where the API server gets none either, all waits; then all goes on."""
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(floor.operator(*SHORT))
        _soft, hard = resource.prlimit(operator.process.pid, resource.RLIMIT_NOFILE)
        had = psutil.Process(operator.process.pid).num_fds()
        resource.prlimit(operator.process.pid, resource.RLIMIT_NOFILE, (had + 8, hard))
        plcs = [Device({REGISTER: WANTED}) for _ in range(50)]
        for number, plc in enumerate(plcs):
            await floor.site.apply(f"more-{number}", await stack.enter_async_context(serving(plc)))

        await until(lambda: "too many open files" in operator.log.lower(), "it says so")
        floor.drift()
        floor.said.append("log, and `Ready`: `ConnectionFailed` of those without a socket: too many open files")
        resource.prlimit(operator.process.pid, resource.RLIMIT_NOFILE, (hard, hard))

        async def whole() -> bool:
            return await operator.metric("plc_connection_status") == 51

        await until(whole, "all are connected")
        await floor.recovers()
        assert not any(plc.writes for plc in plcs)


@row("The kernel ends the process for its memory (OOM)")
async def out_of_memory(floor: Floor) -> None:
    """It is a kill like any other: the next start goes on from the statuses."""
    with _memory_of(floor.folder.name) as group:
        async with floor.operator(*SHORT) as operator:
            (group / "memory.limit_in_bytes").write_text(str(1 << 20))
            (group / "cgroup.procs").write_text(str(operator.process.pid))
            floor.drift()
            for number in range(50):
                await floor.site.apply(f"more-{number}", floor.port, suspend=True)
            await until(lambda: operator.process.returncode is not None, "the kernel ends it")
            assert operator.process.returncode == -signal.SIGKILL
        async with floor.site.operator(*SHORT) as operator:
            await floor.recovers()
            await floor.log_says(operator, "holds the Lease")


@contextmanager
def _memory_of(name: str) -> Iterator[Path]:
    """Yield a memory cgroup of ours."""
    if not os.access(MEMORY, os.W_OK):
        pytest.skip("no memory cgroup can be made here: that needs root, and cgroups of version 1")
    group = MEMORY / f"fabgitops-{name}"
    group.mkdir()
    try:
        yield group
    finally:
        group.rmdir()


ROWS = (killed, paused, stepped, nameless, no_descriptors, out_of_memory)
