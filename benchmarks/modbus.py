"""What a reading costs: our session, beside a bare loop and pymodbus's own client: `python -m benchmarks.modbus`.

Arguments: [SECONDS] [PLCS ...]. Each poller has a process, a task and a connection for each device, polls the same farm
every INTERVAL seconds on uvloop, and does nothing with what it reads; only who speaks Modbus differs. A second table
has what a map of 200 registers takes (see `maps`), a third for how long one step of the controller holds the loop (see
`steps`).

As a child, `python -m benchmarks.modbus bare|session|pymodbus SECONDS` reads the ports from standard input and prints
its cost.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import uvloop
from cyclopts import App
from cyclopts.types import PositiveFloat, PositiveInt
from fabgitops_core.control.plc.requests import Endpoint, ReadPlan
from fabgitops_core.modbus.pool import ModbusDevices
from pymodbus.client import AsyncModbusTcpClient
from rich.console import Console
from rich.table import Table

from benchmarks import maps, steps
from benchmarks.devices import REGISTER, TARGET
from benchmarks.pollers import INTERVAL, WARM_UP, Cost, bare, measured

SECONDS = 15.0
COUNTS = (1000, 5000)
TIMEOUT_SECS = 3.0

app = App(name="bench", help_format="plaintext")

Read = Callable[[], Awaitable[int]]
Reader = Callable[[int], Awaitable[Read]]


async def polled(reader: Reader, ports: list[int], seconds: float) -> Cost:
    """Poll each port with what `reader` makes for it, a task a device."""
    loop = asyncio.get_running_loop()
    done = 0

    async def poll(port: int) -> None:
        nonlocal done
        await asyncio.sleep(random.random() * INTERVAL)  # noqa: S311 - spreads the load
        read = await reader(port)
        due = loop.time()
        while True:
            assert await read() == TARGET
            done += 1
            due += INTERVAL
            await asyncio.sleep(due - loop.time())

    tasks = [loop.create_task(poll(port)) for port in ports]
    await asyncio.sleep(WARM_UP)
    cost = await measured(len(ports), seconds, lambda: done)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(ended, asyncio.CancelledError), ended
    return cost


async def session(ports: list[int], seconds: float) -> Cost:
    """Poll with our session."""
    devices = ModbusDevices()

    async def reader(port: int) -> Read:
        endpoint = Endpoint("127.0.0.1", port)
        device, plan = devices.open(endpoint), ReadPlan(endpoint, 1, REGISTER)

        async def read() -> int:
            return (await device.read(plan, timeout=TIMEOUT_SECS))[0]

        return read

    cost = await polled(reader, ports, seconds)
    await devices.close()
    return cost


async def pymodbus(ports: list[int], seconds: float) -> Cost:
    """Poll with pymodbus's client, told to repeat nothing, and with the check of the reply that it leaves to us."""

    async def reader(port: int) -> Read:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=TIMEOUT_SECS, retries=0)
        assert await client.connect()

        async def read() -> int:
            reply = await client.read_holding_registers(REGISTER, count=1, device_id=1)
            assert not reply.isError()
            return int(reply.registers[0])

        return read

    return await polled(reader, ports, seconds)


POLLERS = {"bare": bare, "session": session, "pymodbus": pymodbus}


def cpu_of(who: str, count: int, seconds: float) -> float:
    """Run one poller against a fresh farm of devices and return the CPU of a poll in microseconds."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with (
        subprocess.Popen([sys.executable, "-m", "benchmarks.devices", str(count)], **pipes) as farm,
        subprocess.Popen([sys.executable, "-m", "benchmarks.modbus", who, str(seconds)], **pipes) as poller,
    ):
        assert farm.stdout
        try:
            output, _ = poller.communicate(farm.stdout.readline())
        finally:
            poller.kill()
            farm.kill()
    return float(json.loads(output)["cpu_us"])


def row(count: int, seconds: float) -> tuple[str, ...]:
    """Measure all three at one count, and return a row of the table."""
    plain, ours, theirs = (cpu_of(who, count, seconds) for who in POLLERS)
    return (
        str(count),
        f"{plain:.0f} µs",
        f"{ours:.0f} µs",
        f"{theirs:.0f} µs",
        f"{ours / plain:.2f}",
        f"{ours / theirs:.2f}",
    )


def child(who: str, seconds: str) -> None:
    """Print the cost of one poller."""
    poll = partial(POLLERS[who], json.loads(sys.stdin.readline()), float(seconds))
    sys.stdout.write(json.dumps(asdict(uvloop.run(poll()))) + "\n")


@app.default
def main(seconds: PositiveFloat = SECONDS, /, *count: PositiveInt) -> None:
    """Measure what a reading costs beside others in the same run, and print three tables.

    Args:
        seconds: How long each is measured.
        count: How many PLCs; each number is a row of the table, 1000 and 5000 without any.
    """
    table = Table(
        "PLCs",
        "bare loop, CPU a poll",
        "our session",
        "pymodbus's client",
        "ours / bare (at most 2)",
        "ours / pymodbus (below 1)",
        title=f"One register every {INTERVAL} s, a connection and a task a PLC, on uvloop; user and system time",
    )
    for each in count or COUNTS:
        table.add_row(*row(each, seconds))
    console = Console(width=140)
    console.print(table)
    console.print(maps.table())
    console.print(steps.table())


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in POLLERS:
        child(*sys.argv[1:])
    else:
        app()
