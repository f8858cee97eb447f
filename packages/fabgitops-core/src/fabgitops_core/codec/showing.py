"""What words that are written in one form mean in another, in which they are shown: written here, read there.

Between the two a value is what people read: a number, exactly, with 0 and 1 for false and true; a name, or a text.
"""

from fractions import Fraction

from fabgitops_core.codec import numbers
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.stepping import engineering
from fabgitops_core.codec.types import DataType, Words

Meaning = Fraction | str

_LAST_PLACE = {DataType.FLOAT32: Fraction(1, 2**24), DataType.FLOAT64: Fraction(1, 2**53)}
"""The last place of a float as a part of its value, at the least (IEEE 754: 24 and 53 bits)."""


def shows(shown: Codec, actual: Words, written: Codec, desired: Words, tolerance: Fraction) -> bool:
    """Return whether words that were read show the value of others that were written, or are to be.

    Args:
        shown: The form in which it is read.
        actual: What was read.
        written: The form in which it is written.
        desired: What was written.
        tolerance: How far they may be apart in engineering units, that far included. A float that a device has computed
            out of another form may be off by its last digits besides.

    Raises:
        ValueError: What was read means nothing, or that there is no value.
    """
    held, wanted = meaning(shown, actual), meaning(written, desired)
    if wanted is None or held is None:
        return False
    words = words_for(shown, wanted)
    if words is not None and shown.same(actual, words, tolerance):
        return True
    if isinstance(held, str) or isinstance(wanted, str) or not shown.type.numeric:
        return False
    return abs(held - wanted) <= max(tolerance, _rounding(shown, written, wanted))


def meaning(codec: Codec, words: Words) -> Meaning | None:
    """Return what words mean: a name or a text, or else a number; None for NaN and infinities.

    Raises:
        ValueError: They mean nothing, or that there is no value.
    """
    if codec.type is DataType.STRING:
        return str(codec.decode(words))
    if name := codec.name_of(codec.measure(words)):
        return name
    if not codec.type.numeric:
        return Fraction(codec.measure(words))
    exact = engineering(codec, words)
    if exact is None or not codec.type.floating:
        return exact
    try:
        return numbers.exactly(codec.text(words))  # 21.3, which was meant by the float next to it
    except ValueError:  # it has more digits than anybody writes, as next to nothing beside an offset
        return exact


def words_for(codec: Codec, value: Meaning) -> Words | None:
    """Return the words that hold a value; of a float the nearest. None where there are none."""
    if isinstance(value, str):
        return _encoded(codec, value)
    if codec.type is DataType.STRING:
        return None
    if not codec.type.numeric:
        return _encoded(codec, bool(value)) if value in (0, 1) else None
    raw = (value - numbers.exactly(codec.offset)) / numbers.exactly(codec.scale)
    if not codec.type.floating and not (raw.denominator == 1 and codec.bounds[0] <= raw <= codec.bounds[1]):
        return None
    try:
        words = codec.words_of_raw(raw)
    except ValueError:
        return None
    return None if codec.lacks(words) else words


def nearest(codec: Codec, value: Meaning) -> Fraction | None:
    """Return the number of a whole type that is nearest to a value; None where it has none there, or names a text."""
    if isinstance(value, str) or not codec.type.numeric or codec.type.floating:
        return None
    scale, offset = numbers.exactly(codec.scale), numbers.exactly(codec.offset)
    found = Fraction(round((value - offset) / scale)) * scale + offset
    return None if words_for(codec, found) is None else found


def put_back(written: Codec, shown: Codec, actual: Words, tolerance: Fraction) -> Words | None:
    """Return the words that, written, bring back what was read; None where the reading does not tell which.

    What is shown in larger steps than it is written in, as a set-point in tenths by whole degrees, may have been
    another number: that counts only where the tolerance says that it is near enough. So does one between two steps.
    """
    try:
        value = meaning(shown, actual)
    except ValueError:
        return None
    if value is None or _is_hidden(value, shown, written, tolerance):
        return None
    words = words_for(written, value)
    if words is None and (close := nearest(written, value)) is not None:
        words = words_for(written, close)
    return words if words is not None and shows(shown, actual, written, words, tolerance) else None


def _is_hidden(value: Meaning, shown: Codec, written: Codec, tolerance: Fraction) -> bool:
    """Return whether other values than this one may have been written, and look the same where they are read."""
    if isinstance(value, str):
        return shown.length < written.length
    if not (shown.type.numeric and written.type.numeric):
        return written.type.numeric
    step = _step(shown, value)
    return step > _step(written, value) and step > tolerance


def _step(codec: Codec, value: Fraction) -> Fraction:
    """Return how far two neighbours among its numbers lie apart near a value."""
    return abs(value) * _LAST_PLACE[codec.type] if codec.type.floating else abs(numbers.exactly(codec.scale))


def _rounding(shown: Codec, written: Codec, value: Fraction) -> Fraction:
    """Return how far a device that computes a float out of another form may be off by that alone."""
    forms = {(each.type, each.scale, each.offset) for each in (shown, written)}
    return 4 * _step(shown, value) if shown.type.floating and len(forms) > 1 else Fraction(0)


def _encoded(codec: Codec, value: str | bool) -> Words | None:
    try:
        return codec.encode(value)
    except ValueError:
        return None
