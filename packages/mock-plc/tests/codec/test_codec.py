"""That values come back as they went, in every type, order and scale, and which values are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.codec.codec import Codec, Padding
from mock_plc.codec.orders import ByteOrder, bytes_of, words_of
from mock_plc.codec.types import LIMITS, DataType
from mock_plc.memory import Value

T = DataType
ORDERS = st.sampled_from(ByteOrder)
WHOLES = st.sampled_from(sorted(set(LIMITS) - {T.BITS}))
SCALES = st.sampled_from([1, 0.1, 0.01, 0.001, 10, 60, 2.5, -1, -0.1])
OFFSETS = st.sampled_from([0, -40, 273.15, 1000])
WORDS = st.integers(0, 0xFFFF)


@given(WHOLES, ORDERS, SCALES, OFFSETS, st.data())
def test_whole_numbers_come_back(
    kind: DataType, order: ByteOrder, scale: float, offset: float, data: st.DataObject
) -> None:
    """Whatever raw number the words hold, the value that people read of it gives the same words."""
    codec = Codec(kind, order, scale, offset)
    whole = isinstance(scale, int) and isinstance(offset, int)
    most = 2**64 if whole else 2**50  # beyond that a float has not the digits to tell neighbours apart
    low, high = LIMITS[kind]
    held = codec.words(data.draw(st.integers(max(low, -most), min(high, most))))
    assert len(held) == codec.size
    assert all(0 <= word <= 0xFFFF for word in held)
    assert codec.encode(codec.decode(held)) == held


@given(st.floats(width=32), ORDERS)
def test_float32_comes_back(value: float, order: ByteOrder) -> None:
    """Each float32 comes back, the infinities and NaN as well, which devices do send."""
    codec = Codec(T.FLOAT32, order)
    again = codec.decode(codec.encode(value))
    assert again == value or (math.isnan(value) and isinstance(again, float) and math.isnan(again))


@given(st.floats(allow_nan=False), ORDERS)
def test_float64_comes_back(value: float, order: ByteOrder) -> None:
    """Each float64 comes back."""
    codec = Codec(T.FLOAT64, order)
    assert codec.decode(codec.encode(value)) == value


@given(st.floats(-1e6, 1e6, width=32), ORDERS, SCALES, OFFSETS)
def test_scaled_floats_come_back_nearly(value: float, order: ByteOrder, scale: float, offset: float) -> None:
    """A scaled float64 comes back to within what the arithmetic of floats loses."""
    codec = Codec(T.FLOAT64, order, scale, offset)
    assert codec.decode(codec.encode(value)) == pytest.approx(value, abs=1e-6)


@given(st.text(st.characters(min_codepoint=1, codec="utf-8"), max_size=20), ORDERS, st.sampled_from(Padding))
def test_texts_come_back(text: str, order: ByteOrder, padding: Padding) -> None:
    """Each text that fits comes back, but for the spaces at its end where these are the padding."""
    codec = Codec(T.STRING, order, length=80, encoding="utf-8", padding=padding)
    held = codec.encode(text)
    assert len(held) == codec.size == 40
    assert codec.decode(held) == (text.rstrip(" ") if padding is Padding.SPACE else text)


@given(WORDS, st.integers(0, 15), st.booleans())
def test_a_bit_leaves_the_others_alone(held: int, bit: int, value: bool) -> None:
    """A bit is put into the word that is held, and no other bit of it changes."""
    codec = Codec(T.BIT, bit=bit)
    (word,) = codec.encode(value, (held,))
    assert codec.decode((word,)) is value
    assert word & ~(1 << bit) == held & ~(1 << bit)


@given(st.lists(WORDS, min_size=1, max_size=8), ORDERS)
def test_orders_are_their_own_inverse(held: list[int], order: ByteOrder) -> None:
    """The bytes of words give these words again, in each order, for any number of words."""
    assert words_of(bytes_of(held, order), order) == tuple(held)


def test_orders_of_eight_bytes_are_those_they_are_named_after() -> None:
    """The names of four bytes go on to eight as in ABCDEFGH, GHEFCDAB, BADCFEHG and HGFEDCBA."""
    laid = {order: words_of(b"ABCDEFGH", order) for order in ByteOrder}
    assert {order: b"".join(word.to_bytes(2, "big") for word in each) for order, each in laid.items()} == {
        "ABCD": b"ABCDEFGH",
        "CDAB": b"GHEFCDAB",
        "BADC": b"BADCFEHG",
        "DCBA": b"HGFEDCBA",
    }


@pytest.mark.parametrize(
    ("codec", "value", "reason"),
    [
        (Codec(T.UINT16), 65536, "65536 does not fit: uint16 holds 0 to 65535"),
        (Codec(T.UINT16), -1, "-1 does not fit: uint16 holds 0 to 65535"),
        (Codec(T.INT16, scale=0.1), 5000, "5000 does not fit: int16 with scale 0.1 holds -3276.8 to 3276.7"),
        (
            Codec(T.UINT16, scale=-1, offset=10),
            11,
            "11 does not fit: uint16 with scale -1 and offset 10 holds -65525 to 10",
        ),
        (Codec(T.BCD16), 10000, "10000 does not fit: bcd16 holds 0 to 9999"),
        (Codec(T.INT32), math.nan, "nan does not fit: int32 holds -2147483648 to 2147483647"),
        (Codec(T.INT32), math.inf, "inf does not fit: int32 holds -2147483648 to 2147483647"),
        (Codec(T.UINT16), "7", "'7' is no number"),
        (Codec(T.UINT16), True, "True is no number"),
        (Codec(T.FLOAT32), 1e39, "1e+39 is too large for float32"),
        (Codec(T.BOOL), 2, "2 is neither true nor false"),
        (Codec(T.BIT, bit=3), "on", "'on' is neither true nor false"),
        (Codec(T.STRING, length=4), "pumps", "'pumps' has 5 bytes in ascii, more than its length 4"),
        (Codec(T.STRING, length=8), "Öl", "'Öl' has 'Ö', which ascii has not"),
        (Codec(T.STRING, length=8), 5, "5 is no text"),
    ],
)
def test_what_does_not_fit_is_refused(codec: Codec, value: Value, reason: str) -> None:
    """A value that the register cannot hold is refused with the value and what would fit."""
    with pytest.raises(ValueError, match=r".") as refused:
        codec.encode(value)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("codec", "held", "reason"),
    [
        (Codec(T.BCD16), (0x12A4,), "0x12A4 is no BCD"),
        (Codec(T.BCD32, ByteOrder.CDAB), (0x1234, 0xF000), "0xF0001234 is no BCD"),
        (Codec(T.STRING, length=2), (0xFF41,), "0xFF41 is no text in ascii"),
    ],
)
def test_words_without_meaning_are_refused(codec: Codec, held: tuple[int, ...], reason: str) -> None:
    """Words that the type gives no meaning to are refused, and shown as the type reads them."""
    with pytest.raises(ValueError, match=r".") as refused:
        codec.decode(held)
    assert str(refused.value) == reason


def test_whole_values_stay_whole() -> None:
    """A value of a whole type with a whole scale is an int, however large, and a float only where it must be one."""
    assert Codec(T.UINT64, scale=10).decode((0xFFFF,) * 4) == (2**64 - 1) * 10
    assert Codec(T.UINT16, scale=0.5).decode((4,)) == 2.0
    assert isinstance(Codec(T.UINT16, scale=10).decode((4,)), int)
