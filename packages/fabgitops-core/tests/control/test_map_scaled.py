"""Registers whose power of ten stands in another one, as in SunSpec: read with it, compared and written by it."""

from typing import Any

import pytest
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.plc.claims import claims_of
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteWithdrawn
from fabgitops_core.control.plc.metering import readings
from fabgitops_core.control.plc.writing import why_held
from hypothesis import given
from hypothesis import strategies as st

from .mapping import HOLDING, spec, story, write_of

# SunSpec: WMaxLimPct of model 123 (uint16, WMaxLimPct_SF) and PhVphA of model 103 (uint16, V_SF), at base 40000.
LIMIT: dict[str, Any] = {
    "name": "limit",
    "address": 40235,
    "scaleRegister": {"address": 40249},
    "unit": "%",
    "noValue": [0xFFFF],
    "value": 70,
    "min": 0,
    "max": 100,
}
VOLTAGE: dict[str, Any] = {"name": "voltage", "address": 40083, "scaleRegister": {"address": 40085}, "unit": "V"}
POWER: dict[str, Any] = {"name": "power", "type": "int16", "address": 45, "scaleRegister": {"address": 40}}


def test_a_scale_that_changes_changes_the_value() -> None:
    """The words of 70 % and 230.1 V are 700 % and 23010 V once the device says so, and then that is a drift."""
    told = story(LIMIT, VOLTAGE)
    told.device.holding(40235, 7000).holding(40249, 0xFFFE).holding(40083, 2301).holding(40085, 0xFFFF)
    told.polled()
    assert (told.register("limit").actual, told.register("voltage").actual) == ("70", "230.1")
    assert told.condition("Ready") == ("True", "InSync")
    assert told.device.writes == []
    told.device.holding(40249, 0xFFFF).holding(40085, 1)
    told.polled()
    assert told.register("voltage").actual == "23010"
    assert [(change.address, change.values) for change in told.device.writes] == [(40235, (700,))]
    assert told.register("limit").actual == "70"
    assert readings(told.state) == {"limit": 70, "voltage": 23010}
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_both_are_read_in_one_request_wherever_the_scale_stands() -> None:
    """A scale before or behind its register is read with it at once, and is nobody's to write."""
    told = story({**POWER, "value": 1500, "table": "holding"})
    told.device.holding(40, 2).holding(45, 3)
    told.polled()
    assert [(plan.address, plan.count) for plan in told.device.reads[:1]] == [(40, 6)]
    assert [(change.address, change.values) for change in told.device.writes] == [(45, (15,))]
    assert [claim.spot.address for claim in claims_of(told.state.map)] == [45]  # type: ignore[union-attr]


@pytest.mark.parametrize("odd", [0x8000, 11, 0x7FFF])
def test_a_scale_that_is_not_there_leaves_no_value(odd: int) -> None:
    """A scale of 0x8000 means no value; one that no scale may be means nothing; by neither is anything written."""
    told = story(LIMIT)
    told.device.holding(40235, 100).holding(40249, odd)
    told.polled().polled()
    assert told.register("limit").actual is None
    assert told.device.writes == []
    assert told.condition("Ready")[1] == ("NoValue" if odd == 0x8000 else "DeviceException")


def test_what_the_scale_cannot_say_is_not_written() -> None:
    """70.5 % by steps of one is neither rounded nor written; the reason is told, and it is written once it fits."""
    told = story({**LIMIT, "value": 70.5})
    told.device.holding(40235, 40).holding(40249, 0)
    told.polled().polled()
    assert told.device.writes == []
    assert told.condition("Correcting") == ("False", "ScaleImpossible")
    assert "holds no 70.5 %" in told.status.message
    told.device.holding(40249, 0xFFFF)
    told.polled(after=60)
    assert told.device.memory[1, HOLDING, 40235] == 705
    assert told.condition("Ready") == ("True", "InSync")


def test_the_scale_is_read_once_more_right_before_the_write() -> None:
    """The write asks for the scale in its own turn; one that has changed by then withdraws it, and nothing went out."""
    told = story(LIMIT)
    told.device.holding(40235, 40).holding(40249, 0xFFFE)
    told.polled(until=Write)
    write = write_of(told)
    assert [(plan.address, plan.count) for plan in write.checks] == [(40235, 15)]
    words = (40, *[0] * 13, 0xFFFF)
    hold = why_held(told.state, write.change, told.at, Outside(checked=(words,)))
    assert hold is not None
    assert "has changed since it was read" in hold.message
    assert why_held(told.state, write.change, told.at, Outside(checked=((*words[:-1], 0xFFFE),))) is None
    told.tell(WriteWithdrawn(told.at, write.change, hold=hold))
    assert told.device.writes == []


def test_a_crash_after_the_record_proves_it_by_whatever_scale_there_is() -> None:
    """A write that was recorded at one scale is proven at another that means the same value."""
    told = story(LIMIT)
    told.device.holding(40235, 40).holding(40249, 0xFFFE)
    told.polled(until=Write)
    assert told.register("limit").unverified_write == "0x1B58FFFE"
    told.device.holding(40235, 700).holding(40249, 0xFFFF)
    told = told.crashed().polled()
    assert told.status.corrections_applied == 1
    assert told.condition("Ready") == ("True", "InSync")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scaleRegister": {}}, "say where it is"),
        ({"scaleRegister": {"address": 1, "reference": 40002}}, "say where it is"),
        ({"scaleRegister": {"reference": 30002}}, "of one table"),
        ({"scaleRegister": {"address": 40235}}, "the register itself"),
        ({"scaleRegister": {"address": 40400}}, "166 words apart"),
        ({"type": "float32", "noValue": None}, "for whole numbers"),
        ({"type": "bit", "bit": 3, "value": None, "min": None, "max": None}, "for whole numbers"),
        ({"enum": {"Full": 100}}, "with an enum"),
        ({"write": {"ramp": {"maxStep": 1, "stepIntervalSecs": 1}}}, "not with a ramp"),
        ({"value": 101}, "above max"),
        ({"value": 1.23456789}, "whatever the power of ten"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    """A scale that cannot be read with its register, or beside what goes with no scale that changes, is refused."""
    with pytest.raises(ValueError, match=said):
        spec({**LIMIT, **changes})


@given(value=st.integers(-32000, 32000), first=st.integers(-10, 10), second=st.integers(-10, 10))
def test_the_same_value_by_any_scale_is_the_same(value: int, first: int, second: int) -> None:
    """Whatever fits two scales means the same by both, and what does not fit one is never written by it."""
    codec = Register.model_validate(POWER).codec
    words = (value % 0x10000, first % 0x10000)
    other = codec.scaled_as(words, (0, second % 0x10000))
    if other is not None:
        assert other[-1] == second % 0x10000
        assert codec.same(words, other)
        assert codec.text(words) == codec.text(other)
    else:
        exact = value * 10 ** (first - second) if first >= second else value / 10 ** (second - first)
        assert exact != int(exact) or abs(exact) > 32767
