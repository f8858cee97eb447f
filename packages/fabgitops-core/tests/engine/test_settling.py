"""A commit that changes a template and its PLC, applied object by object: only what it says as a whole is written."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.control.events import Declared
from fabgitops_core.control.kinds import families
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices, FakePlc
from fabgitops_core.testing.host import FakeHost, FakeObserver
from hypothesis import given
from hypothesis import strategies as st

from .leaping import leaping

SECS = 5.0
START = datetime(2026, 1, 1, tzinfo=UTC)
FAN = Key(INDUSTRIAL_PLC.name, "line", "fan")
DRIVE = Key(INDUSTRIAL_PLC_TEMPLATE.name, "line", "drive")
NOT_AT_ONCE = st.floats(0.01, SECS - 0.5)
"""How long after one object of a commit the next is applied; less than what it takes to settle."""


class Slow(asyncio.Event):
    """A device that takes its time over each request, so that commits arrive in the middle of a pass."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - a test, no secret

    async def wait(self) -> bool:  # type: ignore[override]
        """Wait for up to a second."""
        await asyncio.sleep(self._random.choice([0.0, 0.01, 0.3, 1.0]))
        return True


@dataclass(frozen=True)
class Commit:
    """What Git says: a scale in the template, a speed in the PLC; and how it comes to be applied."""

    scale: float
    speed: int
    template_first: bool
    between: float
    """Seconds between its two objects."""
    after: float
    """Seconds until the next commit."""
    replaced: bool
    """Whether the template is deleted and made anew, as `kubectl replace --force` does."""
    drifts: bool
    """Whether somebody turns the knob once it is there."""

    @property
    def wanted(self) -> tuple[float, int]:
        """Return what it says: scale and speed."""
        return self.scale, self.speed


COMMITS = st.builds(
    Commit,
    scale=st.sampled_from([0.1, 1.0, 10.0]),
    speed=st.sampled_from([50, 500, 5000]),
    template_first=st.booleans(),
    between=NOT_AT_ONCE,
    after=NOT_AT_ONCE | st.floats(SECS + 1, 20.0),
    replaced=st.booleans(),
    drifts=st.booleans(),
)


class Line:
    """An engine with one PLC and its template, on a loop that leaps."""

    def __init__(self, settle_secs: float, poll_secs: int, seed: int) -> None:
        loop = asyncio.get_running_loop()
        self.devices = FakeDevices()
        self.engine = Engine(self.devices, FakeHost(), FakeObserver(), lambda: START + timedelta(seconds=loop.time()))
        self.template, self.plc = families(settle_secs)["plc"]
        self.poll_secs = poll_secs
        self.generation = 0
        self.scale, self.speed = 0.0, 0
        self.stood: list[tuple[float, tuple[float, int]]] = []
        self.time = loop.time
        self.device[1] = 500
        self.device.hold_reads = self.device.hold_writes = Slow(seed)

    @property
    def device(self) -> FakePlc:
        """Return the device."""
        return self.devices[Endpoint("10.0.0.1", 502)]

    @property
    def written(self) -> list[int]:
        """Return the words written so far."""
        return [change.values[0] for change in self.device.writes]

    def _declared(self, spec: Any) -> Declared[Any, Any]:
        self.generation += 1
        return Declared(START + timedelta(seconds=self.time()), self.generation, spec)

    def apply_template(self, commit: Commit) -> None:
        """Apply the template of a commit."""
        register = {"name": "speed", "address": 1, "scale": commit.scale, "value": "${speed}"}
        given = {"parameters": [{"name": "speed"}], "registers": [register]}
        if commit.replaced:
            self.engine.remove(DRIVE)
        self.engine.declare(DRIVE, self.template, self._declared(IndustrialPLCTemplateSpec.model_validate(given)))
        self.scale = commit.scale
        self._note()

    def apply_plc(self, commit: Commit) -> None:
        """Apply the PLC of a commit."""
        reference = {"name": "drive", "parameters": {"speed": commit.speed}}
        given = {"deviceAddress": "10.0.0.1", "pollIntervalSecs": self.poll_secs, "templateRef": reference}
        self.engine.declare(FAN, self.plc, self._declared(IndustrialPLCSpec.model_validate(given)))
        self.speed = commit.speed
        self._note()

    def _note(self) -> None:
        """Keep since when the two objects say together what they say."""
        if not self.stood or self.stood[-1][1] != (self.scale, self.speed):
            self.stood.append((self.time(), (self.scale, self.speed)))

    def settled(self, commits: list[Commit]) -> set[int]:
        """Return the words of what commits say that stood for long enough."""
        ends = [began for began, _ in self.stood[1:]] + [self.time()]
        stood = {said for (began, said), end in zip(self.stood, ends, strict=True) if end - began >= SECS}
        return {word(*each.wanted) for each in commits if each.wanted in stood}

    async def apply(self, commit: Commit) -> None:
        """Apply both, one after the other."""
        both = (self.apply_template, self.apply_plc)
        first, second = both if commit.template_first else both[::-1]
        first(commit)
        await asyncio.sleep(commit.between)
        second(commit)
        if commit.drifts:
            self.device[1] = 7
        await asyncio.sleep(commit.after)


def word(scale: float, speed: int) -> int:
    """Return the word that is wanted."""
    return round(speed / scale)


@given(commits=st.lists(COMMITS, min_size=1, max_size=6), poll_secs=st.integers(1, 7), seed=st.integers(0, 99))
def test_only_what_a_whole_commit_wants_is_written(commits: list[Commit], poll_secs: int, seed: int) -> None:
    """However the objects of commits are applied, reverted and delayed, no word is written that no commit wants."""

    async def story() -> None:
        line = Line(SECS, poll_secs, seed)
        for commit in commits:
            await line.apply(commit)
        await asyncio.sleep(SECS + poll_secs + 5)
        await line.engine.stop(0)
        assert set(line.written) <= line.settled(commits)
        assert line.device[1] == word(*commits[-1].wanted)

    leaping(story())


@pytest.mark.parametrize(("settle_secs", "wanted"), [(0.0, [5000, 500]), (SECS, [])])
def test_a_commit_that_changes_nothing_writes_nothing(settle_secs: float, wanted: list[int]) -> None:
    """A scale of a tenth and a tenth of the speed want the same word as before; without a wait 5000 stands between."""
    before = Commit(1.0, 500, True, 0.1, 20.0, replaced=False, drifts=False)
    after = Commit(0.1, 50, True, 4.0, 20.0, replaced=False, drifts=False)

    async def story() -> None:
        line = Line(settle_secs, 1, 0)
        for commit in (before, after):
            await line.apply(commit)
        await line.engine.stop(0)
        assert line.written == wanted

    leaping(story())
