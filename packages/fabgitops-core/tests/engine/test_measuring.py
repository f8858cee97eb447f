"""What changes are judged by is measured: registers and the fleet by what is known here, the rest by who is asked."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.commands import Commands, Measure, Wake
from fabgitops_core.control.events import Declared, Event, Measured, MeasureFailed, Mustered
from fabgitops_core.control.members import Selects
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine import measuring
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import MetricError
from fabgitops_core.testing.devices import FakePlc
from fabgitops_core.testing.metrics import FakeMetrics

from .conftest import Bench

JUDGE = Kind("Judge", "judges", "judge", (), "It judges.", ApiModel, None, ())
WHO = Key("Judge", "default", "judge")
LABELS = {"line": "7"}


class State(NamedTuple):
    """What a judge knows: what it asks, and whether it has been declared."""

    there: bool = False


class JudgeController:
    """It leads line 7 and measures one metric each second."""

    kind = JUDGE

    def __init__(self) -> None:
        self.metric: Metric | None = None
        self.problem = ""
        self.since: datetime | None = None
        self.passes = 0
        self.said: list[Measured | MeasureFailed] = []

    def start(self, key: Key) -> State:
        """Return that nothing is known."""
        del key
        return State()

    def step(self, state: State, event: Event) -> tuple[State, Commands]:
        """Measure, and note what came of it."""
        if isinstance(event, Declared):
            return State(there=True), (Wake(0.0),)
        if isinstance(event, Mustered):
            self.passes += 1
            return state, (Measure(0, "t/m", self.metric, self.problem, self.since),)
        if isinstance(event, Measured | MeasureFailed):
            self.said.append(event)
            return state, (Wake(1.0),)
        return state, ()

    def leads(self) -> str:
        """Return that it leads PLCs."""
        return INDUSTRIAL_PLC.name

    def selects(self, state: State) -> Selects | None:
        """Return that it leads line 7."""
        return (lambda labels: labels.get("line") == "7") if state.there else None

    def place(self, state: State, name: str) -> str:
        """Return that nobody has a place."""
        del state, name
        return ""

    def places(self, state: State) -> object:
        """Return that there are none."""
        del state
        return ""

    def consults(self, state: State) -> frozenset[tuple[str, str]]:
        """Return that it consults nobody."""
        del state
        return frozenset()


class Court:
    """A bench with a judge, over PLCs that hold a temperature at 30."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.judge = JudgeController()
        self.metrics = FakeMetrics()
        bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now, metrics=self.metrics)

    def plc(self, name: str, temp: int, address: str = "10.0.0.5") -> FakePlc:
        """Declare a PLC with a temperature, and a text that is no number; return its device."""
        registers = [{"name": "temp", "address": 30}, {"name": "label", "address": 60, "type": "string", "length": 4}]
        spec = IndustrialPLCSpec.model_validate(
            {"deviceAddress": address, "registers": registers, "pollIntervalSecs": 1, "timeoutSecs": 1}
        )
        event: Declared[Any, Any] = Declared(self.bench.now(), 1, spec, uid=name, labels=LABELS)
        self.bench.engine.declare(Key(INDUSTRIAL_PLC.name, "default", name), PlcController(settle_secs=0), event)
        device = self.bench.devices[Endpoint(address, 502)]
        device[30] = temp
        return device

    async def says(self, value: Any = None, missing: str = "", why: str = "", **provider: Any) -> None:
        """Wait until the judge is told this of a provider."""
        self.judge.metric = Metric.model_validate({"name": "m", "provider": provider}) if provider else None
        if WHO not in set(self.bench.engine.keys()):
            self.bench.engine.listed(INDUSTRIAL_PLC.name, None)
            self.bench.engine.declare(WHO, self.judge, Declared(self.bench.now(), 1, ApiModel()))

        def told() -> bool:
            last = self.judge.said[-1] if self.judge.said else None
            if isinstance(last, MeasureFailed):
                return bool(why) and why in last.why
            return last is not None and not why and last.answer == Answer(value, missing)

        await self.bench.until(told)


@pytest.fixture
async def court(bench: Bench) -> Court:
    """Return a bench with a judge."""
    return Court(bench)


REGISTER = {"expression": 'plc["press"].temp'}


async def test_a_register_is_measured_as_it_was_read_last(court: Court) -> None:
    """An expression over registers is given what the PLC showed at its last poll."""
    press = court.plc("press", 71)
    await court.says(71.0, registers=REGISTER)
    press[30] = 72
    await court.says(72.0, registers=REGISTER)


async def test_a_register_that_is_not_fresh_is_no_data(court: Court) -> None:
    """What a PLC showed more than three polls ago is not judged, and what it shows when it answers again is."""
    press = court.plc("press", 71)
    await court.says(71.0, registers=REGISTER)
    press.hold_answers = asyncio.Event()
    await court.says(missing="press was not read lately", registers=REGISTER)
    press.hold_answers.set()
    press.hold_answers = None
    await court.says(71.0, registers=REGISTER)


async def test_a_plc_that_is_away_is_no_data(court: Court) -> None:
    """A PLC out of contact shows nothing, whatever it showed before."""
    press = court.plc("press", 71)
    await court.says(71.0, registers=REGISTER)
    press.read_errors = [Unreachable("10.0.0.5:502 refused the connection")] * 1000
    await court.says(missing="press was not read lately", registers=REGISTER)


async def test_what_is_not_there_is_an_error(court: Court) -> None:
    """A PLC or a register of another name is told by it, and so is what is no number."""
    court.plc("press", 71)
    await court.says(why="there is no PLC oven", registers={"expression": 'plc["oven"].temp'})
    await court.says(why="press has no register temperature", registers={"expression": 'plc["press"].temperature'})
    await court.says(missing="label of press was not read as a number", registers={"expression": 'plc["press"].label'})


@pytest.mark.parametrize("inline", [256, 0])
async def test_an_expression_goes_over_those_that_are_led(
    court: Court, inline: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expression knows the names of those that are led, few or so many that they are gone over beside the loop."""
    monkeypatch.setattr(measuring, "INLINE", inline)
    court.plc("press", 71)
    court.plc("mixer", 60, "10.0.0.6")
    await court.says([60.0, 71.0], registers={"expression": "members.map(m, plc[m].temp)"})


async def test_the_fleet_is_measured(court: Court) -> None:
    """How many of those that are led stand how is what their facts say."""
    court.plc("press", 71)
    away = court.plc("mixer", 60, "10.0.0.6")
    away.read_errors = [Unreachable("10.0.0.6:502 refused the connection")] * 1000
    counts = {"total": 2, "released": 2, "inSync": 1, "reachable": 1, "proven": 1, "held": 0, "failed": 0}
    await court.says({**counts, "corrections": 0}, fleet={"of": "All"})


async def test_others_are_asked_through_the_port(court: Court) -> None:
    """Prometheus and web servers are asked as the metric says, and what they cannot answer is told."""
    court.metrics.answers = {"up": [1.0], "down": MetricError("no connection")}
    await court.says([1.0], prometheus={"query": "up"})
    await court.says(why="no connection", prometheus={"query": "down"})
    await court.says([], web={"url": "http://nobody"})
    assert set(court.metrics.asked) == {"up", "down", "http://nobody"}


class Slow(FakeMetrics):
    """It answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let, self.left = asyncio.Event(), 0

    async def ask(self, provider: Provider) -> Answer:
        """Answer then, and note who does not wait for it any more."""
        answer = await super().ask(provider)
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        return answer


def slowly(court: Court) -> Slow:
    """Let a judge ask somebody who answers slowly; return who that is."""
    bench, slow = court.bench, Slow()
    bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now, metrics=slow)
    bench.engine.listed(INDUSTRIAL_PLC.name, None)
    slow.answers = {"up": [1.0]}
    court.judge.metric = Metric.model_validate({"name": "m", "provider": {"prometheus": {"query": "up"}}})
    bench.engine.declare(WHO, court.judge, Declared(bench.now(), 1, ApiModel()))
    return slow


async def test_whoever_waits_for_a_slow_answer_goes_on_looking(court: Court) -> None:
    """While an answer is on its way it acts on what people say, and others do; it asks once, and counts it once."""
    slow, bench = slowly(court), court.bench
    await bench.until(lambda: court.judge.passes == 3)
    before, at = court.judge.passes, bench.time()
    bench.engine.declare(WHO, court.judge, Declared(bench.now(), 2, ApiModel()))
    await bench.until(lambda: court.judge.passes > before)
    assert bench.time() - at <= measuring.MOMENT_SECS + 0.5
    assert (slow.asked, court.judge.said) == (["up"], [])
    slow.let.set()
    await bench.until(lambda: len(court.judge.said) == 1)
    answer = court.judge.said[0]
    assert isinstance(answer, Measured)
    assert answer.answer == Answer([1.0])


async def test_a_slow_answer_is_waited_for_with_few_passes(court: Court) -> None:
    """Ten minutes of waiting are looked at a dozen times, and not each second."""
    slow, bench = slowly(court), court.bench
    await bench.until(lambda: bench.time() > 600)
    assert (slow.asked, court.judge.passes < 15) == (["up"], True)


async def test_what_is_asked_no_more_is_not_waited_for(court: Court) -> None:
    """Another analysis asks anew, though the question is the same; what is removed, and an end, leave no question."""
    slow, bench = slowly(court), court.bench
    await bench.until(lambda: court.judge.passes == 2)
    court.judge.since = bench.now()
    await bench.until(lambda: len(slow.asked) == 2)
    assert (slow.left, court.judge.said) == (1, [])
    bench.engine.remove(WHO)
    await bench.until(lambda: slow.left == 2)
    bench.engine.declare(WHO, court.judge, Declared(bench.now(), 1, ApiModel()))
    await bench.until(lambda: len(slow.asked) == 3)
    await bench.engine.stop(0.0)
    assert (slow.left, court.judge.said) == (3, [])


async def test_slow_answers_of_one_namespace_hold_up_no_other(court: Court) -> None:
    """However many judges of a namespace wait for slow answers, only three are asked for, and others are judged."""
    slow: list[str] = []

    class Stuck(FakeMetrics):
        async def ask(self, provider: Provider) -> Answer:
            if provider.web is not None:
                slow.append(provider.web.url)
                await asyncio.Event().wait()
            return await super().ask(provider)

    bench = court.bench
    court.metrics = Stuck()
    bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now, metrics=court.metrics)
    bench.engine.listed(INDUSTRIAL_PLC.name, None)
    for name in "abcde":
        judge = JudgeController()
        judge.metric = Metric.model_validate({"name": "m", "provider": {"web": {"url": f"http://{name}"}}})
        bench.engine.declare(Key("Judge", "busy", name), judge, Declared(bench.now(), 1, ApiModel()))
    await bench.until(lambda: len(slow) >= measuring.OF_A_NAMESPACE)
    court.metrics.answers = {"up": [1.0]}
    await court.says([1.0], prometheus={"query": "up"})
    assert len(slow) == measuring.OF_A_NAMESPACE


async def test_what_cannot_be_asked_comes_back(court: Court) -> None:
    """A metric that is not there any more is a failure with its reason, and so is one that nobody may be asked for."""
    court.judge.problem = "there is no AnalysisTemplate t"
    await court.says(why="there is no AnalysisTemplate t")
    bench = court.bench
    bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now)
    await court.says(why="this operator asks neither Prometheus nor web servers", prometheus={"query": "up"})
