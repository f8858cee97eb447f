"""Interlocks: what other registers must show before anything is written, and what people are told where they do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.breaker import PASS, Gate
from fabgitops_core.control.events import Due, SyncRequest
from fabgitops_core.control.neighbours import Neighbour, Outside
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.events import ReadFailed, WriteWithdrawn
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.writing import still_wanted, why_held
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from .conftest import LOST, Story

SPEED = {"name": "speed", "address": 10, "unit": "rpm"}
SETPOINT = {"name": "setpoint", "address": 20, "value": 7}
STANDS = {"register": "speed", "operator": "<", "value": 5}


def wanted(*interlocks: Mapping[str, Any], also: Mapping[str, Any] | None = None, **changes: Any) -> IndustrialPLCSpec:
    """Return a spec with a speed that is only observed, a set-point, perhaps a further register, and interlocks."""
    registers = [SPEED, SETPOINT, *([also] if also else [])]
    spec = {"deviceAddress": "10.0.0.5", "registers": registers, "correction": {"interlocks": interlocks}, **changes}
    return IndustrialPLCSpec.model_validate(spec)


@dataclass
class Interlocked(Story):
    """A story in which a device answers, also to what is to be read right before a write."""

    neighbours: dict[str, Neighbour] = field(default_factory=dict)

    def due(self, gate: Gate = PASS) -> Self:
        """Say that it is time, and what neighbours show."""
        self.tell(Due(self.at, gate, dict(self.neighbours)))
        return self

    def answered(self) -> Self:
        """Let the device answer; a write has the last word before it is sent, as the engine asks for it."""
        if not isinstance(self.request, Write):
            super().answered()
            return self
        write, outside = self.request, Outside(dict(self.neighbours))
        if write.checks:
            memory = self.device.memory
            shown = (
                tuple(memory[plan.unit_id, plan.table, plan.address + each] for each in range(plan.count))
                for plan in write.checks
            )
            outside = outside._replace(checked=tuple(shown))
        if still_wanted(self.state, write.change, self.at, outside):
            super().answered()
        else:
            hold = why_held(self.state, write.change, self.at, outside)
            self.tell(WriteWithdrawn(self.at, write.change, hold, recorded=True))
        return self

    @property
    def holds(self) -> str:
        """Return the message of what holds the correction."""
        assert [each.guard for each in self.status.held] == ["interlocks"]
        assert self.condition("Correcting") == ("False", "InterlockNotSatisfied")
        return self.status.held[0].message


def told(*interlocks: Mapping[str, Any], speed: int = 0, **changes: Any) -> Interlocked:
    """Return the story of a resource with interlocks, whose set-point has drifted."""
    story = Interlocked()
    story.declare(wanted(*interlocks, **changes))
    story.device.holding(10, speed)
    return story


def written(story: Story) -> list[int]:
    """Return the addresses that were written."""
    return [each.address for each in story.device.writes]


# --- registers of its own ---------------------------------------------------------------------------------------------


def test_nothing_is_written_while_an_interlock_is_not_satisfied() -> None:
    """While the spindle turns nothing is written and the status says which interlock it is; at rest it is."""
    story = told(STANDS, speed=900).polled()
    assert story.condition("Ready") == ("False", "Held")
    assert story.holds == "the interlock speed < 5 is not satisfied"
    assert written(story) == []
    published = len(story.published)
    story.device.holding(10, 800)
    story.polled(after=5)
    assert len(story.published) == published
    story.device.holding(10, 4)
    story.polled(after=5)
    assert written(story) == [20]
    assert story.condition("Ready") == ("True", "InSync")
    assert story.status.held == ()


def test_it_is_read_again_right_before_the_write() -> None:
    """A spindle that starts between the decision and the write is seen: nothing is sent, and that is told."""
    story = told(STANDS, speed=0).polled(until=Write)
    assert isinstance(story.request, Write)
    assert [(each.address, each.count) for each in story.request.checks] == [(10, 1)]
    story.device.holding(10, 900)
    story.answered()
    assert (written(story), story.state.stage) == ([], Stage.IDLE)
    assert story.holds == "the interlock speed < 5 is not satisfied"
    assert story.register("setpoint").unverified_write is None
    story.device.holding(10, 0)
    assert written(story.polled(after=5)) == [20]


def test_it_is_read_again_before_each_write_of_a_pass() -> None:
    """A spindle that starts after the first of two writes keeps the second back; the first is proven."""
    story = told(STANDS, also={"name": "other", "address": 30, "value": 1}).polled(until=Write)
    story.answered().answered()
    assert isinstance(story.request, Write)
    story.device.holding(10, 900)
    story.answered()
    assert written(story) == [20]
    assert story.register("setpoint").in_sync
    assert story.holds == "the interlock speed < 5 is not satisfied"
    assert [each.unverified_write for each in story.status.registers] == [None, None, None]


def test_a_resource_without_interlocks_reads_nothing_more() -> None:
    """A write of a resource without interlocks asks for nothing before it."""
    story = told().polled(until=Write)
    assert isinstance(story.request, Write)
    assert story.request.checks == ()


def test_only_what_this_map_has_is_read_before_a_write() -> None:
    """Registers of others, and of this map that no interlock names, are not read again."""
    other = {"register": "guard", "plc": "press", "operator": "==", "value": True}
    story = told(STANDS, other, speed=0)
    story.neighbours["press"] = press(guard=1)
    story.polled(until=Write)
    assert isinstance(story.request, Write)
    assert [each.address for each in story.request.checks] == [10]


def test_a_forced_sync_does_not_go_past_an_interlock() -> None:
    """Whoever forces a sync while the spindle turns writes nothing either."""
    story = told(STANDS, speed=900)
    story.declare(story.spec, request=SyncRequest("now", force=True), same=True)
    story.polled()
    assert written(story) == []
    assert story.holds


BIT = {"name": "guard", "address": 40, "type": "bit", "bit": 3}
MODE = {"name": "mode", "address": 40, "enum": {"Stopped": 0, "Manual": 2, "Auto": 3}}
TEMPERATURE = {"name": "temperature", "address": 40, "scale": 0.1, "type": "int16"}
REAL = {"name": "real", "address": 40, "type": "float32"}
RECIPE = {"name": "recipe", "address": 40, "type": "string", "length": 4}
BCD = {"name": "bcd", "address": 40, "type": "bcd16"}


@pytest.mark.parametrize(
    ("register", "operator", "value", "words", "satisfied"),
    [
        (BIT, "==", True, (8,), True),
        (BIT, "==", True, (0xFFF7,), False),
        (BIT, "!=", True, (0xFFF7,), True),
        (MODE, "==", "Manual", (2,), True),
        (MODE, "!=", "Auto", (2,), True),
        (MODE, "!=", "Auto", (3,), False),
        (MODE, "<", "Auto", (2,), True),
        (MODE, "in", ["Stopped", "Manual"], (2,), True),
        (MODE, "in", ["Stopped", 2], (3,), False),
        (TEMPERATURE, "<=", 21.5, (215,), True),
        (TEMPERATURE, "<", 21.5, (215,), False),
        (TEMPERATURE, ">", -0.1, (0,), True),
        (TEMPERATURE, ">=", -0.05, (0xFFFF,), False),
        (REAL, "<=", 0.1, (0x3DCC, 0xCCCD), True),
        (REAL, "<", 0.1, (0x3DCC, 0xCCCD), False),
        (REAL, ">=", 0.1, (0x3DCC, 0xCCCD), True),
        (REAL, ">", 1e9, (0x7F80, 0), True),
        (REAL, "<", 1e9, (0x7FC0, 0), False),
        (REAL, "!=", 1, (0x7FC0, 0), False),
        (RECIPE, "==", "AB", (0x4142, 0), True),
        (RECIPE, "in", ["X", "AB"], (0x4142, 0), True),
        (RECIPE, "!=", "AB", (0x4142, 0), False),
        (BCD, "!=", 1, (0xFFFF,), False),
        (BCD, "==", 12, (0x12,), True),
    ],
)
def test_what_compares(
    register: dict[str, Any], operator: str, value: Any, words: tuple[int, ...], satisfied: bool
) -> None:
    """Values are compared in engineering units, by name and bit; what means nothing satisfies no interlock."""
    given = {"register": register["name"], "operator": operator, "values" if operator == "in" else "value": value}
    story = told(given, also=register)
    story.device.holding(40, *words)
    assert (written(story.polled()) == [20]) is satisfied


@pytest.mark.parametrize(
    ("interlock", "also", "why"),
    [
        ({"register": "sped", "operator": "<", "value": 5}, None, "there is no register sped in the map"),
        (
            {"register": "start", "operator": "==", "value": 1},
            {"name": "start", "address": 30, "value": 1, "write": {"verify": False}},
            "start is a command, and never read",
        ),
        (
            {"register": "limit", "operator": "<", "value": 100},
            {"name": "limit", "address": 30, "value": 50},
            "limit is not as Git wants it, and would be written itself",
        ),
        ({"register": "speed", "operator": "==", "value": "fast"}, None, "speed cannot be compared with it: "),
        ({"register": "speed", "operator": "==", "value": 1.5}, None, "speed cannot be compared with it: "),
        (
            {"register": "recipe", "operator": "<", "value": 1},
            RECIPE,
            "recipe cannot be compared with it: < is for numbers, and its type is string",
        ),
        ({"register": "bcd", "operator": "<", "value": 1}, BCD, "bcd cannot be read"),
    ],
)
def test_an_interlock_that_cannot_be_looked_at_holds(
    interlock: dict[str, Any], also: dict[str, Any] | None, why: str
) -> None:
    """What is named wrongly, is never read, or would be written itself, holds everything with the reason."""
    story = told(interlock, also=also)
    story.device.holding(40, 0xFFFF, 0xFFFF)
    story.polled()
    assert written(story) == []
    assert why in story.holds


def test_a_register_that_cannot_be_read_satisfies_nothing() -> None:
    """An interlock whose register the device refuses to show is not satisfied, whatever the operator."""
    story = told({"register": "speed", "operator": "!=", "value": 5}, connection={"maxRefusedPercent": 100})
    story.device.refuses[1, Table.HOLDING, 10] = 2
    story.polled()
    assert written(story) == []
    assert "speed cannot be read" in story.holds


# --- registers of others ----------------------------------------------------------------------------------------------

GUARD = {"register": "guard", "plc": "press", "operator": "==", "value": True}


def press(guard: int = 1, age: float | None = 1.0, **changes: Any) -> Neighbour:
    """Return a PLC whose guard is closed, as its neighbours see it."""
    story = Story()
    given = {"deviceAddress": "10.0.0.6", "registers": [{**BIT, "bit": 0}, {**SETPOINT, "value": 0}], **changes}
    story.declare(IndustrialPLCSpec.model_validate(given))
    story.device.holding(40, guard)
    story.polled()
    assert PlcController().looked(story.state)
    return Neighbour(story.state, age)


def beside(neighbour: Neighbour | None, **interlock: Any) -> Interlocked:
    """Return the story of a resource that wants to know the guard of the press closed."""
    story = told({**GUARD, **interlock})
    if neighbour is not None:
        story.neighbours["press"] = neighbour
    return story


def test_another_resource_lets_a_correction_go() -> None:
    """A set-point is written while the guard of another PLC is closed, and not while it is open."""
    story = beside(press(guard=0)).polled()
    assert story.holds == "the interlock plc/press guard == true is not satisfied"
    assert PlcController().neighbours(story.state) == {"press"}
    story.neighbours["press"] = press(guard=1)
    assert written(story.polled()) == [20]


@pytest.mark.parametrize(
    ("age", "most", "satisfied"),
    [(15, None, True), (15.1, None, False), (None, None, False), (3, 3, True), (4, 3, False)],
)
def test_what_another_has_read_long_ago_does_not_count(age: float | None, most: int | None, satisfied: bool) -> None:
    """A reading may be three poll intervals of the other old, or maxAgeSecs; one that is older satisfies nothing."""
    story = beside(press(age=age), **({} if most is None else {"maxAgeSecs": most})).polled()
    assert (written(story) == [20]) is satisfied
    if not satisfied:
        assert f"press was not read within the last {most or 15} s" in story.holds


def test_it_is_looked_at_right_before_the_write() -> None:
    """A guard that opens, or whose reading gets too old, while a write waits keeps it back."""
    for now in (press(guard=0), press(age=16.0)):
        story = beside(press()).polled(until=Write)
        story.neighbours["press"] = now
        story.answered()
        assert written(story) == []
        assert story.holds


def suspended() -> Neighbour:
    """Return a press that was looked at, and is suspended since."""
    story = Story(press().state)
    story.declare(story.spec.model_copy(update={"suspend": True}))
    return Neighbour(story.state, 1.0)


def refusing() -> Neighbour:
    """Return a press that refuses to show its guard."""
    story = Story(press(connection={"maxRefusedPercent": 100}).state)
    story.device.refuses[1, Table.HOLDING, 40] = 2
    story.polled()
    assert PlcController().looked(story.state)
    return Neighbour(story.state, 1.0)


@pytest.mark.parametrize(
    ("neighbour", "why"),
    [
        (lambda: None, "there is no IndustrialPLC press in this namespace"),
        (suspended, "press is suspended, so nobody reads it"),
        (lambda: Neighbour(Story().declare(None, problem="bad").state, 0.0), "the spec of press is not valid"),
        (lambda: Neighbour(None, 0.0), "the spec of press is not valid"),
        (lambda: Neighbour(press().state._replace(memory=Story().state.memory), 0.0), "press was not read within"),
        (lambda: press(registers=[SPEED]), "there is no register guard in the map of press"),
        (
            lambda: press(registers=[{**SETPOINT, "name": "guard", "write": {"verify": False}}, SPEED]),
            "guard of press is a command, and never read",
        ),
        (lambda: press(registers=[{**RECIPE, "name": "guard"}]), "guard cannot be compared with it: "),
        (refusing, "guard of press cannot be read"),
    ],
)
def test_another_that_shows_nothing_holds_with_the_reason(neighbour: Any, why: str) -> None:
    """A PLC that is not there, suspended, invalid, out of contact or without the register holds, and it is said why."""
    story = beside(neighbour()).polled()
    assert written(story) == []
    assert why in story.holds


def test_a_press_that_is_away_has_not_been_looked_at() -> None:
    """A pass that finds no contact is no look, and what was read before is forgotten."""
    story = Story(press().state)
    story.due()
    assert isinstance(story.request, Read)
    story.tell(ReadFailed(story.at, story.request.plan, LOST))
    assert not PlcController().looked(story.state)
    assert story.state.memory.found == ()


def test_a_poll_that_finds_the_same_is_a_look() -> None:
    """A PLC that is in sync and shows the same at each poll was looked at by each of them."""
    story = Story(press().state)
    story.device.holding(40, 1)
    story.polled(after=5)
    assert PlcController().looked(story.state)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interlock", "field", "why"),
    [
        ({"register": "speed", "operator": "<"}, "value", "value"),
        ({"register": "speed", "operator": "<", "values": [1]}, "value", "value"),
        ({"register": "speed", "operator": "in", "value": 1}, "values", "values"),
        ({"register": "speed", "operator": "in", "values": []}, "values", "at least 1"),
        ({"register": "speed", "operator": "in", "values": [None]}, "values", "number"),
        ({"register": "speed", "operator": "=", "value": 1}, "operator", "'=='"),
        ({"operator": "==", "value": 1}, "register", "required"),
        ({"register": "speed", "operator": "==", "value": 1, "maxAgeSecs": 3}, "maxAgeSecs", "right before each write"),
        ({"register": "speed", "plc": "press", "operator": "==", "value": 1, "maxAgeSecs": 0}, "maxAgeSecs", "1"),
    ],
)
def test_an_interlock_that_means_nothing_is_refused(interlock: dict[str, Any], field: str, why: str) -> None:
    """Whoever writes an interlock that says too little or too much hears which field it is."""
    with pytest.raises(ValidationError) as refused:
        wanted(interlock)
    found = [(each["loc"], each["msg"]) for each in refused.value.errors()]
    assert [message for loc, message in found if loc[:4] == ("correction", "interlocks", 0, field) and why in message]


# --- whatever happens -------------------------------------------------------------------------------------------------


@given(
    speeds=st.lists(st.sampled_from([0, 4, 5, 900]), min_size=2, max_size=12),
    drifts=st.lists(st.sampled_from(["setpoint", "other", ""]), min_size=2, max_size=12),
)
def test_no_write_goes_out_whose_interlock_was_not_satisfied_when_it_was_read_last(
    speeds: list[int], drifts: list[str]
) -> None:
    """However the spindle turns between any two requests, each write finds it at rest when it was read last."""
    story = told(STANDS, also={"name": "other", "address": 30, "value": 1}, speed=speeds[0])
    for drift in drifts:
        story.device.holding({"setpoint": 20, "other": 30, "": 50}[drift], 99)
        story.due()
        while story.request is not None:
            speeds = [*speeds[1:], speeds[0]]
            story.device.holding(10, speeds[0])
            before = len(story.device.writes)
            story.answered()
            if len(story.device.writes) > before:
                assert speeds[0] < 5
        assert story.state.stage is Stage.IDLE
        assert all(each.unverified_write is None for each in story.status.registers)
