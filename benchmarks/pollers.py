"""Who is measured: a bare loop that only reads, and the whole pass. Each runs in a process of its own.

`python -m benchmarks.pollers bare|fabgitops SECONDS` reads the ports from standard input as a JSON line, polls each
port every INTERVAL seconds, and prints one JSON line with what it cost.
"""

import asyncio
import json
import random
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil
import uvloop
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.lasting import settle_memory
from fabgitops_operator.hosting.metrics import Metrics

from benchmarks.devices import REGISTER, TARGET

INTERVAL = 5
WARM_UP = 2 * INTERVAL
PATIENCE = 30.0
"""Seconds for which nothing may come of a correction before the measurement is given up."""


@dataclass
class Cost:
    """What polling for a while cost; lateness and correction in seconds, memory in MiB."""

    polls: int
    due: float
    cpu_us: float
    memory: float
    lateness: tuple[float, float] = (0.0, 0.0)
    lateness_scraped: tuple[float, float] = (0.0, 0.0)
    corrected: tuple[float, float] = (0.0, 0.0)
    corrections: int = 0


def quantiles(values: list[float]) -> tuple[float, float]:
    """Return median and 99th percentile, 0 without values."""
    ordered = sorted(values) or [0.0]
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


async def measured(count: int, seconds: float, polls: Callable[[], int]) -> Cost:
    """Measure a window in which polling goes on in the background."""
    before, cpu, began = polls(), time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    done, spent, took = polls() - before, time.process_time() - cpu, time.monotonic() - began
    memory = psutil.Process().memory_info().rss / 2**20
    return Cost(done, count * took / INTERVAL, spent / max(done, 1) * 1e6, memory)


class BareProtocol(asyncio.Protocol):
    """Just enough to read a register: no framing, no checks."""

    transport: Any
    reply: asyncio.Future[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand the reply over."""
        if not self.reply.done():
            self.reply.set_result(data)


async def bare(ports: list[int], seconds: float) -> Cost:
    """Poll with a task and a connection a device, and nothing else."""
    loop = asyncio.get_running_loop()
    done = 0

    async def poll(port: int) -> None:
        nonlocal done
        await asyncio.sleep(random.random() * INTERVAL)  # noqa: S311 - spreads the load
        _transport, protocol = await loop.create_connection(BareProtocol, "127.0.0.1", port)
        due, transaction = loop.time(), 0
        while True:
            transaction = (transaction + 1) & 0xFFFF
            protocol.reply = loop.create_future()
            protocol.transport.write(struct.pack(">HHHBBHH", transaction, 0, 6, 1, 3, REGISTER, 1))
            reply = await protocol.reply
            assert int.from_bytes(reply[9:11]) == TARGET
            done += 1
            due += INTERVAL
            await asyncio.sleep(due - loop.time())

    tasks = [loop.create_task(poll(port)) for port in ports]
    await asyncio.sleep(WARM_UP)
    cost = await measured(len(ports), seconds, lambda: done)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cost


class MemoryHost:
    """A host that stores at once and forgets; it notes when corrections were proven."""

    def __init__(self) -> None:
        self.corrected: list[float] = []

    def publish(self, key: Key, status: ApiModel) -> None:
        """Take a status."""

    def tell(self, key: Key, uid: str, status: ApiModel) -> None:
        """As the port: no PLC speaks for others."""

    def pending(self, key: Key) -> bool:
        """Return that nothing is on its way."""
        del key
        return False

    async def stored(self, key: Key, limit: float) -> Stored:
        """Say that it is stored."""
        del key, limit
        return Stored.YES

    def notice(self, key: Key, notice: Notice) -> None:
        """Note when a correction is announced."""
        del key
        if notice.reason is PlcReason.DRIFT_CORRECTED:
            self.corrected.append(time.monotonic())


class LatenessKept(Metrics):
    """The operator's own metrics, which keep each lateness as well."""

    def __init__(self) -> None:
        super().__init__()
        self.lateness: list[float] = []

    def late(self, seconds: float) -> None:
        """Keep it; its number is the number of polls."""
        super().late(seconds)
        self.lateness.append(seconds)


async def fabgitops(ports: list[int], seconds: float) -> Cost:
    """Poll with the whole pass: scheduler, session, decision, metrics."""
    watcher, host = LatenessKept(), MemoryHost()
    engine = Engine(ModbusDevices(watcher.request), host, watcher)
    controller = PlcController(settle_secs=0)
    for port in ports:
        spec = IndustrialPLCSpec(device_address="127.0.0.1", port=port, target_register=REGISTER, target_value=TARGET)
        declared: Declared[Any, Any] = Declared(datetime.now(UTC), 1, spec)
        engine.declare(Key("IndustrialPLC", "default", f"plc-{port}"), controller, declared)
    await asyncio.sleep(WARM_UP)
    settle_memory()
    await asyncio.sleep(1)  # what the collector held up is made up for outside the window
    watcher.lateness.clear()
    cost = await measured(len(ports), seconds, lambda: len(watcher.lateness))
    cost.lateness = quantiles(watcher.lateness)
    watcher.lateness.clear()
    await scraped(watcher, seconds)
    cost.lateness_scraped = quantiles(watcher.lateness)
    sys.stdout.write("drift\n")
    sys.stdout.flush()
    drifted = float(await asyncio.to_thread(sys.stdin.readline))
    await all_corrected(engine, host, len(ports))
    cost.corrections = len(host.corrected)
    cost.corrected = quantiles([moment - drifted for moment in host.corrected])
    await engine.stop(1.0)
    return cost


async def all_corrected(engine: Engine, host: MemoryHost, count: int) -> None:
    """Wait until so many corrections were proven.

    Raises:
        SystemExit: For PATIENCE seconds none was; the text says how many are missing, and what one of them says.
    """
    while (before := len(host.corrected)) < count:
        deadline = time.monotonic() + PATIENCE
        while len(host.corrected) == before:
            if time.monotonic() > deadline:
                cause = next((each.cause for each in engine.circuits.troubled().values()), "they answer, and hold it")
                sys.exit(f"{count - before} of {count} devices were not corrected for {PATIENCE:.0f} s: {cause}")
            await asyncio.sleep(0.1)


async def scraped(metrics: Metrics, seconds: float) -> None:
    """Let a scraper in another process ask for /metrics every second for a while."""
    script = "import sys,time,urllib.request\nwhile True: urllib.request.urlopen(sys.argv[1]).read(); time.sleep(1)"
    async with serving(metrics.registry, "127.0.0.1", 0, str) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        scraper = await asyncio.create_subprocess_exec(sys.executable, "-c", script, url)
        await asyncio.sleep(seconds)
        scraper.kill()
        await scraper.wait()


def main(who: str, seconds: float) -> None:
    """Run one poller and print its cost."""
    ports = json.loads(sys.stdin.readline())
    poller = {"bare": bare, "fabgitops": fabgitops}[who]
    cost = uvloop.run(poller(ports, seconds))
    sys.stdout.write(json.dumps(asdict(cost)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
