"""Hints that a map was read wrongly: told where another way fits much better, and never of what fits."""

import struct
from typing import Any

import pytest
from fabgitops_core.codec.types import ByteOrder, Words, arranged, words_of
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.plausible import hint_of
from fabgitops_core.control.plc.points import Point
from hypothesis import assume, given
from hypothesis import strategies as st

from .conftest import Story
from .mapping import requests, spec, story

HERTZ: dict[str, Any] = {"name": "f", "address": 0, "type": "float32", "unit": "Hz", "min": 0, "max": 60}
LEVEL: dict[str, Any] = {"name": "l", "address": 0, "type": "int16", "scale": 0.1, "unit": "mm", "min": -20, "max": 20}


def point(**register: Any) -> Point:
    """Return one register of a map."""
    return map_of(spec({"name": "a", "address": 0, **register}), "line-1", {}).points[0]


def float_words(value: float, order: ByteOrder = ByteOrder.ABCD) -> Words:
    """Return the words by which a device holds a float."""
    return arranged(words_of(struct.pack(">f", value)), order)


@pytest.mark.parametrize(
    ("register", "words", "hint"),
    [
        (HERTZ, float_words(49.98, ByteOrder.CDAB), "outside of 0 to 60 Hz; read as CDAB it would be 49.98 Hz"),
        (HERTZ, float_words(49.98, ByteOrder.BADC), "outside of 0 to 60 Hz; read as BADC it would be 49.98 Hz"),
        (HERTZ, float_words(21.5, ByteOrder.CDAB), "next to nothing; read as CDAB it would be 21.5 Hz"),
        (HERTZ, (0, 1), None),
        (HERTZ, float_words(1e-30), None),
        (HERTZ, float_words(61), "outside of 0 to 60 Hz"),
        (HERTZ, float_words(49.98), None),
        (HERTZ, (0x7FC0, 0), "outside of 0 to 60 Hz"),
        (LEVEL | {"type": "uint16", "min": 0}, (0xFFF8,), "outside of 0 to 20 mm"),
        (LEVEL | {"type": "uint16"}, (0xFFF8,), "outside of -20 to 20 mm; read as int16 it would be -0.8 mm"),
        (LEVEL | {"name": "x"}, (0x6400,), "outside of -20 to 20 mm; read as BADC it would be 10 mm"),
        ({"type": "uint32", "min": 0, "max": 5000}, (2500, 0), "outside of 0 to 5000; read as CDAB it would be 2500"),
        ({"type": "uint32", "scale": 0.01, "min": 5, "max": 120}, (0, 300), "outside of 5 to 120"),
        ({"type": "uint16", "min": 0, "max": 50000}, (0xEA60,), "outside of 0 to 50000"),
        ({"type": "uint16", "max": 10}, (256,), "above max 10"),
        ({"type": "int16", "min": 10}, (9,), "below min 10"),
        ({"type": "uint32", "value": 2500}, (2500, 0), "read as CDAB it would be 2500"),
        ({"type": "uint16", "value": 2500}, (0xC409,), "read as BADC it would be 2500"),
        ({"type": "uint16", "value": 0x1234}, (0x3412,), None),
        ({"type": "float32", "value": 50}, float_words(49.5, ByteOrder.CDAB), "read as CDAB it would be 49.5"),
        ({"type": "float32", "value": 50}, float_words(20.0), None),
        ({"type": "uint32", "value": 0}, (0, 1), None),
        ({"type": "uint16"}, (0xFFFF,), None),
        ({"type": "string", "length": 4, "value": "abcd"}, (0x6261, 0x6463), None),
        ({"type": "bits", "bit": 0, "lastBit": 3, "max": 3, "min": 0}, (9,), "outside of 0 to 3"),
        ({"type": "uint16", "enum": {"Off": 0, "On": 0xFF7F}, "value": "On"}, (0,), None),
        ({"type": "int16", "enum": {"Low": -1, "High": 1}, "value": "High"}, (0xFFFF,), None),
        ({"type": "bcd16", "min": 0, "max": 50}, (0x2400,), "outside of 0 to 50; read as BADC it would be 24"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_the_one_way_in_which_it_would(
    register: dict[str, Any], words: Words, hint: str | None
) -> None:
    """Another byte order or a sign bit is named where it fits much better, alone, and not by chance."""
    assert hint_of(point(**register), words, in_sync=False) == hint


@given(st.floats(0, 60, width=32))
def test_nothing_is_said_of_a_value_within_its_limits(value: float) -> None:
    """What fits is never questioned, whatever else its words could mean, unless it is next to nothing."""
    assume(value == 0 or value > 2**-126)
    assert hint_of(point(**HERTZ), float_words(value), in_sync=False) is None


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.sampled_from(["uint16", "int16", "uint32", "float32"]))
def test_nothing_is_said_without_limits_and_a_wish(one: int, two: int, kind: str) -> None:
    """A register of which nothing is expected may hold anything."""
    words = (one,) if kind.endswith("16") else (one, two)
    assert hint_of(point(type=kind), words, in_sync=False) is None


@given(st.floats(1, 60, width=32), st.sampled_from([ByteOrder.CDAB, ByteOrder.BADC, ByteOrder.DCBA]))
def test_the_order_is_found(value: float, order: ByteOrder) -> None:
    """A value in another order is either within the limits by chance, or told with that order or none."""
    words = float_words(value, order)
    hint = hint_of(point(**HERTZ), words, in_sync=False)
    shown = struct.unpack(">f", struct.pack(">2H", *words))[0]
    assume(not 2**-126 <= shown <= 60)
    assume(hint is not None or not 0 <= shown <= 60)
    assert hint is not None
    assert "read as" not in hint or f"read as {order}" in hint


@given(st.floats(30, 300, width=32), st.floats(0.125, 8))
def test_an_ordinary_drift_is_no_hint(wanted: float, by: float) -> None:
    """What is up to eight times as large or small as wanted is a drift, and nothing more."""
    held = float_words(wanted * by)
    assert hint_of(point(type="float32", value=wanted), held, in_sync=False) is None


# --- in the status ----------------------------------------------------------------------------------------------------


def test_a_hint_stands_in_the_status_and_changes_nothing_else() -> None:
    """It comes with the reading that it is about and goes with it; no notice, no condition, no write is of it."""
    plain, told = story({**HERTZ, "min": None, "max": None}), story(HERTZ)
    for each in (plain, told):
        each.device.holding(0, *float_words(49.98, ByteOrder.CDAB))
        each.polled().polled()
    assert told.register("f").hint == "outside of 0 to 60 Hz; read as CDAB it would be 49.98 Hz"
    assert plain.register("f").hint is None
    assert told.status.message == plain.status.message
    assert told.condition("Ready") == plain.condition("Ready") == ("True", "InSync")
    assert not requests(told, Write)
    published = len(told.published)
    told.polled().polled()
    assert len(told.published) == published, "said once"
    told.device.holding(0, *float_words(50))
    told.polled(after=60)
    assert told.register("f").hint is None


def test_a_measurement_at_its_limit_is_not_told_of_at_each_poll() -> None:
    """Its hint comes and goes with each reading, and is told as values are that wander: once in a minute at most."""
    told = story({"name": "load", "address": 0, "max": 100})
    told.pace = 0
    for each in range(120):
        told.device.holding(0, 99 + 2 * (each % 2))
        told.polled(after=1)
    assert len(told.published) <= 5
    told.device.holding(0, 101)
    for _ in range(60):
        told.polled(after=1)
    assert told.register("load").hint == "above max 100"


def test_a_register_that_is_read_elsewhere_is_looked_at_in_the_form_that_it_has_there() -> None:
    """What is written counts in whole numbers, what is shown is a float with its words turned round."""
    there = {"table": "input", "address": 4, "type": "float32"}
    told = point(type="uint16", value=50, unit="Hz", readFrom=there)
    assert hint_of(told, float_words(49.98, ByteOrder.CDAB), in_sync=False) == "read as CDAB it would be 49.98 Hz"
    assert hint_of(told, float_words(20), in_sync=False) is None


def test_a_hint_goes_when_the_register_cannot_be_read() -> None:
    """It is about what was read, and nothing is known of that any more."""
    told = story(HERTZ)
    told.device.holding(0, *float_words(61))
    assert told.polled().register("f").hint
    told.device.refuses[1, told.state.map.points[0].place.table, 0] = 2
    assert told.polled().register("f").hint is None


def rows(first: int, **changes: Any) -> Story:
    """Return a story of four set-points side by side that are only reported, and differ in the device."""
    wanted = [1500, 250, 75, 4000]
    entries = [{"name": f"r{at}", "address": 10 + at, "value": value} for at, value in enumerate(wanted)]
    told = story(*entries, autoCorrect=False, **changes)
    told.device.holding(first, *wanted)
    return told.polled()


@pytest.mark.parametrize(
    ("first", "hint"),
    [
        (11, "higher: are the addresses of the map one too low?"),
        (9, "lower: are they one too high?"),
        (10, None),
        (13, None),
    ],
)
def test_a_map_that_is_off_by_one_is_told_as_one(first: int, hint: str | None) -> None:
    """Where what most of the registers should hold stands beside them, the status asks whether the map is shifted."""
    told = rows(first)
    whole = "what 3 of 4 registers that differ should hold stands one address "
    assert told.status.hint == (hint and whole + hint)
    assert not requests(told, Write)
    told.device.holding(9, 0, 1500, 250, 75, 4000, 0)
    assert told.polled().status.hint is None


def test_equal_values_side_by_side_are_no_shift() -> None:
    """A row of registers that should all hold the same is no pattern that could be shifted."""
    told = story(*({"name": f"r{at}", "address": 10 + at, "value": 7} for at in range(7)), autoCorrect=False)
    told.device.holding(10, 0, 7, 0, 7, 0, 7)
    assert told.polled().status.hint is None


def test_a_few_that_fit_beside_are_no_shift() -> None:
    """Where more registers that differ do not fit beside them than do, nothing is said of the map."""
    wanted = [1500, 250, 75, 4000, 5, 6, 7, 8]
    told = story(*({"name": f"r{at}", "address": 10 + at, "value": each} for at, each in enumerate(wanted)))
    told.declare(told.spec.model_copy(update={"auto_correct": False}))
    told.device.holding(11, *wanted[:4])
    assert told.polled().status.hint is None


def test_a_shift_is_told_at_once() -> None:
    """It does not wait for the next time that a drift whose value changes is told of."""
    told = rows(30).polled()
    told.device.holding(11, 1500, 250, 75, 4000)
    assert told.polled().status.hint
