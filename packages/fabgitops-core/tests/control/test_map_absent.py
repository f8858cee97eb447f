"""Registers of which the device says that they have no value: nothing is known of them, and nothing is done."""

from typing import Any

import pytest
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.metering import readings

from .mapping import HOLDING, SPEED, spec, story, sync

OUTSIDE = {"name": "outside", "address": 0, "type": "int16", "scale": 0.1, "unit": "°C", "noValue": [0x8000]}
POWER = {"name": "power", "address": 1, "type": "int16", "scale": 10, "unit": "W", "noValue": [0x8000, 0x7FFF]}
LIMIT = {"name": "limit", "address": 4, "type": "float32", "value": 70, "tolerance": "5%", "noValue": ["NaN"]}


def test_an_observed_register_without_a_value_shows_none() -> None:
    """-3276.8 °C and 327670 W are neither in the status nor in the metrics, and the rest is as it was."""
    told = story(OUTSIDE, POWER, SPEED)
    told.device.holding(0, 0x8000, 0x7FFF)
    told.polled().polled()
    for name in ("outside", "power"):
        shown = told.register(name)
        assert (shown.actual, shown.in_sync, shown.error, shown.no_value) == (None, None, None, True)
    assert told.register("outside").raw == "0x8000"
    assert readings(told.state) == {"speed": 5.0}
    assert told.condition("Ready") == ("True", "InSync")
    told.device.holding(0, 0xFFCE)
    told.polled()
    assert (told.register("outside").actual, told.register("outside").no_value) == ("-5", None)
    assert readings(told.state)["outside"] == -5.0


def test_it_is_told_at_once_and_then_not_again() -> None:
    """That a value goes and comes is told with that poll, also within its tolerance; that it stays away is not."""
    told = story({**OUTSIDE, "tolerance": 1000}, POWER).polled()
    published = len(told.published)
    told.device.holding(0, 0x8000)
    told.polled()
    assert len(told.published) == published + 1
    told.polled().polled()
    assert len(told.published) == published + 1


@pytest.mark.parametrize("nan", [0x7FC0, 0xFFFF])
def test_nothing_is_written_where_there_is_no_value(nan: int) -> None:
    """A desired register that shows none is no drift, is not written, not even by force, and is not told to be well."""
    told = story(LIMIT, SPEED)
    told.device.holding(4, nan, 0)
    told.polled().polled()
    sync(told, force=True).polled()
    assert [change.address for change in told.device.writes] == [10]
    assert told.condition("Ready") == ("Unknown", "NoValue")
    assert told.condition("InSync") == ("Unknown", "NoValue")
    assert told.status.registers_in_sync == "1/2"
    assert "limit (holding register 4) has no value" in told.status.message
    assert told.status.drift_events == 1
    told.device.holding(4, 0x4290, 0)
    told.polled()
    assert told.condition("Ready") == ("True", "InSync")


def test_a_drift_that_vanishes_into_no_value_is_over() -> None:
    """What drifted and has no value now drifts no more; when it comes back it is a new episode."""
    told = story(LIMIT, autoCorrect=False)
    told.device.holding(4, 0x4000, 0)
    told.polled()
    assert told.register("limit").drifted_since is not None
    told.device.holding(4, 0x7FC0, 0)
    told.polled()
    assert (told.register("limit").drifted_since, told.status.drifted_since) == (None, None)
    told.device.holding(4, 0x4000, 0)
    told.polled()
    assert told.status.drift_events == 2


def test_a_write_that_reads_back_as_no_value_stays_open() -> None:
    """A write after which there is no value is neither proven nor failed until there is one, also over a crash."""
    told = story(LIMIT)
    told.device.holding(4, 0x4000, 0)
    told.polled(until=Write)
    told.device.stubborn = {(1, HOLDING, 4), (1, HOLDING, 5)}
    told.device.holding(4, 0x7FC0, 0)
    told.polled()
    assert told.register("limit").unverified_write == "0x428C0000"
    assert told.condition("Ready") == ("Unknown", "NoValue")
    told = told.crashed()
    told.device.holding(4, 0x428C, 0)
    told.polled()
    assert told.status.corrections_applied == 1
    assert told.condition("Ready") == ("True", "InSync")


def test_an_interlock_on_it_is_not_satisfied() -> None:
    """Where the register that an interlock names has no value nothing is written, and that is the reason."""
    interlock = {"register": "outside", "operator": "<", "value": 50}
    told = story(OUTSIDE, SPEED, correction={"interlocks": [interlock]})
    told.device.holding(0, 0x8000)
    told.polled()
    assert told.device.writes == []
    assert "outside has no value" in told.status.message


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ({**OUTSIDE, "value": -3276.8}, "mean no value"),
        ({**OUTSIDE, "noValue": [0x10000]}, "noValue"),
        ({**OUTSIDE, "noValue": []}, "noValue"),
        ({**OUTSIDE, "noValue": [True]}, "noValue"),
        ({**OUTSIDE, "noValue": ["32768"]}, "neither hexadecimal"),
        ({"name": "big", "address": 1, "type": "uint64", "noValue": [2**63]}, "in quotes"),
        ({"name": "coil", "address": 1, "table": "coil", "noValue": [1]}, "true or false and nothing else"),
        ({"name": "reset", "address": 1, "value": 1, "noValue": [0], "write": {"verify": False}}, "never read"),
        ({**OUTSIDE, "enum": {"none": -32768}, "scale": 1}, "mean no value"),
    ],
)
def test_what_makes_no_sense_is_refused(register: dict[str, Any], said: str) -> None:
    """Words for none that cannot stand there, or that are wanted themselves, are refused before anything is written."""
    with pytest.raises(ValueError, match=said):
        spec(register)


def test_a_ramp_takes_no_step_onto_it() -> None:
    """A ramp whose next step would be the words for none writes nothing there, and says so."""
    ramped = {
        **POWER,
        "scale": 1,
        "value": 100,
        "noValue": [50],
        "write": {"ramp": {"maxStep": 50, "stepIntervalSecs": 1}},
    }
    told = story(ramped).polled()
    assert told.device.writes == []
    assert "there is no value within 50" in told.status.message


def test_a_register_that_names_no_such_words_takes_no_memory_for_them() -> None:
    """Most registers of most maps are like that: what says that there are none is there once for all of them."""
    wanted = spec({"name": "a", "address": 1}, {"name": "b", "address": 2, "type": "float32"}).registers_wanted
    assert wanted[0].codec.absent is wanted[1].codec.absent
