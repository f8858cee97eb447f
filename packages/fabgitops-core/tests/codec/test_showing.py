"""Values that are written in one form and read in another: what shows them, and what can be put back."""

import struct
from fractions import Fraction
from typing import Any

import pytest
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.showing import put_back, shows
from fabgitops_core.codec.types import DataType, Words
from hypothesis import example, given
from hypothesis import strategies as st

TENTHS = Codec(DataType.UINT16, scale=0.1)
WHOLE = Codec(DataType.INT16)
FLOAT = Codec(DataType.FLOAT32)
DOUBLE = Codec(DataType.FLOAT64)
COIL = Codec(DataType.BOOL)
NOTHING = Fraction(0)


def float_words(number: float) -> Words:
    """Return the words of a float32 as IEEE 754 and struct have them."""
    return struct.unpack(">2H", struct.pack(">f", number))


@pytest.mark.parametrize(
    ("written", "desired", "shown", "actual", "tolerance", "holds"),
    [
        (TENTHS, (213,), FLOAT, float_words(21.3), 0, True),
        (TENTHS, (213,), FLOAT, float_words(21.300001144), 0, True),  # 213 times a float32 of 0.1
        (TENTHS, (213,), FLOAT, float_words(21.3001), 0, False),
        (TENTHS, (213,), FLOAT, float_words(21.34), "0.05", True),
        (TENTHS, (213,), WHOLE, (21,), "0.3", True),
        (TENTHS, (213,), WHOLE, (22,), "0.3", False),
        (TENTHS, (215,), WHOLE, (22,), "0.5", True),  # whichever way it rounds
        (TENTHS, (215,), WHOLE, (21,), "0.5", True),
        (TENTHS, (215,), WHOLE, (23,), "0.5", False),
        (TENTHS, (210,), WHOLE, (21,), 0, True),
        (FLOAT, float_words(21.3), Codec(DataType.INT16, scale=0.1), (213,), 0, True),
        (FLOAT, float_words(21.3), FLOAT, float_words(21.300001144), 0, False),  # only copied, so it is another
        (COIL, (1,), WHOLE, (1,), 0, True),
        (COIL, (1,), WHOLE, (2,), 0, False),
        (WHOLE, (1,), COIL, (1,), 0, True),
        (WHOLE, (2,), COIL, (1,), 0, False),
        (WHOLE, (1,), Codec(DataType.BIT, bit=4), (0xFFEF,), 0, False),
        (WHOLE, (1,), Codec(DataType.BIT, bit=4), (0x0010,), 0, True),
        (TENTHS, (213,), FLOAT, (0x7FC0, 0), "100", False),
    ],
)
def test_what_is_read_shows_what_was_written(
    written: Codec, desired: Words, shown: Codec, actual: Words, tolerance: Any, holds: bool
) -> None:
    """A value counts as held where it is read if people would read the same number there, within the tolerance."""
    assert shows(shown, actual, written, desired, Fraction(tolerance)) is holds


@given(st.integers(0, 65535))
def test_a_float_that_the_device_computes_is_what_was_written(raw: int) -> None:
    """What a device multiplies in single precision is read as the value in tenths, and can be put back from that."""
    tenth = struct.unpack(">f", struct.pack(">f", 0.1))[0]
    for computed in (raw * tenth, raw / 10):
        assert shows(FLOAT, float_words(computed), TENTHS, (raw,), NOTHING)
        assert put_back(TENTHS, FLOAT, float_words(computed), NOTHING) == (raw,)
        assert not shows(FLOAT, float_words(computed), TENTHS, ((raw + 1) % 65536,), NOTHING)


COMMANDS = Codec(DataType.UINT16, names=(("Stop", 0), ("Run", 1)))
STATES = Codec(DataType.UINT16, names=(("Stop", 2), ("Run", 3), ("Fault", 9)))


def test_a_name_may_be_another_number_where_it_is_read() -> None:
    """A state is the command of the same name; one that no command leads to cannot be brought back."""
    assert shows(STATES, (3,), COMMANDS, (1,), NOTHING)
    assert not shows(STATES, (2,), COMMANDS, (1,), NOTHING)
    assert not shows(STATES, (1,), COMMANDS, (1,), NOTHING)
    assert put_back(COMMANDS, STATES, (2,), NOTHING) == (0,)
    assert put_back(COMMANDS, STATES, (9,), NOTHING) is None


@pytest.mark.parametrize(
    ("written", "shown", "actual", "tolerance", "back"),
    [
        (TENTHS, WHOLE, (21,), 0, None),  # it may have been 21.4
        (TENTHS, WHOLE, (21,), 1, (210,)),
        (TENTHS, FLOAT, float_words(21.34), 0, None),  # set at the panel, and no number of tenths
        (TENTHS, FLOAT, float_words(21.34), "0.05", (213,)),
        (TENTHS, FLOAT, float_words(7000), 0, None),
        (WHOLE, COIL, (1,), 0, None),  # it may have been 2
        (COIL, WHOLE, (1,), 0, (1,)),
        (COIL, WHOLE, (5,), 0, None),
        (DOUBLE, FLOAT, float_words(21.3), 0, None),
        (FLOAT, DOUBLE, struct.unpack(">4H", struct.pack(">d", 21.5)), 0, float_words(21.5)),
        (TENTHS, FLOAT, (0x7F80, 0), 0, None),
    ],
)
def test_only_what_the_reading_tells_can_be_put_back(
    written: Codec, shown: Codec, actual: Words, tolerance: Any, back: Words | None
) -> None:
    """What is read in larger steps than it is written, or is no such value, tells no words to write."""
    assert put_back(written, shown, actual, Fraction(tolerance)) == back


@given(
    st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
    st.sampled_from([1.0, 0.1, -3.0, 1e-12, 1e300]),
    st.sampled_from([0.0, -40.0, 1e15]),
)
@example((0, 65535), 3.0, -40.0)
def test_no_float_is_without_meaning(words: Words, scale: float, offset: float) -> None:
    """Whatever bits a float has by whatever scale, it is compared; what is put back of it is what it shows."""
    shown = Codec(DataType.FLOAT32, scale=scale, offset=offset)
    assert shows(shown, words, TENTHS, (213,), NOTHING) in {True, False}
    back = put_back(TENTHS, shown, words, NOTHING)
    assert back is None or shows(shown, words, TENTHS, back, NOTHING)


def test_texts_are_the_same_in_whatever_room_they_have() -> None:
    """A text of eight bytes is read in twelve; from a place too short for it nothing is put back."""
    short, long = (Codec(DataType.STRING, length=length) for length in (8, 12))
    assert shows(long, long.encode("Vanilla"), short, short.encode("Vanilla"), NOTHING)
    assert put_back(short, long, long.encode("Vanilla"), NOTHING) == short.encode("Vanilla")
    assert put_back(long, short, short.encode("Vanilla"), NOTHING) is None
