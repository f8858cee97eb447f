"""Numbers in pieces: the sum of words that stand at places of their own, read in one request."""

from fractions import Fraction
from typing import Any

import pytest
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.parts import Part, reach, total
from fabgitops_core.codec.types import DataType
from fabgitops_core.control.plc.metering import readings
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.codec.sums import Piece, added_up, taken_apart
from mock_plc.codec.types import DataType as Kind

from .mapping import SPEED, spec, story

# Dimplex, "Modbus TCP - Wärmemengen": heat = (9-12) * 100000000 + (5-8) * 10000 + (1-4), registers 5096 to 5098.
HEAT: dict[str, Any] = {
    "name": "heat",
    "unit": "kWh",
    "parts": [
        {"address": 5096, "weight": 1},
        {"address": 5097, "weight": 10_000},
        {"address": 5098, "weight": 100_000_000},
    ],
}
APART: dict[str, Any] = {
    "name": "net",
    "scale": 0.1,
    "parts": [{"address": 8, "weight": 1, "type": "int16"}, {"address": 2, "weight": -100, "type": "bcd16"}],
}


def test_the_words_come_to_one_number() -> None:
    """Three registers of a heat pump are one number of kWh, in the status and in the metrics, by one reading."""
    told = story(HEAT)
    told.device.holding(5096, 1234, 56, 2)
    told.polled()
    assert told.register("heat").actual == "200561234"
    assert told.register("heat").place == "holding 5096 to 5098 sum unit 1"
    assert readings(told.state) == {"heat": 200561234}
    assert [(plan.address, plan.count) for plan in told.device.reads] == [(5096, 3)]


def test_words_that_stand_apart_are_read_in_one_request_and_leave_what_is_between_to_others() -> None:
    """Parts may stand apart, with signs of their own, and another register may stand and be wanted between them."""
    told = story(APART, {**SPEED, "address": 5})
    told.device.holding(2, 0x0012).holding(8, 0xFFFB)
    told.polled()
    assert told.register("net").actual == "-120.5"
    assert told.register("net").raw == "0xFFFB0012"
    assert [change.address for change in told.device.writes] == [5]
    assert all(plan.address + plan.count > 8 for plan in told.device.reads[:1])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": 3}, "only observed"),
        ({"address": 1}, "drop address, or parts"),
        ({"type": "uint32"}, "drop type, or parts"),
        ({"byteOrder": "CDAB"}, "each part is one word"),
        ({"enum": {"none": 0}}, "drop enum, or parts"),
        ({"parts": [{"address": 1, "weight": 1}]}, "parts"),
        ({"parts": [{"address": 1, "weight": 1}, {"address": 1, "weight": 2}]}, "is a part already"),
        ({"parts": [{"address": 1, "weight": 1}, {"address": 2, "weight": 0}]}, "counts for nothing"),
        ({"parts": [{"reference": 30001, "weight": 1}, {"reference": 40002, "weight": 2}]}, "another table"),
        ({"table": "coil"}, "true or false"),
        ({"parts": [{"address": 1, "weight": 1}, {"address": 200, "weight": 2}]}, "takes 200 words"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    """Parts that cannot be read together, or beside fields that say the same, are refused with the field to change."""
    with pytest.raises(ValueError, match=said):
        spec({**HEAT, **changes})


def test_a_word_of_it_belongs_to_it_alone() -> None:
    """Another register on one of its words overlaps it; one between them does not."""
    with pytest.raises(ValueError, match="overlaps"):
        spec(APART, {**SPEED, "address": 8})
    spec(APART, {**SPEED, "address": 3})


KINDS = {DataType.UINT16: Kind.UINT16, DataType.INT16: Kind.INT16}


@given(
    weights=st.lists(st.integers(1, 10**9), min_size=2, max_size=6, unique=True),
    words=st.lists(st.integers(0, 65535), min_size=6, max_size=6),
    kind=st.sampled_from(list(KINDS)),
    sign=st.sampled_from([1, -1]),
)
def test_two_codecs_add_up_the_same(weights: list[int], words: list[int], kind: DataType, sign: int) -> None:
    """What mock-plc makes of such words by itself is what we make of them, within what the parts can reach."""
    parts = tuple(Part(at, Fraction(sign * weight), kind) for at, weight in enumerate(weights))
    pieces = tuple(Piece(Fraction(sign * weight), KINDS[kind]) for weight in weights)
    row = tuple(words[: len(weights)])
    number = total(parts, row)
    assert number == added_up(pieces, row)
    low, high = reach(parts)
    assert low <= number <= high


@given(number=st.integers(0, 9999_9999_9999))
def test_a_number_of_twelve_digits_comes_back(number: int) -> None:
    """Any number of twelve digits, taken apart by the device into three words of four, is the same number again."""
    register = Register.model_validate(HEAT)
    pieces = tuple(Piece(part.weight, Kind.UINT16) for part in register.codec.parts)
    assert register.codec.text(taken_apart(pieces, Fraction(number))) == str(number)
