"""No sentence says that a register holds what Git wants, and calls it drift: whatever differs can be seen to differ."""

import struct
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from fabgitops_core.codec.agreeing import InvalidCodec
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.texts import Encoding, Padding, alike
from fabgitops_core.codec.types import ByteOrder, DataType, Words, hex_of, words_of
from fabgitops_core.control.plc.judging import Finding, blank, judged
from fabgitops_core.control.plc.points import Place, Point
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from hypothesis import assume, given, settings
from hypothesis import strategies as st

AT = datetime(2025, 1, 1, tzinfo=UTC)
NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 7, 32767, 32768, 65535])
NAMES = st.sampled_from(
    ["1", "2", "5", "5 ", "Auto", "\N{CYRILLIC CAPITAL LETTER A}uto", "true", "NaN", "0", "-0", "5 (raw 0x0003)"]
)


def point(codec: Codec, wanted: Words | None = None, tolerance: Fraction = Fraction(0), unit: str = "") -> Point:
    """Return a register of this codec that must hold these words."""
    place = Place(DeviceId(Endpoint("plc", 502), 1), Table.HOLDING, 5, codec)
    desired = None if wanted is None else codec.text(wanted)
    return Point("a", "a", "holding 5", "a", place, wanted, desired, tolerance, unit=unit)


@st.composite
def codecs(draw: st.DrawFn) -> Codec:
    """Return a codec of any type, order, scale, offset, and names that may be numbers or look like each other."""
    kind = draw(st.sampled_from([each for each in DataType if each not in {DataType.SUM, DataType.BITS}]))
    fields: dict[str, Any] = {"type": kind}
    if kind is DataType.STRING:
        fields |= {"length": 8, "encoding": draw(st.sampled_from(list(Encoding)))}
        fields |= {"padding": draw(st.sampled_from(list(Padding)))}
        fields["order"] = draw(st.sampled_from([ByteOrder.ABCD, ByteOrder.BADC]))
    elif kind.numeric:
        fields["order"] = draw(st.sampled_from(list(ByteOrder)))
        fields["scale"] = draw(st.sampled_from([1, 0.1, 0.3, -2.54, 1e-9, 1e-300, 1e20]))
        fields["offset"] = draw(st.sampled_from([0, 0, 0.1, -40, 1e15, 1e20]))
    elif kind is DataType.BIT:
        fields["bit"] = draw(st.integers(0, 15))
    if kind is not DataType.STRING and draw(st.booleans()):
        fields["names"] = tuple(draw(st.dictionaries(NAMES, st.integers(0, 7), max_size=4)).items())
    try:
        return Codec(**fields)
    except InvalidCodec:  # names twice, or out of reach
        assume(False)
        raise


def rows(codec: Codec) -> st.SearchStrategy[Words]:
    """Return words of its size: any, and those that are likely to be read alike."""
    size = codec.size
    near = st.tuples(*[NUMBERS] * size)
    any_row = st.tuples(*[st.integers(0, 65535)] * size)
    if codec.type is DataType.STRING:
        text = st.text(st.sampled_from("AB \\0\0x\xff\x1b\n"), max_size=8).map(
            lambda each: words_of(each.encode("latin-1").ljust(8, b"\0"))
        )
        return text | any_row
    if codec.type.floating:
        pack = ">f" if size == 2 else ">d"
        odd = st.sampled_from([0.0, -0.0, float("inf"), float("nan"), 5.0, 21.5, 1e-38, 5.000000476837158])
        return any_row | near | odd.map(lambda each: words_of(struct.pack(pack, each)))
    return near | any_row


def sides(message: str) -> tuple[str, str]:
    """Return what a sentence says that is held, and what it should be."""
    held, _, wanted = message.partition(", Git wants " if ", Git wants " in message else " after writing ")
    return held.removeprefix("a holds "), wanted.partition(": the write")[0]


@settings(max_examples=4 * settings().max_examples)
@given(
    data=st.data(),
    codec=codecs(),
    tolerance=st.sampled_from([0, 0, Fraction(1, 10), 5]),
    unit=st.sampled_from(["", "bar"]),
)
def test_what_differs_is_read_as_different(data: st.DataObject, codec: Codec, tolerance: Fraction, unit: str) -> None:
    """Of every type: words that are not the same have texts that nobody takes for the same, in messages and status."""
    words, wanted, sent = (data.draw(rows(codec)) for _ in range(3))
    try:
        register = point(codec, wanted, Fraction(tolerance), unit)
        codec.text(words), codec.text(sent)
    except ValueError:  # a BCD number that is none, of which nothing is compared
        assume(False)
        raise
    before = blank(register).model_copy(update={"unverified_write": data.draw(st.sampled_from([None, hex_of(sent)]))})
    judgement = judged(register, before, words, AT)
    if judgement.finding in {Finding.DRIFTED, Finding.NOT_HELD}:
        assert not alike(*sides(judgement.message))
        assert not alike(judgement.status.actual or "", judgement.status.desired or "")
    for notice in judgement.notices:
        held, _, wrote = notice.message.removeprefix("a held ").partition("; wrote ")
        assert not alike(held, wrote.removesuffix(" and read it back"))


@pytest.mark.parametrize(
    ("codec", "words", "wanted", "message"),
    [
        (Codec(names=(("5", 3),)), (3,), (5,), "a holds 5 (raw 0x0003), Git wants 5 (raw 0x0005)"),
        (
            Codec(DataType.STRING, length=2, padding=Padding.NULL),
            (0x4120,),
            (0x4100,),
            "a holds A  (raw 0x4120), Git wants A (raw 0x4100)",
        ),
        (
            Codec(DataType.STRING, length=4, encoding=Encoding.LATIN_1),
            (0xFF00, 0),
            (0x5C78, 0x6666),
            "a holds ÿ, Git wants \\xff",
        ),
        (
            Codec(DataType.STRING, length=4),
            (0xFF00, 0),
            (0x5C78, 0x6666),
            "a holds \\xff (raw 0xFF000000), Git wants \\xff (raw 0x5C786666)",
        ),
        (Codec(), (3,), (5,), "a holds 3, Git wants 5"),
    ],
)
def test_the_words_are_told_where_the_texts_are_alike(codec: Codec, words: Words, wanted: Words, message: str) -> None:
    """Where two values would be read alike their raw words stand beside them, and only there."""
    register = point(codec, wanted)
    assert judged(register, blank(register), words, AT).message == message


def test_what_was_held_before_is_not_what_was_written() -> None:
    """A stored status that says that a register held what we wrote is not repeated."""
    register = point(Codec(), (5,))
    before = blank(register).model_copy(update={"actual": "5", "unverified_write": "0x0005"})
    (notice,) = judged(register, before, (5,), AT).notices
    assert notice.message == "a held something else; wrote 5 and read it back"
