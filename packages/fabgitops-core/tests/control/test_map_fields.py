"""Numbers in some bits of a word: read, compared, written with what else of the word differs, and proven."""

from typing import Any

import pytest
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import DataType
from fabgitops_core.control.plc.claims import claims_of
from fabgitops_core.control.plc.metering import readings
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.codec.codec import Codec as Other
from mock_plc.codec.types import DataType as Kind

from .mapping import HOLDING, spec, story

MODE: dict[str, Any] = {
    "name": "mode",
    "address": 111,
    "type": "bits",
    "bit": 6,
    "lastBit": 7,
    "enum": {"Off": 0, "Grid": 1, "Sun": 2, "Both": 3},
}
STAGE: dict[str, Any] = {"name": "stage", "address": 111, "type": "bits", "bit": 8, "lastBit": 11}
ENABLED: dict[str, Any] = {"name": "enabled", "address": 111, "type": "bit", "bit": 0}


def test_a_mode_never_passes_through_a_third_value() -> None:
    """From 1 to 2 in two bits is one write, not one by way of 0 or 3, and no other bit of the word changes."""
    told = story({**MODE, "value": "Sun"})
    told.device.holding(111, 0x5551)
    told.polled()
    assert told.device.memory[1, HOLDING, 111] == 0x5591
    assert [(change.values, change.mask) for change in told.device.writes] == [((0x0080,), 0x00C0)]
    assert told.status.corrections_applied == 1
    assert told.register("mode").actual == "Sun"
    assert told.register("mode").place == "bits 6 to 7 of holding 111 bits unit 1"
    assert readings(told.state) == {"mode": 2}


def test_all_that_differs_of_a_word_goes_out_at_once() -> None:
    """A mode, a stage and a bit of one word are one write, proven by one reading, and counted each for itself."""
    told = story({**MODE, "value": "Off"}, {**STAGE, "value": 9}, {**ENABLED, "value": False})
    told.device.holding(111, 0xFFFF)
    told.polled()
    assert told.device.memory[1, HOLDING, 111] == 0xF93E
    assert len(told.device.writes) == 1
    assert told.status.corrections_applied == 3


def test_what_stands_beside_it_is_no_drift() -> None:
    """Whoever changes the other bits of the word changes nothing of it, and a tolerance counts in its own units."""
    told = story({**STAGE, "scale": 0.5, "value": 3, "tolerance": 1})
    told.device.holding(111, 0x0600)
    told.polled()
    for word in (0xF6FF, 0x0850, 0x0400):
        told.device.holding(111, word)
        told.polled()
        assert told.status.in_sync
    assert told.device.writes == []
    told.device.holding(111, 0x0900)
    told.polled()
    assert told.status.drift_events == 1


def test_a_ramp_goes_through_them() -> None:
    """A number in some bits goes to its value in steps, like any other."""
    told = story({**STAGE, "value": 9, "write": {"ramp": {"maxStep": 4, "stepIntervalSecs": 1}}})
    told.device.holding(111, 0xF0FF)
    for _ in range(4):
        told.polled()
    assert [change.values[0] >> 8 for change in told.device.writes] == [4, 8, 9]
    assert told.device.memory[1, HOLDING, 111] == 0xF9FF


def test_only_its_own_bits_are_claimed() -> None:
    """Two resources may each want bits of one word; those that both want are contested."""
    wanted = ({**MODE, "value": 1}, {**STAGE, "value": 1}, ENABLED)
    one, two, third = (claims_of(story(each).state.map) for each in wanted)
    assert [claim.mask for claim in (*one, *two)] == [0x00C0, 0x0F00]
    assert not third


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ({**MODE, "lastBit": 6}, "bits go up"),
        ({**MODE, "lastBit": 16}, "lastBit"),
        ({**MODE, "bit": None}, "which need it"),
        ({**MODE, "lastBit": None}, "which need it"),
        ({**ENABLED, "lastBit": 3}, "goes with type bits"),
        ({**MODE, "value": 4}, "does not fit bits, which reaches from 0 to 3"),
        ({**MODE, "value": True, "enum": None}, "must be a number"),
        ({**MODE, "enum": {"Five": 5}}, "does not fit"),
        ({**MODE, "byteOrder": "BADC"}, "no order"),
        ({**MODE, "table": "coil"}, "true or false"),
        ({**STAGE, "max": 5, "value": 6}, "above max"),
    ],
)
def test_what_makes_no_sense_is_refused(register: dict[str, Any], said: str) -> None:
    """Bits that go down, values that do not fit them, and fields that go with other types are refused."""
    with pytest.raises(ValueError, match=said):
        spec(register)


def test_fields_that_share_a_bit_overlap() -> None:
    """Fields side by side are fine; two that share a bit, or the word as a whole, are not."""
    spec(MODE, STAGE, ENABLED)
    for other in ({**STAGE, "bit": 7}, {**ENABLED, "bit": 7}, {"name": "word", "address": 111}):
        with pytest.raises(ValueError, match=r"overlaps registers\[0\], mode \(holding 111 bits 6 to 7\)"):
            spec(MODE, other)


@given(bits=st.tuples(st.integers(0, 15), st.integers(0, 15)).filter(lambda ends: ends[0] < ends[1]), data=st.data())
def test_two_codecs_agree_and_every_value_comes_back(bits: tuple[int, int], data: st.DataObject) -> None:
    """Whatever the bits, a value comes back, the others do not count, and mock-plc puts it where we look for it."""
    first, last = bits
    value = data.draw(st.integers(0, (2 << last - first) - 1))
    held = data.draw(st.integers(0, 65535))
    codec = Codec(DataType.BITS, bit=first, last_bit=last)
    words = Other(Kind.BITS, bit=first, last_bit=last).encode(value, (held,))
    assert codec.decode(words) == value
    assert words[0] & ~codec.mask == held & ~codec.mask
    assert codec.same(words, codec.encode(value))
    assert codec.encode(value)[0] == words[0] & codec.mask
    assert Register.model_validate({**STAGE, "bit": first, "lastBit": last, "value": value}).holds((held,)) is (
        held & codec.mask == words[0] & codec.mask
    )
