"""How a fault is written, and what is refused."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.faults.grammar import KEYS
from mock_plc.faults.model import Fault, Kind
from mock_plc.faults.units import Time, seconds
from pydantic import ValidationError

from .program import finished


def fault(line: str) -> Fault:
    """Return the fault of a line."""
    return Fault.model_validate(line)


LINES = [
    "delay:2s",
    "delay:uniform:1s:3s,p=0.1,on=write",
    "delay:normal:1s:200ms",
    "delay:exponential:500ms,unit=2,function=3-4,table=holding,address=4001-4010",
    "no-reply,executes=no",
    "late",
    "late:5s,first=3",
    "exception:6,after=10s,every=60s,for=5s",
    "restart,every=60s",
    "restart,after=5s",
    "restart,p=0.01",
    "frozen,after=10s,for=30s",
    "slow-start:10s",
    "connection-limit:2",
]


@pytest.mark.parametrize("line", LINES)
def test_a_fault_is_the_line_that_it_was_made_of(line: str) -> None:
    """A fault is shown as a line that means the same, and as an object that does."""
    made = fault(line)
    assert str(made) == line
    again = Fault.model_validate(made.model_dump(mode="json", by_alias=True, exclude_unset=True))
    assert (again, str(again)) == (made, line)


def test_every_kind_can_be_written() -> None:
    """Each kind of fault has a line that gives it."""
    arguments = {"delay": ":1s", "exception": ":busy", "slow-start": ":1s", "connection-limit": ":1"}
    arguments["restart"] = ",first=1"
    for kind in Kind:
        assert fault(f"{kind}{arguments.get(kind, '')}").kind is kind


def test_help_names_every_kind_and_every_key() -> None:
    """--help lists all faults and all that can be said of one, and the model has a field for each key."""
    words = set(re.findall(r"[a-z-]+", finished("--help").stdout))
    assert {*Kind, *KEYS} - words == set()
    fields = {field.alias or name for name, field in Fault.model_fields.items()}
    assert fields - {"kind", "time", "code", "limit"} == set(KEYS)


def test_an_entry_of_a_file_may_be_an_object() -> None:
    """What a line says can be said field by field, times as numbers of seconds, exceptions by name."""
    made = Fault.model_validate(
        {"kind": "exception", "code": "busy", "on": "write", "address": 4001, "every": 60, "for": "500ms"}
    )
    assert made == fault("exception:6,on=write,address=4001,every=1m,for=0.5s")


REFUSED = [
    ("delayed:2s", 'did you mean "delay"?'),
    ("crash", "there are delay, no-reply"),
    ("delay", "delay needs its time, like delay:2s"),
    ("delay:soon", '"soon" is no time'),
    ("delay:-1s", "is no time"),
    ("delay:2d", "is no time"),
    ("delay:25h", "a day at most"),
    ("delay:uniform:1s", "does not have the parameters of uniform"),
    ("delay:uniform:3s:1s", "low end above its high end"),
    ("delay:gamma:1s", "is no distribution"),
    ("no-reply:2s", "no-reply takes nothing after a colon"),
    ("exception", "exception needs its code, like exception:6"),
    ("exception:0", "greater than or equal to 1"),
    ("exception:sleepy", "valid integer"),
    ("no-reply,p=0", "greater than 0"),
    ("no-reply,p=1.5", "less than or equal to 1"),
    ("no-reply,p=nan", "less than or equal to 1"),
    ("no-reply,often", '"often" is not KEY=VALUE'),
    ("no-reply,fr=5s", 'did you mean "for"?'),
    ("no-reply,p=", '"p=" is not KEY=VALUE'),
    ("no-reply,p=1,p=1", "p is given twice"),
    ("no-reply,on=reads", "'read', 'write' or 'both'"),
    ("no-reply,table=registers", "'holding'"),
    ("no-reply,address=70000", "from 0 to 65535"),
    ("no-reply,address=9-3", "must go upwards"),
    ("no-reply,address=x", "neither a number nor a range"),
    ("no-reply,first=0", "greater than or equal to 1"),
    ("no-reply,every=5s", "every=5s needs a shorter for"),
    ("no-reply,every=5s,for=5s", "every=5s needs a shorter for"),
    ("no-reply,for=0", "must be more than 0"),
    ("no-reply,executes=maybe", "boolean"),
    ("delay:1s,executes=no", "executes has no effect on delay"),
    ("restart", "restart needs a time, like restart,every=60s"),
    ("restart,every=5s,for=1s", "for has no effect"),
    ("frozen,p=0.5,on=read", "frozen is of the whole device: on, p has no effect on it"),
    ("slow-start:5s,after=1s", "after has no effect"),
    ("connection-limit:-1", "greater than or equal to 0"),
    ("", "is no fault"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED)
def test_a_fault_that_cannot_be_is_refused_with_the_reason(line: str, reason: str) -> None:
    """What is misspelt, out of range or without effect is refused by a sentence that says what to write."""
    with pytest.raises(ValidationError) as refused:
        fault(line)
    (error,) = refused.value.errors()
    assert reason in error["msg"]


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2), ("2s", 2), ("200ms", 0.2), ("1.5m", 90), ("1h", 3600), (0.25, 0.25), (0, 0)]
)
def test_times_have_units(text: str | float, value: float) -> None:
    """A time is a number with ms, s, m or h, and seconds without."""
    assert seconds(text) == pytest.approx(value)


@given(
    st.sampled_from(["2s", "uniform:1s:3s", "normal:100ms:1s", "exponential:500ms", "exponential:0s"]), st.integers(0)
)
def test_drawn_times_are_never_negative_and_repeatable(text: str, seed: int) -> None:
    """Whatever the distribution, no time is below 0, and the same seed draws the same ones."""

    def drawn() -> list[float]:
        dice = random.Random(seed)  # noqa: S311 - nothing secret
        return [Time.parse(text).draw(dice) for _ in range(20)]

    assert min(drawn()) >= 0
    assert drawn() == drawn()
    if text.startswith("uniform"):
        assert 1 <= min(drawn()) <= max(drawn()) <= 3


@pytest.mark.parametrize(
    ("line", "on", "off"),
    [
        ("no-reply", [0, 1, 1e6], []),
        ("no-reply,after=10s", [10, 1e6], [0, 9.9]),
        ("no-reply,for=5s", [0, 4.9], [5, 1e6]),
        ("no-reply,after=10s,for=5s", [10, 14.9], [9.9, 15, 1e6]),
        ("no-reply,every=60s,for=5s", [0, 4.9, 60, 64.9, 600], [5, 59.9, 65]),
        ("no-reply,after=1s,every=60s,for=5s", [1, 5.9, 61], [0.9, 6, 60.9]),
    ],
)
def test_a_schedule_is_kept(line: str, on: list[float], off: list[float]) -> None:
    """A fault is on from `after`, for `for`, and again `every` so often."""
    made = fault(line)
    assert [age for age in on if not made.active(age)] == []
    assert [age for age in off if made.active(age)] == []


def test_restarts_come_at_their_times() -> None:
    """A restart by the clock comes at `after`, or else after `every`, and then every so often."""
    assert [fault("restart,after=5s").next_restart(age) for age in (0, 4.9, 5, 100)] == [5, 5, None, None]
    assert [fault("restart,every=60s").next_restart(age) for age in (0, 60, 119, 121)] == [60, 120, 120, 180]
    assert [fault("restart,after=5s,every=60s").next_restart(age) for age in (0, 5, 70)] == [5, 65, 125]
