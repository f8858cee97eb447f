"""Writes within their rates: what waits says so, goes out as soon as there is room, and is read meanwhile."""

import itertools
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.plc.rationing import Rates
from fabgitops_core.control.plc.requests import Change, Endpoint
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices, FakePlc

from .conftest import Bench

KEYS = [Key(INDUSTRIAL_PLC.name, "line", f"plc-{number}") for number in range(6)]


class Timed(FakePlc):
    """A PLC that notes when it was written."""

    bench: Bench
    times: list[float]

    def carry_out(self, change: Change) -> None:
        """Note it."""
        self.times.append(self.bench.time())
        super().carry_out(change)


class TimedDevices(FakeDevices):
    """PLCs that note when they were written."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, self.times = bench, list[float]()

    def __getitem__(self, endpoint: Endpoint) -> FakePlc:
        """Return the PLC at an endpoint."""
        if endpoint not in self._plcs:
            plc = self._plcs[endpoint] = Timed()
            plc.bench, plc.times = self.bench, self.times
        return self._plcs[endpoint]


class Limited:
    """A line of PLCs that all drift, on an engine with rates."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.devices = TimedDevices(bench)

    def begin(self, rates: Rates, hosts: int = 6, registers: int = 1) -> None:
        """Declare them, on so many hosts, each with so many registers that differ."""
        bench = self.bench
        bench.engine = Engine(self.devices, bench.host, bench.observer, bench.now, rates=rates)
        for number, key in enumerate(KEYS):
            given = [{"name": f"r{at}", "address": 100 * number + at, "value": 5} for at in range(0, 2 * registers, 2)]
            where = {"deviceAddress": f"10.0.0.{number % hosts}", "pollIntervalSecs": 3600, "timeoutSecs": 1}
            bench.declare_spec(key, {**where, "registers": given})

    async def corrected(self, each: int = 1) -> list[float]:
        """Wait until all are corrected, and return when each write went out."""
        await self.bench.until(lambda: all(self.corrections(key) == each for key in KEYS))
        return self.devices.times

    def corrections(self, key: Key) -> int:
        """Return how many corrections of a PLC were proven."""
        return self.bench.status(key).corrections_applied if self.bench.host.status(key) else 0


@pytest.fixture
async def line(bench: Bench) -> AsyncIterator[Limited]:
    """Return the line."""
    yield Limited(bench)
    await bench.engine.stop(1.0)


async def test_writes_are_spread_and_each_goes_out_when_there_is_room(line: Limited) -> None:
    """Six PLCs that are polled once an hour are corrected within three seconds at two a second, and no faster."""
    began = line.bench.time()
    line.begin(Rates(in_all=2))
    times = await line.corrected()
    assert all(third - first >= 1.0 for first, third in zip(times, times[2:], strict=False))
    assert times[-1] - began < 4.0


async def test_who_waits_says_so(line: Limited) -> None:
    """What is held names the rate, and is read as ever."""
    line.begin(Rates(in_all=0.01))
    key = KEYS[-1]

    def told() -> bool:
        if line.bench.host.status(key) is None:
            return False
        return [each.reason for each in line.bench.status(key).held] == ["RateLimited"]

    await line.bench.until(told)
    message = line.bench.status(key).message
    assert message.endswith("not written: no more than 0.01 write(s) per second go out (--writes-per-second)")
    assert line.bench.status(key).registers[0].actual == "0"
    assert len(line.devices.times) == 1


async def test_each_host_has_its_own_rate(line: Limited) -> None:
    """Two hosts are written side by side, each once a second."""
    line.begin(Rates(per_host=1), hosts=2)
    times = await line.corrected()
    assert times[-1] - times[0] < 3.0
    assert all(third - first >= 1.0 for first, third in zip(times, times[2:], strict=False))


async def test_many_registers_of_one_take_turns_with_the_others(line: Limited) -> None:
    """A PLC with several registers to be written does not keep the others waiting until it is done."""
    line.begin(Rates(in_all=1), registers=2)
    await line.bench.until(lambda: len(line.devices.times) == 6)
    written = [len(line.devices[Endpoint(f"10.0.0.{number}", 502)].writes) for number in range(len(KEYS))]
    assert sum(count > 0 for count in written) >= 5, "one may have asked twice before the last had asked at all"
    times = await line.corrected(2)
    assert len(times) == 12
    assert all(second - first >= 1.0 for first, second in itertools.pairwise(times))


async def test_who_is_gone_or_put_right_by_others_is_not_waited_for(line: Limited) -> None:
    """The place of one that needs none any more goes to the next."""
    line.begin(Rates(in_all=1))
    await line.bench.until(lambda: bool(line.devices.times))
    gone, right = [key for key in KEYS if not line.corrections(key)][:2]
    line.bench.engine.remove(gone)
    number = KEYS.index(right)
    line.devices[Endpoint(f"10.0.0.{number}", 502)][100 * number] = 5
    others = [key for key in KEYS if key not in {gone, right}]
    await line.bench.until(lambda: all(line.corrections(key) == 1 for key in others))
    assert len(line.devices.times) == 4
