"""What a map's registers hold: tolerances, bits, coils, values that are only observed, and words that mean nothing."""

from typing import Any

import pytest
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.table import PlcController

from .conftest import Story
from .mapping import HOLDING, LEVEL, spec, story, write_of


def test_what_stays_within_its_tolerance_is_left_alone() -> None:
    """A value within the tolerance is in sync and never published as it wanders; one outside is corrected."""
    told = story(LEVEL)
    told.device.holding(12, 0x41AC, 0x0000)
    told.polled()
    published = len(told.published)
    for low in range(1, 50):
        told.device.holding(12, 0x41AC + low % 4, low)
        told.polled(after=120)
    assert len(told.published) == published
    assert told.device.writes == []
    assert "within its tolerance" in told.status.message
    told.device.holding(12, 0x4200, 0)
    told.polled()
    assert told.status.corrections_applied == 1


def test_an_edited_tolerance_is_looked_at_with_new_eyes() -> None:
    """A value that stood within its tolerance drifts when the tolerance is narrowed, although nothing else changed."""
    told = story(LEVEL, autoCorrect=False)
    told.device.holding(12, 0x41AE, 0)
    told.polled()
    assert told.status.in_sync
    told.declare(spec({**LEVEL, "tolerance": 0.1}, autoCorrect=False)).polled()
    assert told.status.drift_events == 1
    assert told.register("level").in_sync is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"value": 25}, {"value": 25, "scale": 0.1}),
        ({"value": "Run", "enum": {"Run": 25}}, {"value": "Run", "enum": {"Run": 26}}),
        ({"value": 25, "tolerance": 5}, {"value": 25, "tolerance": 1}),
    ],
)
def test_an_edit_while_nobody_looked_is_not_passed_over(before: dict[str, Any], after: dict[str, Any]) -> None:
    """After a restart a stored status is not believed about what a changed scale, enum or tolerance makes of it."""
    first = {"name": "speed", "address": 10}
    told = story({**first, **before})
    told.device.holding(10, 25 + 3 * ("tolerance" in before))
    told.polled()
    assert told.status.in_sync
    edited = Story(generation=told.generation + 1, device=told.device, at=told.at)
    edited.tell(Declared(told.at, edited.generation, spec({**first, **after}), status=told.status)).polled()
    assert edited.status.drift_events == 1
    assert len(edited.device.writes) == 1


def test_what_is_only_observed_is_told_once_a_minute() -> None:
    """An observed register that wanders is published at most once a minute, within its tolerance not at all."""
    told = story({"name": "flow", "address": 3}, {"name": "heat", "address": 4, "tolerance": 5}).polled()
    assert told.status.message == "2 register(s) read; none has a desired value"
    assert told.status.registers_in_sync == "0/0"
    published, began = len(told.published), told.at
    for value in range(1, 100):
        told.device.holding(3, value, value % 5)
        told.polled()
    minutes = (told.at - began).total_seconds() / 60
    assert 0 < len(told.published) - published <= minutes + 1
    assert "DriftDetected" not in told.notices


HEAT = {"name": "heat", "address": 4, "tolerance": 5}
PIECES = {"name": "heat", "parts": [{"address": 4 + each, "weight": 1} for each in range(16)], "tolerance": 5}


def test_what_is_only_observed_is_not_told_within_its_tolerance() -> None:
    """A value that stays within the tolerance of what was told is never told again, and one beyond it is."""
    told = story(HEAT)
    told.device.holding(4, 20)
    published = len(told.polled().published)
    for value in range(100):
        told.device.holding(4, 15 + value % 11)
        told.polled(after=10)
    assert (len(told.published), told.register("heat").actual) == (published, "20")
    told.device.holding(4, 26)
    told.polled(after=60)
    assert (len(told.published), told.register("heat").actual) == (published + 1, "26")


@pytest.mark.parametrize(
    ("more", "raw"),
    [
        ({"type": "bcd16"}, "0xFFFF"),
        ({"scaleRegister": {"address": 5}}, "0x0014000B"),
        ({"noValue": [0x8000]}, "0x8000"),
        ({"address": None, "parts": PIECES["parts"]}, None),
    ],
)
def test_what_was_told_before_may_mean_nothing(more: dict[str, Any], raw: str | None) -> None:
    """Words in the status that no such register shows, or that are cut, stop no poll: what is there now is told."""
    told = story({**HEAT, **more})
    told.device.holding(4, 0x20)
    told.polled()
    (stored,) = told.status.registers
    odd = stored if raw is None else stored.model_copy(update={"raw": raw})
    revived = Story().declare(told.spec, status=told.status.model_copy(update={"registers": (odd,)}))
    revived.device = told.device.holding(4, 0x21)
    revived.polled(after=60)
    assert revived.register("heat").actual == ("21" if more.get("type") == "bcd16" else "33")


def test_every_observed_value_is_in_the_metrics() -> None:
    """What is not published is in the numbers for metrics: the last of each register."""
    told = story({"name": "flow", "address": 3}, LEVEL).polled()
    told.device.holding(3, 77)
    told.polled()
    assert PlcController().readings(told.state) == {"flow": 77, "level": 21.5}
    told.device.away = {1}
    assert PlcController().readings(told.polled().state) == {}


def test_what_must_be_is_in_the_metrics_beside_what_is() -> None:
    """Numbers that Git wants are told whether the device answers or not, names as what they stand for, texts never."""
    told = story(
        {"name": "speed", "address": 3, "value": 49.5, "scale": 0.1, "unit": "Hz"},
        {"name": "mode", "address": 4, "enum": {"Stopped": 0, "Running": 1}, "value": "Running"},
        {"name": "label", "address": 5, "type": "string", "length": 4, "value": "AB"},
        {"name": "flow", "address": 8, "unit": "l/min"},
    )
    assert PlcController().targets(told.state) == {"speed": 49.5, "mode": 1}
    assert PlcController().units(told.state) == {"speed": "Hz", "flow": "l/min"}


@pytest.mark.parametrize(
    "register",
    [
        {"type": "float32", "value": 0.1},
        {"type": "float32", "value": "16777217.0", "byteOrder": "CDAB"},
        {"type": "float64", "value": 0.1, "scale": 0.3, "byteOrder": "DCBA"},
        {"type": "int16", "value": -2.5, "scale": 0.1},
        {"type": "uint16", "value": "Running", "enum": {"Stopped": 0, "Running": 1}},
        {"type": "bcd32", "value": 12345678},
        {"type": "string", "value": "LINE 4", "length": 10},
        {"type": "uint64", "value": "18446744073709551615"},
    ],
)
def test_nothing_drifts_against_itself(register: dict[str, Any]) -> None:
    """Whatever was written once in its own encoding is in sync when it is read back, and stays so."""
    told = story({"name": "it", "address": 100, **register}).polled()
    assert len(told.device.writes) == 1
    assert told.status.in_sync
    told.polled().polled()
    assert len(told.device.writes) == 1
    revived = told.crashed().polled()
    assert len(revived.device.writes) == 1
    assert revived.published == []


def test_bits_of_one_word_are_written_without_disturbing_each_other() -> None:
    """Two bits of a word are read, written and proven at once; whatever the others hold stays."""
    bits = [{"name": f"b{bit}", "address": 7, "type": "bit", "bit": bit, "value": bit == 0} for bit in (0, 15)]
    told = story(*bits)
    told.device.holding(7, 0b1000_0000_1111_0000)
    told.polled()
    assert told.device.memory[1, HOLDING, 7] == 0b0000_0000_1111_0001
    assert [change.mask for change in told.device.writes] == [1 | 1 << 15]
    assert len(told.device.reads) == 1 + 1
    assert told.status.registers_in_sync == "2/2"
    told.device.memory[1, HOLDING, 7] ^= 0b0100_0000
    published = len(told.published)
    told.polled()
    assert len(told.published) == published, "bits that nobody named changed, and no more"


def test_a_bit_that_is_right_by_the_time_of_its_write_is_no_correction() -> None:
    """A bit that somebody else put right before we wrote it is resolved, not corrected: nothing of ours was sent."""
    flag = {"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}
    told = story(flag).polled(until=Write)
    told.device.holding(3, 1)
    while told.request:
        told.answered()
    assert told.device.writes == []
    assert (told.status.drift_events, told.status.corrections_applied, told.status.in_sync) == (1, 0, True)
    assert told.notices == ["DriftDetected", "DriftResolved"]
    assert (told.register("flag").unverified_write, told.register("flag").drifted_since) == (None, None)


def test_a_bit_that_is_right_only_while_it_is_about_to_be_written() -> None:
    """A bit that flips on its own is said to be looked at again, its episode goes on, and the next poll corrects it."""
    told = story({"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}).polled(until=Write)
    told.device.holding(3, 1)
    told.answered()
    told.device.holding(3, 0)
    told.answered()
    assert told.condition("Ready") == ("False", "Correcting")
    assert "the next poll looks again" in told.status.message
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 0)
    told.polled()
    assert told.notices == ["DriftDetected", "DriftCorrected"]
    assert (told.status.drift_events, told.status.corrections_applied, told.status.in_sync) == (1, 1, True)


@pytest.mark.parametrize("right", [False, True], ids=["refused", "spared"])
def test_a_write_that_was_not_made_leaves_no_record_behind_a_suspension(right: bool) -> None:
    """A resource suspended while a write waits, which then is not made, is not stored as if it perhaps had been."""
    flag = {"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}
    told = story(flag).polled(until=Write)
    told.device.holding(3, int(right))
    told.device.read_only = set() if right else {(1, Table.HOLDING, 3)}
    change = write_of(told)
    told.declare(spec(flag, suspend=True))
    told.tell(told.device.answer(told.at, change))
    assert told.published[-1].registers[0].unverified_write is None
    assert told.condition("Ready") == ("Unknown", "Suspended")


def test_a_coil_and_a_discrete_input() -> None:
    """A coil is corrected, a discrete input and an input register are observed, each in its own table."""
    told = story(
        {"name": "pump", "table": "coil", "address": 0, "value": True},
        {"name": "door", "reference": 10001},
        {"name": "heat", "reference": 30001},
    )
    told.device.memory[1, Table.DISCRETE, 0] = 1
    told.device.memory[1, Table.INPUT, 0] = 200
    told.polled()
    assert told.device.memory[1, Table.COIL, 0] == 1
    assert [told.register(name).actual for name in ("pump", "door", "heat")] == ["true", "true", "200"]


def test_words_that_mean_nothing_are_told_and_not_written() -> None:
    """A register whose words are no number of its type says so, is not written, and is announced once."""
    told = story({"name": "count", "address": 10, "type": "bcd16", "value": 5})
    for word in (0xFFFF, 0xFFFE, 0xAAAA):
        told.device.holding(10, word)
        told.polled()
    assert told.device.writes == []
    assert told.register("count").error == "count (holding register 10) holds words that are no bcd16"
    assert told.register("count").raw == "0xFFFF"
    assert told.condition("Ready") == ("False", "DeviceException")
    assert told.notices == ["DeviceException"]
