"""What counts as a wave of drift, told by an engine that looks after many PLCs."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from fabgitops_core.api.meta import SUSPEND, ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Declared, Event
from fabgitops_core.control.plc.fleet import Fleet, Terms
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.testing.host import FakeObserver

from .conftest import Bench

MANY = 20
KEYS = [Key(INDUSTRIAL_PLC.name, "line", f"plc-{number}") for number in range(MANY)]


class Watching(FakeObserver):
    """An observer that counts with a fleet, by the loop's clock."""

    def __init__(self, bench: Bench, terms: Terms) -> None:
        super().__init__()
        self.fleet = Fleet(terms)
        self.time = bench.time

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Count it."""
        super().happened(key, event, commands)
        self.fleet.happened(key, event, commands, self.time())

    def passed(self, key: Key, seconds: float) -> None:
        """Count it."""
        super().passed(key, seconds)
        self.fleet.passed(key)

    def forgotten(self, key: Key) -> None:
        """Count it."""
        super().forgotten(key)
        self.fleet.forget(key)

    @property
    def why(self) -> str:
        """Return why nothing should be corrected."""
        return self.fleet.why(self.time())


class Line:
    """A line of PLCs on a bench."""

    def __init__(self, bench: Bench, terms: Terms | None = None) -> None:
        self.bench = bench
        self.begin_anew(terms or Terms())

    def begin_anew(self, terms: Terms) -> None:
        """Let an engine begin that knows nothing but what was stored."""
        bench = self.bench
        self.observer = Watching(bench, terms)
        bench.engine = type(bench.engine)(bench.devices, bench.host, self.observer, bench.now)

    def declare(self, keys: Sequence[Key] = KEYS, generation: int = 1, **changes: Any) -> None:
        """Declare PLCs, with what is stored of them."""
        for number, key in enumerate(KEYS):
            if key in keys:
                self.bench.engine.declare(key, PlcController(settle_secs=0), self.event(number, generation, **changes))

    def event(
        self, number: int, generation: int, value: int = 2500, scale: int = 1, why: str | None = None, **changes: Any
    ) -> Declared[Any, Any]:
        """Return what is told of a declaration; with `why` it is suspended by an annotation."""
        register = {"name": "speed", "address": 4001, "scale": scale}
        wanted = {"templateRef": {"name": "drive"}} if value < 0 else {"registers": [{**register, "value": value}]}
        given = {"deviceAddress": f"10.0.0.{number}", "pollIntervalSecs": 5, "timeoutSecs": 1, **wanted, **changes}
        spec, status = IndustrialPLCSpec.model_validate(given), self.bench.host.status(KEYS[number])
        annotations = {SUSPEND: why} if why is not None else {}
        return Declared(self.bench.now(), generation, spec, status=status, annotations=annotations)

    def drift(self, count: int, value: int = 2311) -> None:
        """Let devices drift."""
        for number in range(count):
            self.bench.devices[self.at(number)][4001] = value

    def at(self, number: int) -> Endpoint:
        """Return where a PLC is."""
        return Endpoint(f"10.0.0.{number}", 502)

    async def until_all_hold(self, value: int) -> None:
        """Wait until every device holds a value."""
        await self.bench.until(lambda: all(self.bench.devices[self.at(at)][4001] == value for at in range(MANY)))

    async def looked(self, times: int = 2) -> None:
        """Wait until each PLC was looked at so many times more."""
        passes = self.observer.passes
        keys = set(KEYS) & set(self.bench.engine.keys())
        begun = len(passes)
        await self.bench.until(lambda: all(passes[begun:].count(key) >= times for key in keys))

    async def settled(self) -> None:
        """Wait until all hold what they must."""
        await self.bench.until(lambda: all(self.in_sync(key) for key in KEYS))
        await self.looked()

    def in_sync(self, key: Key) -> bool:
        """Return whether a PLC was said to hold what it must."""
        status: ApiModel | None = self.bench.host.status(key)
        return isinstance(status, IndustrialPLCStatus) and bool(status.in_sync)


@pytest.fixture
async def line(bench: Bench) -> AsyncIterator[Line]:
    """Return a line whose PLCs all hold what they must, and were looked at."""
    line = Line(bench)
    line.drift(MANY, 2500)
    line.declare()
    await line.settled()
    assert line.observer.why == ""
    yield line
    await bench.engine.stop(1.0)


@pytest.mark.parametrize(("count", "said"), [(10, ""), (11, "11 of 20 PLCs drifted within 60 s (limit: 50 %)")])
async def test_more_than_half_of_the_line_is_a_wave(line: Line, count: int, said: str) -> None:
    """Eleven of twenty are too many, ten are not."""
    line.drift(count)
    await line.looked()
    assert line.observer.why == said


async def test_what_drifts_one_after_the_other_is_none(line: Line) -> None:
    """The same number over a long time is everyday life: each counts for a minute, and once at a time."""
    for number in range(MANY):
        for _ in range(3):
            line.bench.devices[line.at(number)][4001] = 2311
            await line.looked()
            assert line.observer.why == ""


async def test_a_commit_that_changes_the_whole_line_is_none(line: Line) -> None:
    """That Git wants another value of every PLC is no drift of a device; what drifts when that is written is."""
    line.declare(generation=2, value=2600)
    await line.settled()
    assert line.observer.why == ""
    assert {line.bench.devices[line.at(number)][4001] for number in range(MANY)} == {2600}
    line.drift(MANY)
    await line.looked()
    assert line.observer.why.startswith("20 of 20")


async def test_an_edit_of_devices_that_are_away_is_none_when_they_are_back(line: Line) -> None:
    """A change that could not be looked at yet stays one until it was."""
    line.bench.engine.holds.put("test", "held")
    devices = [line.bench.devices[line.at(number)] for number in range(MANY)]
    for device in devices:
        device.unit_exceptions[1] = 0x0B
    await line.looked()
    line.declare(generation=2, value=2600)
    await line.looked(1)
    for device in devices:
        device.unit_exceptions.clear()
    await line.bench.until(lambda: not any(line.in_sync(key) for key in KEYS))
    await line.bench.until(lambda: all("Git wants 2600" in line.bench.status(key).message for key in KEYS))
    assert line.observer.why == ""


async def test_a_start_that_finds_the_line_drifted_is_one(line: Line) -> None:
    """What drifted while nobody looked counts like any other drift, for it was in sync when somebody last did."""
    await line.bench.engine.stop(0.0)
    line.drift(MANY)
    line.begin_anew(Terms())
    line.declare()
    await line.looked(1)
    assert line.observer.why == "20 of 20 PLCs drifted within 60 s (limit: 50 %)"


@pytest.mark.parametrize("edit", [{"value": 2700}, {"generation": 2, "scale": 2}], ids=["template", "map"])
async def test_a_start_that_finds_the_line_edited_is_none(line: Line, edit: dict[str, Any]) -> None:
    """What Git changed while nobody looked is wanted, also in a template; so is what was never looked at before."""
    await line.bench.engine.stop(0.0)
    line.begin_anew(Terms())
    line.declare(**edit)
    await line.settled()
    assert line.observer.why == ""
    line.bench.host.published.clear()
    await line.bench.engine.stop(0.0)
    line.drift(MANY)
    line.begin_anew(Terms())
    line.declare()
    await line.settled()
    assert line.observer.why == ""


async def test_who_only_reports_is_not_counted(line: Line) -> None:
    """PLCs that nobody corrects, or that are suspended, are in neither number."""
    line.declare(KEYS[:5], generation=2, autoCorrect=False)
    line.declare(KEYS[5:9], generation=2, suspend=True)
    await line.bench.until(lambda: all(line.bench.status(key).observed_generation == 2 for key in KEYS[:9]))
    line.drift(14)
    await line.bench.until(lambda: all(line.bench.status(key).in_sync is False for key in KEYS[:5]))
    await line.bench.until(lambda: all(line.bench.status(key).corrections_applied for key in KEYS[9:14]))
    assert line.observer.why == ""
    line.drift(15)
    await line.bench.until(lambda: line.observer.why.startswith("6 of 11 PLCs"))


async def test_what_was_suspended_may_have_been_changed_on_purpose(line: Line) -> None:
    """A line that was suspended for an hour's work on it, and is let go again, has not drifted."""
    line.declare(why="work on the belt")
    line.drift(MANY)
    line.declare()
    await line.settled()
    assert line.observer.why == ""


async def test_a_template_that_is_edited_is_none(line: Line) -> None:
    """A template that gives the same number another scale changes all on purpose; what drifts afterwards drifts."""
    for scale in (1, 2):
        register = {"name": "speed", "address": 4001, "scale": scale, "value": 5000}
        line.bench.declare_template("drive", "line", registers=[register])
        line.declare(generation=2, value=-1)
        await line.until_all_hold(5000 // scale)
        await line.settled()
        assert line.observer.why == ""
    line.drift(MANY)
    await line.looked()
    assert line.observer.why.startswith("20 of 20")


async def test_a_small_plant_has_no_waves(bench: Bench) -> None:
    """Of fewer PLCs than it takes nothing is concluded."""
    line = Line(bench)
    line.drift(MANY, 2500)
    line.declare(KEYS[:9])
    await bench.until(lambda: all(line.in_sync(key) for key in KEYS[:9]))
    await line.looked()
    line.drift(9)
    await line.looked()
    assert line.observer.why == ""
    await bench.engine.stop(1.0)


async def test_too_many_corrections_within_a_minute(bench: Bench) -> None:
    """Each write that was sent counts, for whatever reason; to begin anew forgets them."""
    line = Line(bench, Terms(percent=0, corrections=12))
    line.declare()
    await bench.until(lambda: line.observer.why != "")
    assert line.observer.why == "13 corrections within a minute (limit: 12)"
    line.observer.fleet.begin_anew()
    assert line.observer.why == ""
    await line.settled()
    assert line.observer.why == ""
    await bench.engine.stop(1.0)


async def test_who_is_gone_is_gone_from_the_count(line: Line) -> None:
    """A wave of PLCs that are deleted is none any more."""
    line.drift(11)
    await line.looked()
    for key in KEYS[:11]:
        line.bench.engine.remove(key)
    assert line.observer.why == ""
