"""Words that mean no value, against those that published sources name."""

import math

import pytest
from fabgitops_core.codec import absent
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import ByteOrder, DataType, parse_hex
from hypothesis import given
from hypothesis import strategies as st

# SunSpec Device Information Model Specification V1.1, "Unimplemented" values of each type.
SUNSPEC = [
    (DataType.INT16, 0x8000, "0x8000"),
    (DataType.INT16, -32768, "0x8000"),
    (DataType.UINT16, 0xFFFF, "0xFFFF"),
    (DataType.INT32, 0x80000000, "0x80000000"),
    (DataType.UINT32, "0xFFFFFFFF", "0xFFFFFFFF"),
    (DataType.INT64, "0x8000000000000000", "0x8000000000000000"),
    (DataType.UINT64, "0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF"),
    (DataType.FLOAT32, 0x7FC00000, "0x7FC00000"),
    (DataType.FLOAT32, "NaN", "0x7FC00000"),
    (DataType.FLOAT64, "NaN", "0x7FF8000000000001"),
    (DataType.BCD16, 0xFFFF, "0xFFFF"),
]


def codec_of(kind: DataType, *given: int | str, order: ByteOrder = ByteOrder.ABCD, length: int = 0) -> Codec:
    """Return the codec of a register with these words for none."""
    named, nan = absent.all_named(given, kind, order, length // 2 or kind.words)
    bit = 0 if kind is DataType.BIT else None
    return Codec(kind, order, bit=bit, length=length, absent=named, nan_absent=nan)


@pytest.mark.parametrize(("kind", "given_as", "words"), SUNSPEC)
def test_what_sources_name_is_no_value(kind: DataType, given_as: int | str, words: str) -> None:
    """The words that stand for no value in a published source are none, and every other is still a number."""
    codec = codec_of(kind, given_as)
    assert codec.lacks(parse_hex(words))
    assert not codec.lacks((1,) * codec.size)
    for ask in (codec.text, codec.measure, codec.decode):
        with pytest.raises(absent.NoValue):
            ask(parse_hex(words))


def test_of_a_text_and_a_bit_it_is_all_the_words() -> None:
    """A text that is all 0xFF, or a bit of a word that is 0xFFFF, has no value."""
    text = codec_of(DataType.STRING, "0xFFFFFFFF", length=4)
    assert text.lacks((0xFFFF, 0xFFFF))
    assert text.decode((0x4142, 0)) == "AB"
    bit = codec_of(DataType.BIT, 0xFFFF)
    assert bit.lacks((0xFFFF,))
    assert bit.decode((0xFFFD,)) is True


@given(
    kind=st.sampled_from([each for each in DataType if each.numeric and each not in {DataType.SUM, DataType.BITS}]),
    order=st.sampled_from(list(ByteOrder)),
    number=st.integers(min_value=absent.LEAST, max_value=absent.MOST),
)
def test_the_order_of_bytes_changes_nothing_in_how_it_is_written_down(
    kind: DataType, order: ByteOrder, number: int
) -> None:
    """What a manual prints is the number, most significant digit first, in whatever order it travels."""
    bits = 16 * kind.words
    number = number % (1 << bits)
    named = absent.words_named(number, kind, order, kind.words)
    assert named == absent.words_named(f"0x{number:X}", kind, order, kind.words)
    assert codec_of(kind, number, order=order).lacks(named)
    if kind is DataType.UINT32:
        assert Codec(kind, order).decode(named) == number


@pytest.mark.parametrize(
    ("kind", "given_as", "said"),
    [
        (DataType.INT16, 0x10000, "does not fit the 16 bits"),
        (DataType.INT16, -32769, "does not fit the 16 bits"),
        (DataType.UINT16, "NaN", "for float32 and float64"),
        (DataType.UINT16, "8000h", "neither hexadecimal digits"),
        (DataType.STRING, "0xFF", "all 8 digits"),
    ],
)
def test_what_no_such_register_can_hold_is_refused(kind: DataType, given_as: int | str, said: str) -> None:
    """Words for none that the register cannot show are a mistake, and said to be one."""
    with pytest.raises(ValueError, match=said):
        codec_of(kind, given_as, length=4 if kind is DataType.STRING else 0)


def test_what_would_mean_no_value_is_never_encoded() -> None:
    """A value whose words mean none is refused: after it was written nobody could tell whether it is held."""
    codec = codec_of(DataType.INT16, 0x8000)
    with pytest.raises(ValueError, match="mean no value"):
        codec.encode(-32768)
    assert codec.same((5,), (0x8000,), tolerance=math.inf) is False
