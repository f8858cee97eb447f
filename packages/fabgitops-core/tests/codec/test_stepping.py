"""The next value on the way from one to another, in every type that counts."""

import math
import struct
from fractions import Fraction

import pytest
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.numbers import exactly
from fabgitops_core.codec.stepping import engineering, step_towards
from fabgitops_core.codec.types import ByteOrder, DataType, Words, words_of
from hypothesis import assume, given
from hypothesis import strategies as st

NUMBERS = [each for each in DataType if each.numeric and each not in {DataType.SUM, DataType.BITS}]


def single(value: float) -> Words:
    """Return the words of a float of 32 bits."""
    return words_of(struct.pack(">f", value))


@st.composite
def codecs(draw: st.DrawFn) -> Codec:
    """Draw a codec of a number, with any order, scale and offset."""
    scale = draw(st.sampled_from([1, 0.1, 0.01, -0.5, 3, 1e-7]))
    return Codec(
        draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(ByteOrder)), scale, draw(st.sampled_from([0, -10, 0.3]))
    )


@st.composite
def words(draw: st.DrawFn, codec: Codec) -> Words:
    """Draw words that mean a finite number."""
    drawn = tuple(draw(st.integers(0, 65535)) for _ in range(codec.size))
    try:
        assume(engineering(codec, drawn) is not None)
    except ValueError:
        assume(False)  # half a byte above 9
    return drawn


@given(st.data(), codecs(), st.fractions(Fraction(1, 1000), 10**6))
def test_a_step_is_never_too_far_and_never_beyond(data: st.DataObject, codec: Codec, most: Fraction) -> None:
    """Whatever the type: a step goes towards the target, no further than allowed, and takes the target where it can."""
    now, target = data.draw(words(codec)), data.draw(words(codec))
    here, there = engineering(codec, now), engineering(codec, target)
    assert here is not None
    assert there is not None
    step = step_towards(codec, now, target, most)
    if abs(there - here) <= most:
        assert step == target
    elif step is not None:
        value = engineering(codec, step)
        assert value is not None
        assert value != here
        assert abs(value - here) <= most
        assert min(here, there) < value < max(here, there)
    elif not codec.type.floating:
        assert most < abs(exactly(codec.scale))


@pytest.mark.parametrize(
    ("codec", "now", "target", "most", "wanted"),
    [
        (Codec(scale=0.1), (400,), (600,), 5, (450,)),
        (Codec(scale=0.1), (600,), (400,), 5, (550,)),
        (Codec(scale=0.1), (400,), (600,), Fraction("0.25"), (402,)),
        (Codec(scale=-0.5), (400,), (600,), 5, (410,)),
        (Codec(DataType.INT16), (0xFFF6,), (10,), 15, (5,)),
        (Codec(DataType.BCD16), (0x0098,), (0x0200,), 5, (0x0103,)),
        (Codec(DataType.INT32, ByteOrder.CDAB), (0xFFFF, 0), (5, 1), 3, (2, 1)),
        (Codec(DataType.FLOAT32), single(0.0), single(-1.0), Fraction("0.5"), single(-0.5)),
    ],
)
def test_steps(codec: Codec, now: Words, target: Words, most: Fraction, wanted: Words) -> None:
    """Steps as one would compute them by hand: up, down, with a negative scale, over zero and over words."""
    assert step_towards(codec, now, target, Fraction(most)) == wanted


def test_a_float_that_has_no_tenth_stays_below_it() -> None:
    """The float nearest to 0.1 lies above it, so a step of 0.1 takes the one below; so it is downwards."""
    tenth = Fraction(1, 10)
    for sign in (1, -1):
        for kind, codec in ((">f", Codec(DataType.FLOAT32)), (">d", Codec(DataType.FLOAT64))):
            zero, target = words_of(struct.pack(kind, 0.0)), words_of(struct.pack(kind, 5.0 * sign))
            step = step_towards(codec, zero, target, tenth)
            assert step is not None
            value = engineering(codec, step)
            assert value is not None
            assert 0 < tenth - abs(value) < Fraction(1, 10**7)


def test_where_no_step_leads_on() -> None:
    """A float whose neighbours lie further apart than a step, NaN and infinity have none."""
    codec = Codec(DataType.FLOAT32)
    assert step_towards(codec, single(1e9), single(2e9), Fraction(1)) is None
    assert step_towards(codec, single(math.nan), single(2.0), Fraction(1)) is None
    assert step_towards(codec, single(-math.inf), single(2.0), Fraction(1)) is None
    assert step_towards(Codec(scale=0.5), (1,), (9,), Fraction("0.4")) is None


def test_around_zero_floats_go_on_to_the_smallest() -> None:
    """Less than the smallest number there is is no step, and from one side of zero to the other there are steps."""
    codec = Codec(DataType.FLOAT32)
    assert step_towards(codec, single(0.0), single(1.0), Fraction(1, 10**60)) is None
    assert step_towards(codec, single(0.0), single(-1.0), Fraction(1, 10**60)) is None
    assert step_towards(codec, single(-0.25), single(1.0), Fraction(1, 2)) == single(0.25)
