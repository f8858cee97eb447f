"""The digits that people are shown of a float: the first that are enough, whatever the scale."""

import math
import struct
from fractions import Fraction

import pytest
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.numbers import decimal_text, exactly
from fabgitops_core.codec.types import DataType, Words, words_of
from hypothesis import given, settings
from hypothesis import strategies as st

PACKED = {DataType.FLOAT32: ">f", DataType.FLOAT64: ">d"}
SCALES = [1, 0.1, 0.3, -2.54, 1000, 1e-9, 3.0517578125e-05, 1e20, 1e-300, 5e-324, 1.7e308]
OFFSETS = [0, -40, 0.1, 273.15, 1e15, -1e20, 1e-40]


def by_trying(codec: Codec, words: Words) -> str:
    """Return the text by its definition: the first of 6 to 40 digits that encode to the same number."""
    raw = struct.unpack(PACKED[codec.type], b"".join(word.to_bytes(2) for word in words))[0]
    value = Fraction(raw) * exactly(codec.scale) + exactly(codec.offset)
    for digits in range(6, 41):
        text = decimal_text(value, digits)
        try:
            if codec.same(codec.encode(text), words):
                return text
        except ValueError:  # rounded up and out of the type's range
            continue
    return decimal_text(value)


def of_words(kind: DataType) -> st.SearchStrategy[float]:
    """Return finite floats of a type, with those at which the distance to the neighbours changes."""
    bits = 32 if kind is DataType.FLOAT32 else 64
    fraction = 23 if bits == 32 else 52
    powers = st.integers(0, 2 ** (bits - fraction - 1) - 2).map(lambda exponent: exponent << fraction)
    near = st.builds(lambda power, step: max(power + step, 0), powers, st.integers(-2, 2))
    any_bits = st.integers(0, 2**bits - 1)
    short = st.decimals(-1000, 1000, places=2).map(float)
    patterns = (near | any_bits).map(lambda each: struct.unpack(PACKED[kind], each.to_bytes(bits // 8))[0])
    return (patterns | short).filter(math.isfinite)


@pytest.mark.parametrize("kind", list(PACKED))
@settings(max_examples=4 * settings().max_examples)
@given(data=st.data(), scale=st.sampled_from(SCALES), offset=st.sampled_from([0, 0, *OFFSETS]))
def test_the_first_digits_that_are_enough(kind: DataType, data: st.DataObject, scale: float, offset: float) -> None:
    """The text is that which trying one number of digits after the other finds, at each scale and offset."""
    words = words_of(struct.pack(PACKED[kind], data.draw(of_words(kind))))
    codec = Codec(kind, scale=scale, offset=offset)
    assert codec.text(words) == by_trying(codec, words)


@pytest.mark.parametrize("kind", list(PACKED))
@settings(max_examples=4 * settings().max_examples)
@given(data=st.data())
def test_the_first_digits_of_an_unscaled_float(kind: DataType, data: st.DataObject) -> None:
    """So it is without a scale."""
    words = words_of(struct.pack(PACKED[kind], data.draw(of_words(kind))))
    assert Codec(kind).text(words) == by_trying(Codec(kind), words)


@pytest.mark.parametrize("number", [0.0, -0.0, 5e-324, 2.0**-44, 2.0**-149, 2.0**-1022, 2.0**53, 3.4028234663852886e38])
@pytest.mark.parametrize("kind", list(PACKED))
def test_the_first_digits_of_odd_floats(kind: DataType, number: float) -> None:
    """So it is for zeros, for the smallest and the largest, and for powers of two, whose neighbours lie unevenly."""
    words = words_of(struct.pack(PACKED[kind], number))
    assert Codec(kind).text(words) == by_trying(Codec(kind), words)


def test_what_is_beyond_every_float_is_shown() -> None:
    """A scale that makes more of a float than a float can be is shown with its digits, and measured as infinite."""
    codec = Codec(DataType.FLOAT64, scale=-1e20)
    words = words_of(struct.pack(">d", 1e300))
    assert (codec.text(words), codec.measure(words)) == ("-1E+320", -math.inf)
    assert codec.same(codec.encode(codec.text(words)), words)
