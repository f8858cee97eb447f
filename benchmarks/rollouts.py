"""What it costs to lead a fleet: `python -m benchmarks.rollouts [COUNT] [SECONDS]` prints a table.

PLCs in memory are polled by turns, some that nobody leads and some that a rollout leads, so that the ratio counts,
whatever the machine does besides. Then a fleet is mustered, its change planned, and permits are given; at last it is
counted what a member takes.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

import uvloop
from cyclopts import App
from cyclopts.types import PositiveFloat, PositiveInt
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import SetpointRolloutStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Due, Event, Mustered
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.setpoint.table import SetpointRolloutController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.bus import FakeBus
from fabgitops_core.testing.devices import FakeDevices
from rich.console import Console
from rich.table import Table

from benchmarks.pollers import MemoryHost

INTERVAL = 60
POLLED, ROUNDS = 300, 40
"""How many PLCs are polled in a row, and how often that is done by turns."""
KEY = Key(SETPOINT_ROLLOUT.name, "plant", "speed")
PATIENCE = 120.0

TRACED = 2000
"""PLCs at most whose memory is counted, which makes all of it several times slower."""

app = App(name="bench-rollouts", help_format="plaintext")


class Noting:
    """An observer that notes what is measured, and keeps nothing else."""

    def __init__(self) -> None:
        self.polls = 0
        self.musters = 0
        self.status = SetpointRolloutStatus()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Count polls and musters."""
        if isinstance(event, Due):
            self.polls += 1
        elif isinstance(event, Mustered):
            self.musters += 1
        if key == KEY:
            said = [each.status for each in commands if isinstance(each, Publish)]
            self.status = next((each for each in said if isinstance(each, SetpointRolloutStatus)), self.status)

    def passed(self, key: Key, seconds: float) -> None:
        """Pass over it."""

    def late(self, seconds: float) -> None:
        """Pass over it."""

    def fault(self, key: Key, where: str) -> None:
        """Let no fault be measured.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(f"{key}: {where}")

    def forgotten(self, key: Key) -> None:
        """Pass over it."""


class Permitting:
    """Where PLCs are annotated: what is given to one is declared with it at once."""

    def __init__(self, plant: "Plant") -> None:
        self.plant = plant
        self.given = 0

    async def annotate(
        self, key: Key, uid: str, annotations: Mapping[str, str | None], *, wanted: Callable[[], bool] = bool
    ) -> None:
        """Declare a PLC with an annotation."""
        del uid
        if wanted():
            self.given += 1
            self.plant.permits[key.name] = {name: text for name, text in annotations.items() if text}
            self.plant.declare(key.name)

    async def apply(self, *_: object, **__: object) -> Any:
        """Never be asked for."""
        raise NotImplementedError

    async def draft(self, *_: object, **__: object) -> Any:
        """Never be asked for."""
        raise NotImplementedError

    async def delete(self, *_: object, **__: object) -> None:
        """Never be asked for."""
        raise NotImplementedError

    async def patch(self, *_: object, **__: object) -> Any:
        """Never be asked for."""
        raise NotImplementedError

    async def look(self, key: Key) -> Any:
        """Never be asked for."""
        raise NotImplementedError


class Plant:
    """So many PLCs of one register that hold what is wanted of them."""

    def __init__(self, count: int) -> None:
        self.names = [f"press-{number}" for number in range(count)]
        self.permits: dict[str, dict[str, str]] = {}
        self.target, self.generation = 2500, 1
        self.devices, self.noting = FakeDevices(), Noting()
        self.permitting = Permitting(self)
        self.plcs, self.rollouts = PlcController(settle_secs=0), SetpointRolloutController()
        self.engine = Engine(
            self.devices,
            MemoryHost(),
            self.noting,
            objects=self.permitting,
            bus=FakeBus(),
        )
        for number in range(count):
            self.devices[Endpoint(self.address(number), 502)][1] = self.target
        self.engine.listed(INDUSTRIAL_PLC.name, None)

    @staticmethod
    def address(number: int) -> str:
        """Return where a PLC is."""
        return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"

    def declare(self, name: str) -> None:
        """Declare a PLC as it stands."""
        number = int(name.partition("-")[2])
        metadata = {
            "name": name,
            "namespace": "plant",
            "uid": f"00000000-0000-4000-8000-{number:012}",
            "generation": self.generation,
            "labels": {"line": f"line-{number % 20}", "fleet": "presses"},
            "annotations": self.permits.get(name, {}),
        }
        given = {"deviceAddress": self.address(number), "targetRegister": 1, "targetValue": self.target}
        body = {"metadata": metadata, "spec": {**given, "pollIntervalSecs": INTERVAL}}
        event = declared(INDUSTRIAL_PLC, body, datetime.now(UTC), led=True)
        self.engine.declare(Key(INDUSTRIAL_PLC.name, "plant", name), self.plcs, event)

    async def declare_all(self) -> None:
        """Declare all, as a listing does: one in a turn."""
        for name in self.names:
            self.declare(name)
            await asyncio.sleep(0)

    def lead(self) -> None:
        """Let a rollout lead all."""
        spec = {"selector": {"matchLabels": {"fleet": "presses"}}, "maxParallel": 1000, "waves": [{"percent": 100}]}
        body = {"metadata": {"name": KEY.name, "namespace": "plant", "uid": "r", "generation": 1}, "spec": spec}
        event: Declared[Any, ApiModel] = declared(SETPOINT_ROLLOUT, body, datetime.now(UTC))
        self.engine.declare(KEY, self.rollouts, event)

    def is_planned(self) -> bool:
        """Return whether it is known that all are to change."""
        plan = self.noting.status.plan
        return plan is not None and plan.changes == len(self.names)

    async def polled(self, count: int) -> float:
        """Return what a poll costs, in microseconds of CPU, of so many in a row."""
        cpu = time.process_time()
        for name in self.names[:count]:
            await self.engine._pass(Key(INDUSTRIAL_PLC.name, "plant", name))  # noqa: SLF001 - as its scheduler does
        return (time.process_time() - cpu) / count * 1e6


async def until(true: Callable[[], bool], what: str) -> float:
    """Wait until something is true, and return how long that took."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > PATIENCE:
            raise SystemExit(f"bench: not within {PATIENCE:g} s: {what}")
        await asyncio.sleep(0.001)
    return time.perf_counter() - began


async def polls(table: Table) -> None:
    """Measure polls of PLCs that nobody leads and of others that somebody leads, by turns."""
    plants = Plant(POLLED), Plant(POLLED)
    for plant in plants:
        await plant.declare_all()
    plants[1].lead()
    await until(lambda: plants[1].noting.status.members.released == POLLED, "all are led")
    await asyncio.sleep(2)
    musters = plants[1].noting.musters
    costs = [[await plant.polled(POLLED) for plant in plants] for _ in range(ROUNDS)]
    if plants[1].noting.musters != musters:
        raise SystemExit("bench: a quiet poll was news for whoever leads")
    alone, led = (median(each) for each in zip(*costs, strict=True))
    table.add_row("a poll of a PLC that nobody leads", f"{alone:.1f} µs of CPU")
    table.add_row("a poll of one that a rollout leads", f"{led:.1f} µs of CPU, {led / alone:.2f} of that")
    for plant in plants:
        await plant.engine.stop(1.0)


async def costs(table: Table, count: int, seconds: float) -> None:
    """Measure how long it takes to know a fleet, to plan a change of it, and to permit it."""
    plant = Plant(count)
    await plant.declare_all()
    await until(lambda: plant.noting.polls >= count, "all are polled")
    cpu = time.process_time()
    plant.lead()
    took = await until(lambda: plant.noting.musters > 0, "a muster")
    table.add_row("mustered for the first time", f"{took:.1f} s, {time.process_time() - cpu:.1f} s of CPU")
    await until(lambda: plant.noting.status.members.released == count, "all are led")
    plant.target, plant.generation = 2600, 2
    await plant.declare_all()
    table.add_row("planned after the last edit", f"{await until(plant.is_planned, 'a plan'):.1f} s")
    await until(lambda: plant.permitting.given > 0, "a permit")
    given, began = plant.permitting.given, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (plant.permitting.given - given) / (time.perf_counter() - began)
    table.add_row("permits given, acted on and proven", f"{rate:.1f} a second")
    await plant.engine.stop(1.0)


async def memory(table: Table, count: int) -> None:
    """Measure what a PLC takes, what it takes more to be held back, and what it takes to lead all of them."""
    tracemalloc.start()
    plant = Plant(count)
    await plant.declare_all()

    async def taken() -> int:
        await plant.polled(count)
        for number in range(count):
            plant.devices[Endpoint(plant.address(number), 502)].plans.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    alone = await taken()
    plant.lead()
    await until(lambda: plant.noting.status.members.released == count, "all are led")
    led = await taken()
    plant.engine.remove(KEY)
    await asyncio.sleep(1)
    gated = await taken()
    table.add_row("memory of a PLC that nobody leads", f"{alone / count:.0f} bytes")
    table.add_row("more to know what it may hold", f"{(gated - alone) / count:.0f} bytes")
    more = led - gated
    table.add_row(
        "more to lead them", f"{more / count:.0f} bytes a PLC, {more / count * 10_000 / 2**20:.1f} MiB for 10,000"
    )
    await plant.engine.stop(1.0)
    tracemalloc.stop()


@app.default
def main(count: PositiveInt = 10_000, seconds: PositiveFloat = 20.0) -> None:
    """Measure and print.

    Args:
        count: How many PLCs there are.
        seconds: How long permits are counted.
    """
    table = Table("what", "how much", title=f"{count} PLCs, and a rollout that leads them")
    uvloop.run(polls(table))
    uvloop.run(costs(table, count, seconds))
    uvloop.run(memory(table, min(count, TRACED)))
    Console().print(table)


if __name__ == "__main__":
    app()
