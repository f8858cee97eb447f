"""Values and words: every type, order and scale both ways, comparing, and what is refused with which words."""

import math
import struct
from fractions import Fraction
from typing import Any

import pytest
from fabgitops_core.codec.agreeing import InvalidCodec
from fabgitops_core.codec.codec import Codec, Value
from fabgitops_core.codec.texts import Encoding, Padding
from fabgitops_core.codec.types import ByteOrder, DataType, arranged, hex_of, parse_hex, words_of
from hypothesis import example, given
from hypothesis import strategies as st

WHOLE = [kind for kind in DataType if kind.numeric and not kind.floating and kind not in {DataType.SUM, DataType.BITS}]
FLOATS = [DataType.FLOAT32, DataType.FLOAT64]
ORDERS = list(ByteOrder)
SCALES = [1, 0.1, 0.001, 10, -0.5, 1e-9, 2.54]
WORD = st.integers(0, 65535)


def words(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Return rows of so many words."""
    return st.tuples(*[WORD] * size)


# --- both ways --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("order", ORDERS)
@given(data=st.data(), scale=st.sampled_from(SCALES), offset=st.sampled_from([0, -40, 273.15]))
def test_whole_numbers_go_both_ways(
    kind: DataType, order: ByteOrder, data: st.DataObject, scale: float, offset: float
) -> None:
    """Every raw number of a whole type, shown as a text, becomes the same words again at every scale and offset."""
    raw = data.draw(st.integers(*kind.bounds) | st.sampled_from(kind.bounds))
    codec = Codec(kind, order, scale, offset)
    held = Codec(kind, order).encode(raw)
    assert Codec(kind, order).decode(held) == raw
    assert len(held) == codec.size
    assert codec.encode(codec.text(held)) == held
    value = codec.decode(held)
    assert isinstance(value, int | float)
    assert math.isclose(value, raw * scale + offset, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("order", ORDERS)
@given(data=st.data(), scale=st.sampled_from(SCALES))
def test_floats_go_both_ways(kind: DataType, order: ByteOrder, data: st.DataObject, scale: float) -> None:
    """Every finite row of words is the same again after it was shown as a text and read as a value."""
    held = data.draw(words(kind.words))
    plain, codec = Codec(kind, order), Codec(kind, order, scale)
    value, scaled = plain.decode(held), codec.decode(held)
    assert isinstance(value, float)
    assert isinstance(scaled, float)
    if math.isfinite(value):
        assert plain.same(plain.encode(value), held)
        assert plain.same(plain.encode(plain.text(held)), held)
    if math.isfinite(scaled) and 1e-30 < abs(value) < 1e30:
        assert codec.same(codec.encode(codec.text(held)), held)
        if kind is DataType.FLOAT32:
            assert codec.same(codec.encode(scaled), held)


@pytest.mark.parametrize("order", ORDERS)
@given(value=st.floats(-1e30, 1e30))
@example(21.1)
@example(0.1)
def test_a_float_never_drifts_against_itself(order: ByteOrder, value: float) -> None:
    """A float32 target equals what a device gives back that stored it, although its last digits were rounded."""
    if value and abs(value) < 1e-30:
        return
    codec = Codec(DataType.FLOAT32, order)
    target = codec.encode(value)
    seen = codec.decode(target)
    assert isinstance(seen, float)
    assert struct.pack(">f", value + 0.0) == struct.pack(">f", seen)
    assert codec.same(target, target)
    assert codec.same(codec.encode(seen), target)
    assert codec.same(codec.encode(codec.text(target)), target)


@given(
    text=st.text(st.characters(min_codepoint=1, max_codepoint=0xFF, exclude_categories=["Cs"]), max_size=12),
    encoding=st.sampled_from([Encoding.LATIN_1, Encoding.UTF_8]),
    padding=st.sampled_from(list(Padding)),
    order=st.sampled_from([ByteOrder.ABCD, ByteOrder.BADC]),
)
def test_texts_go_both_ways(text: str, encoding: Encoding, padding: Padding, order: ByteOrder) -> None:
    """A text is the same again, but for spaces at its end where spaces fill it up."""
    codec = Codec(DataType.STRING, order, length=24, encoding=encoding, padding=padding)
    assert codec.decode(codec.encode(text)) == (text.rstrip(" ") if padding is Padding.SPACE else text)


@given(row=words(4))
def test_hex_goes_both_ways(row: tuple[int, ...]) -> None:
    """Words written as hexadecimal digits read back as the same."""
    assert parse_hex(hex_of(row)) == row


@pytest.mark.parametrize("text", ["41AC0000", "0x41A", "0x41AG"])
def test_bad_hex_is_refused(text: str) -> None:
    """What is no row of words is refused."""
    with pytest.raises(ValueError, match=r"no row of words|non-hexadecimal"):
        parse_hex(text)


# --- exactness --------------------------------------------------------------------------------------------------------


def test_a_tenth_is_a_tenth() -> None:
    """21.5 at a scale of 0.1 is 215, as 21.5 / 0.1 in floating point is not for every such number."""
    codec = Codec(DataType.UINT16, scale=0.1)
    assert [codec.encode(tenths / 10) for tenths in range(65536)] == [(tenths,) for tenths in range(65536)]


def test_64_bits_keep_their_last_digit() -> None:
    """Integers beyond 2^53 keep every digit, and one that JSON has rounded already is refused."""
    codec = Codec(DataType.UINT64)
    assert codec.decode(codec.encode(2**64 - 1)) == 2**64 - 1
    assert codec.encode("18446744073709551615") == (0xFFFF,) * 4
    assert codec.text((0xFFFF,) * 4) == "18446744073709551615"
    assert Codec(DataType.INT64).encode(-(2**53) - 1) == (0xFFDF, 0xFFFF, 0xFFFF, 0xFFFF)
    with pytest.raises(ValueError, match="its last digits may be lost: write it in quotes"):
        codec.encode(float(2**53))


@pytest.mark.parametrize(
    ("kind", "settings", "row", "shown"),
    [
        (DataType.FLOAT32, {}, "0x41A8CCCD", "21.1"),
        (DataType.FLOAT32, {}, "0x49742400", "1000000"),
        (DataType.FLOAT32, {}, "0x7F800000", "Infinity"),
        (DataType.FLOAT32, {}, "0xFF800000", "-Infinity"),
        (DataType.FLOAT32, {}, "0x7FC00000", "NaN"),
        (DataType.FLOAT32, {}, "0x7F7FFFFF", "3.4028235E+38"),
        (DataType.UINT16, {"scale": 0.1}, "0x00D2", "21"),
        (DataType.INT16, {"scale": 0.1, "offset": -40}, "0xFFFF", "-40.1"),
        (DataType.BOOL, {}, "0x0001", "true"),
        (DataType.BIT, {"bit": 15}, "0x8000", "true"),
        (DataType.STRING, {"length": 6}, "0x4142FF1B0043", "AB\\xff\\x1b"),
        (DataType.UINT16, {"names": (("Stopped", 0), ("Running", 1))}, "0x0001", "Running"),
        (DataType.UINT16, {"names": (("Stopped", 0), ("Running", 1))}, "0x0007", "7"),
    ],
)
def test_what_people_read(kind: DataType, settings: dict[str, Any], row: str, shown: str) -> None:
    """People see the digits that a number has, names where there are some, and no control characters."""
    assert Codec(kind, **settings).text(parse_hex(row)) == shown


# --- comparing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "actual", "desired", "tolerance", "same"),
    [
        ({"type": DataType.UINT16}, 0x0001, 0x0002, 0, False),
        ({"type": DataType.UINT16, "scale": 0.1}, 220, 215, 0.5, True),
        ({"type": DataType.UINT16, "scale": 0.1}, 221, 215, 0.5, False),
        ({"type": DataType.INT16, "scale": -0.1}, 210, 215, Fraction(1, 2), True),
        ({"type": DataType.BIT, "bit": 3}, 0xFFF7, 0x0000, 0, True),
        ({"type": DataType.BIT, "bit": 3}, 0x0008, 0x0000, 0, False),
        ({"type": DataType.BOOL}, 0xFF00, 0x0001, 0, True),
        ({"type": DataType.BOOL}, 0x0000, 0x0001, 0, False),
        ({"type": DataType.BCD16}, 0x0010, 0x0009, 1, True),
    ],
)
def test_same(settings: dict[str, Any], actual: int, desired: int, tolerance: float, same: bool) -> None:
    """Words are the same within the tolerance, of a bit only that bit counts, and any word but 0 is true."""
    assert Codec(**settings).same((actual,), (desired,), tolerance) is same


def test_floats_that_are_no_numbers() -> None:
    """NaN and infinity equal no target however wide the tolerance, and minus zero is zero."""
    codec = Codec(DataType.FLOAT32)
    for row in ("0x7FC00000", "0x7F800000"):
        assert not codec.same(parse_hex(row), codec.encode(1), 1e30)
    assert codec.same(parse_hex("0x80000000"), codec.encode(0))


@pytest.mark.parametrize(
    ("padding", "held", "wanted", "same"),
    [
        (Padding.NULL, b"Bread\0xy", "Bread", True),
        (Padding.NULL, b"Bread   ", "Bread", False),
        (Padding.NULL, b"Bread\0\0\0", "Bre", False),
        (Padding.SPACE, b"Bread\0 \0", "Bread", True),
        (Padding.SPACE, b"Bread\0xy", "Bread", False),
        (Padding.NULL, b"\xffA\0\0\0\0\0\0", "\\xffA", False),
    ],
)
@pytest.mark.parametrize("order", [ByteOrder.ABCD, ByteOrder.BADC])
def test_texts_are_compared_as_they_are_read(
    order: ByteOrder, padding: Padding, held: bytes, wanted: str, same: bool
) -> None:
    """What fills a text up, or was left behind its end, does not count; all that is read does."""
    codec = Codec(DataType.STRING, order, length=8, padding=padding)
    assert codec.same(arranged(words_of(held), order), codec.encode(wanted)) is same


# --- refusals ---------------------------------------------------------------------------------------------------------

NAMES = (("Stopped", 0), ("Running", 1))


@pytest.mark.parametrize(
    ("settings", "value", "told"),
    [
        ({}, 65536, "it does not fit uint16, which reaches from 0 to 65535"),
        ({}, -1, "it does not fit uint16"),
        ({"scale": 0.1}, 6553.6, "which reaches from 0 to 6553.5 with scale 0.1"),
        ({"scale": -1, "offset": 5}, 6, "which reaches from -65530 to 5 with scale -1 and offset 5"),
        ({"scale": 0.1}, 21.57, "uint16 holds no such value with scale 0.1: the nearest are 21.5 and 21.6"),
        ({"scale": -0.1, "type": DataType.INT16}, 21.57, "the nearest are 21.5 and 21.6"),
        ({}, 21.5, "uint16 holds no such value: the nearest are 21 and 22"),
        ({}, "21,5", "it is not a number"),
        ({}, "NaN", "it is not a number"),
        ({}, math.nan, "NaN and infinities are no values for a device"),
        ({}, math.inf, "NaN and infinities are no values for a device"),
        ({}, True, "it must be a number"),
        ({"names": NAMES}, True, "put names in quotes"),
        ({"names": NAMES}, "Started", "it is no name in enum; one of Running, Stopped"),
        ({"type": DataType.BIT, "bit": 1, "names": NAMES}, "Started", "one of Running, Stopped"),
        ({"type": DataType.FLOAT32}, math.inf, "NaN and infinities"),
        ({"type": DataType.FLOAT32}, 3.5e38, "it is too large for float32"),
        ({"type": DataType.FLOAT64}, "1e309", "it is too large for float64"),
        ({"type": DataType.FLOAT32}, 1e-50, "it is too small for float32, which would make it 0"),
        ({"type": DataType.BOOL}, 2, "it must be true or false"),
        ({"type": DataType.BOOL}, "yes", "it must be true or false"),
        ({"type": DataType.BOOL}, 1.0, "it must be true or false"),
        ({"type": DataType.BCD16}, 10000, "it does not fit bcd16, which reaches from 0 to 9999"),
        ({"type": DataType.BCD32}, -1, "it does not fit bcd32, which reaches from 0 to 99999999"),
        ({"type": DataType.STRING, "length": 4}, 5, "it must be a text: put it in quotes"),
        ({"type": DataType.STRING, "length": 4}, "hello", "it takes 5 bytes and length is 4"),
        ({"type": DataType.STRING, "length": 4}, "é", "ascii has no 'é': choose another encoding"),
        ({"type": DataType.STRING, "length": 4}, "a\0b", "a null character would end the text"),
        ({"type": DataType.STRING, "length": 2, "encoding": Encoding.UTF_8}, "€", "it takes 3 bytes and length is 2"),
    ],
)
def test_values_refused(settings: dict[str, Any], value: Value, told: str) -> None:
    """A value that a register cannot hold is refused with what it can hold."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the words are compared below
        Codec(**settings).encode(value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "field", "told"),
    [
        ({"scale": 0}, "scale", "a scale of 0 makes every value the same"),
        ({"scale": math.nan}, "scale", "NaN and infinities"),
        ({"offset": math.inf}, "offset", "NaN and infinities"),
        ({"type": DataType.BIT}, "bit", "which need it"),
        ({"bit": 3}, "bit", "it goes with type bit"),
        ({"type": DataType.BIT, "bit": 16}, "bit", "bits 0 (least significant) to 15"),
        ({"type": DataType.STRING}, "length", "type string needs it"),
        ({"type": DataType.STRING, "length": 7}, "length", "an even number of bytes"),
        ({"type": DataType.STRING, "length": 252}, "length", "up to 250"),
        ({"length": 4}, "length", "it goes with type string"),
        ({"type": DataType.STRING, "length": 4, "order": ByteOrder.CDAB}, "order", "a string is ABCD"),
        ({"type": DataType.BOOL, "order": ByteOrder.BADC}, "order", "type bool has no order of bytes"),
        ({"type": DataType.BOOL, "scale": 2}, "scale", "it is for numbers, and the type is bool"),
        ({"type": DataType.STRING, "length": 4, "offset": 1}, "offset", "the type is string"),
        ({"names": (("Off", 0), ("Stop", 0))}, "names", "Off and Stop both name 0: keep one of them"),
        ({"names": (("Huge", 70000),)}, "names", "Huge names 70000: it does not fit uint16"),
        ({"type": DataType.BOOL, "names": (("Two", 2),)}, "names", "it must be true or false"),
        ({"type": DataType.STRING, "length": 4, "names": NAMES}, "names", "a string is its own name"),
    ],
)
def test_settings_refused(settings: dict[str, Any], field: str, told: str) -> None:
    """Settings that contradict each other are refused by the one to change and why."""
    with pytest.raises(InvalidCodec) as refused:
        Codec(**settings)
    assert refused.value.field == field
    assert told in refused.value.reason


def test_words_that_mean_nothing() -> None:
    """A BCD number with a half byte above 9, and too few words, are refused when they are read."""
    with pytest.raises(ValueError, match="0x00FA is no bcd16: each of its digits must be 0 to 9"):
        Codec(DataType.BCD16).decode((0x00FA,))
    with pytest.raises(ValueError, match="int32 takes 2 words"):
        Codec(DataType.INT32).decode((1,))
    with pytest.raises(ValueError, match="of 0 to 65535"):
        Codec().decode((65536,))


def test_numbers_for_metrics() -> None:
    """A metric gets the number behind a name, 1 or 0 for truth, the scaled value, and no text."""
    assert Codec(names=NAMES).measure((1,)) == 1
    assert Codec(DataType.BIT, bit=3, names=(("Closed", 0), ("Open", 1))).measure((0xFFFF,)) == 1
    assert Codec(DataType.INT16, scale=0.1).measure((65535,)) == -0.1
    with pytest.raises(ValueError, match="a text is no number"):
        Codec(DataType.STRING, length=2).measure((0x3131,))


@pytest.mark.parametrize(("value", "row"), [("Running", (1,)), (1, (1,)), ("7", (7,))])
def test_names_and_numbers(value: Value, row: tuple[int, ...]) -> None:
    """Where there are names a number may be written all the same."""
    assert Codec(names=NAMES).encode(value) == row


def test_names_of_a_bit() -> None:
    """A bit is read by its name, whatever the bits beside it are."""
    codec = Codec(DataType.BIT, bit=2, names=(("Closed", 0), ("Open", 1)))
    assert codec.encode("Open") == (4,)
    assert (codec.decode((0xFFFF,)), codec.decode((0xFFFB,))) == ("Open", "Closed")
