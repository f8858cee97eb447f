"""A process that is killed at any await of a correction: the next one goes on from what was stored, and counts once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.requests import Change, Endpoint, Link, ReadPlan
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.testing.devices import FakeDevice, FakeDevices, FakePlc
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .conftest import MIXER, Bench

AT = {"deviceAddress": "10.0.0.5", "pollIntervalSecs": 1, "timeoutSecs": 1}
SPECS: dict[str, dict[str, Any]] = {
    "one register": {**AT, "targetRegister": 4001, "targetValue": 2500},
    "a map": {
        **AT,
        "registers": [
            {"name": "speed", "address": 10, "value": 7},
            {"name": "heat", "address": 20, "type": "uint32", "value": 70000},
            {"name": "pump", "address": 30, "type": "bit", "bit": 3, "value": True},
        ],
    },
}
UNLOCKED: dict[str, Any] = {
    **AT,
    "registers": [
        {
            "name": "width",
            "address": 0,
            "value": 60,
            "write": {
                "before": [{"address": 24, "value": 1000}, {"table": "coil", "address": 3, "value": True}],
                "after": [{"address": 30, "value": 1}],
            },
        }
    ],
}


class Life:
    """What one process has of the world: from its last moment on nothing of what it does has any effect."""

    def __init__(self, last: int) -> None:
        self._last = last
        self.moments = 0
        self.over = asyncio.Event()

    async def moment(self) -> None:
        """Be an await at which the process may be killed."""
        self.moments += 1
        if self.moments == self._last:
            self.over.set()
        if self.over.is_set():
            await asyncio.Event().wait()


class Store(FakeHost):
    """Keeps the last status: one after the other, each some time after it was published."""

    def __init__(self, life: Life, kept: list[IndustrialPLCStatus]) -> None:
        super().__init__()
        self._life, self.kept = life, kept
        self._waiting: list[IndustrialPLCStatus] = []
        self._storing = asyncio.create_task(self._store())
        self._news, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    def publish(self, key: Key, status: ApiModel) -> None:
        """Store a status soon, in the place of one that waits."""
        super().publish(key, status)
        assert isinstance(status, IndustrialPLCStatus)
        self._waiting = [status]
        self._idle.clear()
        self._news.set()

    def pending(self, key: Key) -> bool:
        """Return whether one waits, or is on its way."""
        del key
        return not self._idle.is_set()

    async def stored(self, key: Key, limit: float) -> Stored:
        """Wait until all is stored."""
        del key, limit
        await self._idle.wait()
        return Stored.YES

    async def _store(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            status = self._waiting.pop()
            await self._life.moment()
            self.kept.append(status)
            await self._life.moment()
            if not self._waiting:
                self._idle.set()

    def close(self) -> None:
        """End."""
        self._storing.cancel()


class Line(FakeDevice):
    """A device over a line on which a request, or its answer, may be under way when the process is killed."""

    def __init__(self, plc: FakePlc, link: Link, life: Life) -> None:
        super().__init__(plc, link)
        self._life = life

    async def read(
        self, plan: ReadPlan, *, timeout: float, urgent: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[int, ...]:
        """Read."""
        await self._life.moment()
        words = await super().read(plan, timeout=timeout, urgent=urgent, wanted=wanted)
        await self._life.moment()
        return words

    async def one(self, change: Change) -> bool:
        """Write; of a step each by itself, as its requests are under way one after the other."""
        await self._life.moment()
        done = await super().one(change)
        await self._life.moment()
        return done


class Lines(FakeDevices):
    """Lines to the PLCs of others."""

    def __init__(self, life: Life, plcs: FakeDevices) -> None:
        super().__init__()
        self._life, self._world = life, plcs

    def open(self, endpoint: Endpoint, link: Link = Link()) -> FakeDevice:  # noqa: B008 - frozen
        """Return a line."""
        return Line(self._world[endpoint], link, self._life)


async def lived(bench: Bench, spec: dict[str, Any], kept: list[IndustrialPLCStatus], last: int) -> Life:
    """Run an engine from what is kept, until it is killed at its last moment, or all is in sync and stored."""
    life = Life(last)
    store = Store(life, kept)
    engine = Engine(Lines(life, bench.devices), store, FakeObserver(), bench.now)
    wanted = IndustrialPLCSpec.model_validate(spec)
    event: Declared[Any, Any] = Declared(bench.now(), 1, wanted, "", None, kept[-1] if kept else None)
    engine.declare(MIXER, PlcController(settle_secs=0), event)

    def done() -> bool:
        return bool(kept) and bool(kept[-1].in_sync) and not store.pending(MIXER)

    await bench.until(lambda: life.over.is_set() or done())
    life.over.set()
    store.close()
    await engine.stop(0)
    return life


@pytest.mark.parametrize("name", SPECS)
async def test_killed_at_any_await_it_is_written_and_counted_once(bench: Bench, name: str) -> None:
    """Whatever the moment: every register is written once, and each drift and correction counts once."""
    spec, last, plc = SPECS[name], 0, bench.plc
    registers = len(spec.get("registers", [1]))
    while True:
        last += 1
        plc.tables.clear()
        plc.writes.clear()
        kept: list[IndustrialPLCStatus] = []
        first = await lived(bench, spec, kept, last)
        written = len(plc.writes)
        if first.moments < last:
            break
        await lived(bench, spec, kept, 0)
        assert (kept[-1].drift_events, kept[-1].corrections_applied) == (registers, registers), last
        assert len(plc.writes) == registers, (last, written)
    assert last > 7 * registers, "there are as many moments as there are requests and records, twice each"


async def test_killed_at_any_await_of_a_step_it_is_never_left_without_its_end(bench: Bench) -> None:
    """Whatever the moment: the write follows its unlock at once, the last thing that is written is the save."""
    last, plc, step = 0, bench.plc, [24, 3, 0, 30]
    while True:
        last += 1
        plc.tables.clear()
        plc.writes.clear()
        kept: list[IndustrialPLCStatus] = []
        first = await lived(bench, UNLOCKED, kept, last)
        before = [each.address for each in plc.writes]
        if first.moments < last:
            break
        await lived(bench, UNLOCKED, kept, 0)
        after = [each.address for each in plc.writes][len(before) :]
        assert before == step[: len(before)], last
        assert after == step or (before, after) == (step, []), (last, before, after)
        assert (kept[-1].drift_events, kept[-1].corrections_applied) == (1, 1), last
    assert last > 2 * len(step), "there are as many moments as there are requests, twice each"
