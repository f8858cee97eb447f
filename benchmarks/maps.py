"""What a pass over a map of 200 registers takes: every register by itself, beside the readings that are planned.

As a child, `python -m benchmarks.maps farm` serves COUNT devices of mock-plc with that map, prints their ports as one
JSON line, and for each line on standard input how many requests they have answered so far.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import uvloop
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.planner import Batch, batch_of, planned
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.modbus.pool import ModbusDevices
from mock_plc.machine.machine import Machine
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.spec.reading import parse
from rich.table import Table

COUNT = 20
PASSES = 25
GAP = 10


def registers() -> list[dict[str, Any]]:
    """Return the map: a meter's floats, six groups of parameters with six unused words between, counters, outputs."""
    return [
        *({"name": f"m{at}", "table": "input", "address": 2 * at, "type": "float32"} for at in range(80)),
        *({"name": f"p{at}", "address": 100 + at + 6 * (at // 10)} for at in range(60)),
        *({"name": f"c{at}", "address": 1000 + 2 * at, "type": "int32"} for at in range(20)),
        *({"name": f"q{at}", "table": "coil", "address": at} for at in range(40)),
    ]


def wanted(port: int, gap: int = 0) -> DeviceMap:
    """Return the map of a device on a port of this machine."""
    spec = {"deviceAddress": "127.0.0.1", "port": port, "registers": registers(), "connection": {"maxGapWords": gap}}
    return map_of(IndustrialPLCSpec.model_validate(spec), "default", {})


def alone(of: DeviceMap) -> list[Batch]:
    """Return a reading for each register."""
    return [batch_of((at,), of.points) for at in range(len(of.points))]


async def farm() -> None:
    """Serve until standard input ends."""
    device = parse(json.dumps({"holes": "zero", "registers": registers()}), "map")
    stations = [Station(Machine(device)) for _ in range(COUNT)]
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(listening(each)) for each in stations]
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            sys.stdout.write(f"{sum(each.requests for each in stations)}\n")
            sys.stdout.flush()


@dataclass(frozen=True)
class PassCost:
    """What a pass over one device took: milliseconds by the clock, while all are read at once, and of our CPU."""

    elapsed: float
    cpu: float


async def passes(readings: list[list[Batch]]) -> PassCost:
    """Read each device's readings PASSES times, one after the other, all devices at once."""
    devices = ModbusDevices()

    async def read(batches: list[Batch]) -> float:
        share = devices.open(batches[0].plan.endpoint)
        began = time.perf_counter()
        for _ in range(PASSES):
            for batch in batches:
                await share.read(batch.plan, timeout=5)
        return (time.perf_counter() - began) / PASSES

    cpu = time.process_time()
    took = await asyncio.gather(*(read(each) for each in readings))
    spent = (time.process_time() - cpu) / PASSES / len(readings)
    await devices.close()
    return PassCost(sum(took) / len(took) * 1e3, spent * 1e3)


@dataclass(frozen=True)
class Way:
    """How a map is read."""

    name: str
    gap: int = 0
    planned: bool = True

    def readings(self, port: int) -> list[Batch]:
        """Return the readings of a pass over the device at a port."""
        of = wanted(port, self.gap)
        return list(planned(of.points, of.limits)) if self.planned else alone(of)


WAYS = (Way("one by one", planned=False), Way("planned"), Way(f"planned, maxGapWords {GAP}", GAP))


def table() -> Table:
    """Measure, and return what a pass takes each way; the devices themselves count the requests."""
    told = Table(
        "a map of 200 registers",
        "requests a pass",
        "elapsed a pass",
        "our CPU a pass",
        title=f"{PASSES} passes over {COUNT} devices of mock-plc at once, a connection each, on uvloop",
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-m", "benchmarks.maps", "farm"], **pipes) as served:
        assert served.stdin
        assert served.stdout
        try:
            ports, before = json.loads(served.stdout.readline()), 0
            for way in WAYS:
                cost = uvloop.run(passes([way.readings(port) for port in ports]))
                served.stdin.write("served\n")
                answered = int(served.stdout.readline())
                requests, before = (answered - before) / (PASSES * COUNT), answered
                told.add_row(way.name, f"{requests:g}", f"{cost.elapsed:.1f} ms", f"{cost.cpu:.2f} ms")
        finally:
            served.kill()
    return told


if __name__ == "__main__":
    uvloop.run(farm())
