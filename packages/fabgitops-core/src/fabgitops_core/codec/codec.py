"""Values and the words that hold them, both ways, and whether two rows of words mean the same."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from fabgitops_core.codec import exponents, numbers, texts
from fabgitops_core.codec.absent import NOTHING, NoValue
from fabgitops_core.codec.agreeing import check
from fabgitops_core.codec.digits import shortest
from fabgitops_core.codec.parts import Part, reach, total
from fabgitops_core.codec.texts import Encoding, Padding
from fabgitops_core.codec.types import ByteOrder, DataType, Words, arranged

Value = bool | int | float | str
"""What a user writes and reads: a number in engineering units, true or false, a text, or a name of the enum."""

_LIMIT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Codec:
    """How one register's value stands in its words: engineering value = raw times scale plus offset.

    Raises:
        InvalidCodec: When it is made of settings that contradict each other.
    """

    type: DataType = DataType.UINT16
    order: ByteOrder = ByteOrder.ABCD
    scale: float = 1
    offset: float = 0
    bit: int | None = None
    """Which bit of the word, 0 (least significant) to 15; with the type bit only."""
    length: int = 0
    """Bytes of a string, even, 2 to 250; with the type string only."""
    encoding: Encoding = Encoding.ASCII
    padding: Padding = Padding.NULL
    names: tuple[tuple[str, int], ...] = ()
    """Names for values in engineering units, each value once; 0 and 1 for bool and bit."""
    absent: frozenset[Words] = NOTHING
    """Rows of words, as they stand on the wire, that mean no value; of a bit, whole words."""
    nan_absent: bool = False
    """Whether each NaN means no value."""
    parts: tuple[Part, ...] = ()
    """The words of a sum; with the type sum only."""
    last_bit: int | None = None
    """The most significant of its bits; with the type bits only, of which `bit` is the least significant."""
    exponent: int | None = None
    """Where the word is that holds a power of ten, counted from its first; that word is the last of its words."""
    size: int = field(init=False, repr=False, compare=False)
    """How many words show it, or 1 for a place in a table of bits; a power of ten is one of them."""
    taken: int = field(init=False, repr=False, compare=False)
    """How far its value reaches from its address on; not all between parts is its own."""
    ahead: int = field(init=False, repr=False, compare=False)
    """How many words a reading that shows it begins before its address, where its power of ten may be."""
    span: int = field(init=False, repr=False, compare=False)
    """How many words, or bits, such a reading spans; kept as those above, as each poll asks for them."""
    in_a_row: bool = field(init=False, repr=False, compare=False)
    """Whether they are its own, one after the other."""

    def __post_init__(self) -> None:
        exponent, parts = self.exponent, self.parts
        words = self.type.words or self.length // 2 or len(parts)
        taken = 1 + max(part.offset for part in parts) if parts else words
        ahead = max(0, -exponent) if exponent is not None else 0
        object.__setattr__(self, "size", words + (exponent is not None))
        object.__setattr__(self, "taken", taken)
        object.__setattr__(self, "ahead", ahead)
        object.__setattr__(self, "span", taken if exponent is None else ahead + max(taken, exponent + 1))
        object.__setattr__(self, "in_a_row", exponent is None and not parts)
        check(self)

    def value_words(self, words: Words) -> Words:
        """Return the words that are written of those that show it: not its power of ten, which is the device's."""
        return words if self.exponent is None else words[:-1]

    @property
    def bounds(self) -> tuple[int | Fraction, int | Fraction]:
        """Return the least and the greatest raw number of a type that counts in whole numbers."""
        if self.type is DataType.BITS:
            return 0, self.mask >> (self.bit or 0)
        return reach(self.parts) if self.parts else self.type.bounds

    def of_span(self, words: Words) -> Words:
        """Return its own words out of all that a reading of its span shows."""
        if self.exponent is not None:
            return (*words[self.ahead : self.ahead + self.taken], words[self.ahead + self.exponent])
        return tuple(words[part.offset] for part in self.parts) if self.parts else words

    @property
    def mask(self) -> int:
        """Return the bits of its word that are its own: one for the type bit, some for bits, else all sixteen."""
        if self.bit is None:
            return _LIMIT
        last = self.bit if self.last_bit is None else self.last_bit
        return (2 << last) - (1 << self.bit)

    # --- from a value to words ----------------------------------------------------------------------------------------

    def encode(self, value: Value) -> Words:
        """Return the words that hold a value; those of a bit have all others of the word at 0.

        Raises:
            ValueError: It is of another type, has no name here, does not fit, or lies between two steps of the scale;
                or its words are those that mean no value.
        """
        words = self._words(value)
        if self.lacks(words):
            raise ValueError("its words mean no value (noValue), so nobody could tell whether it is held")
        return words

    def _words(self, value: Value) -> Words:
        if self.type is DataType.STRING:
            if not isinstance(value, str):
                raise ValueError("it must be a text: put it in quotes")
            return arranged(texts.words_of_text(value, self.length, self.encoding, self.padding), self.order)
        if self.parts:
            raise ValueError("a sum of several words is only observed: they would not change at the same moment")
        value = self._value_of_name(value)
        if not self.type.numeric:
            return (_truth(value) << (self.bit or 0),)
        return self._number(value) if self.exponent is None else self._scaled(value)

    def number(self, value: Value) -> Fraction:
        """Return a value of a numeric type in engineering units, exactly; a name counts as what it stands for.

        Raises:
            ValueError: It is no number.
        """
        value = self._value_of_name(value)
        if value is True or value is False:
            raise ValueError(f"it must be a number{_QUOTE_NAMES if self.names else ''}")
        return numbers.exactly(value) if self.type.floating else numbers.exactly_whole(value)

    def doubtful(self, value: Value | None) -> bool:
        """Return whether a number without quotes may have lost digits that the register would keep.

        A float keeps no more digits than JSON, and a number far out of reach is refused for that.
        """
        if not self.type.numeric or self.type.floating or not isinstance(value, int | float) or value is True:
            return False
        if not numbers.digits_lost(value, abs(self.scale)):
            return False
        return abs(value) <= 2 * max(abs(self._engineering(Fraction(bound))) for bound in self.bounds)

    def _value_of_name(self, value: Value) -> Value:
        if not isinstance(value, str):
            return value
        for name, number in self.names:
            if name == value:
                return number
        if self.names and not (self.type.numeric and value.lstrip("+-")[:1].isdigit()):
            raise ValueError(f"it is no name in enum; one of {', '.join(sorted(name for name, _ in self.names))}")
        return value

    def _number(self, value: Value) -> Words:
        given = self.number(value)
        raw = (given - numbers.exactly(self.offset)) / numbers.exactly(self.scale)
        if not self.type.floating:
            low, high = self.bounds
            if not low <= raw <= high:
                self._refuse_outside()
            if raw.denominator != 1:
                self._refuse_between(raw)
        return self.words_of_raw(raw)

    def _scaled(self, value: Value) -> Words:
        """Return the words of a number and of a power of ten by which it fits; `scaled_as` says them for another."""
        raw = (self.number(value) - numbers.exactly(self.offset)) / numbers.exactly(self.scale)
        words = exponents.plainest(raw, self._fitting)
        if words is None:
            raise ValueError(f"{self.type}{self._scaling} holds no such value, whatever the power of ten")
        return words

    def _fitting(self, raw: Fraction) -> Words | None:
        low, high = self.bounds
        return self.words_of_raw(raw) if raw.denominator == 1 and low <= raw <= high else None

    def scaled_as(self, wanted: Words, shown: Words) -> Words | None:
        """Return words that mean the same as others by the power of ten of a reading; None where none do.

        Args:
            wanted: What `encode` returned.
            shown: What was read.

        Raises:
            ValueError: The reading shows no power of ten.
        """
        if self.exponent is None:
            return wanted
        words = self._fitting(exponents.over(Fraction(self.raw(wanted)), shown[-1]))
        return None if words is None or self.lacks((*words, shown[-1])) else (*words, shown[-1])

    def words_of_raw(self, raw: Fraction) -> Words:
        """Return the words that hold a number of a numeric type, before scale and offset; of bits all others are 0.

        Raises:
            ValueError: It does not fit the type.
        """
        if self.type is DataType.BITS:
            return (raw.numerator << (self.bit or 0),)
        return arranged(numbers.words_of_number(raw, self.type), self.order)

    def _refuse_outside(self) -> NoReturn:
        low, high = sorted(self._engineering(Fraction(bound)) for bound in self.bounds)
        raise ValueError(
            f"it does not fit {self.type}, which reaches from "
            f"{numbers.decimal_text(low)} to {numbers.decimal_text(high)}{self._scaling}"
        )

    def _refuse_between(self, raw: Fraction) -> NoReturn:
        below, above = sorted(self._engineering(Fraction(bound)) for bound in (math.floor(raw), math.ceil(raw)))
        raise ValueError(
            f"{self.type} holds no such value{self._scaling}: the nearest are "
            f"{numbers.decimal_text(below)} and {numbers.decimal_text(above)}"
        )

    @property
    def _scaling(self) -> str:
        said = [f"scale {self.scale:g}"] if self.scale != 1 else []
        said += [f"offset {self.offset:g}"] if self.offset else []
        return f" with {' and '.join(said)}" if said else ""

    # --- from words to a value ----------------------------------------------------------------------------------------

    def decode(self, words: Words) -> Value:
        """Return the value that words hold, as its name where the enum has one.

        A number is an int where the type, scale and offset are whole, else a float, which may be NaN or infinite.

        Raises:
            ValueError: They are too few or too many, or mean nothing: a BCD number with a half byte above 9; `NoValue`
                where they say that there is none.
        """
        if self.type is DataType.STRING:
            return texts.text_of_words(arranged(self._checked(words), self.order), self.encoding, self.padding)
        measured = self.measure(words)
        if name := self.name_of(measured):
            return name
        return measured if self.type.numeric else bool(measured)

    def name_of(self, measured: float) -> str:
        """Return the name of its enum for a number in engineering units; nothing where there is none."""
        return next((name for name, number in self.names if number == measured), "")

    def measure(self, words: Words) -> int | float:
        """Return what words hold as a number, for a metric: without names, and 1 or 0 for true or false.

        Raises:
            ValueError: As `decode`, or they hold a text.
        """
        if self.type is DataType.STRING:
            raise ValueError("a text is no number")
        if not self.type.numeric:
            return int(self._checked(words)[0] & self.mask != 0)
        raw = self.raw(words)
        if not isinstance(raw, Fraction) and (not math.isfinite(raw) or (self.scale == 1 and not self.offset)):
            return raw
        value = self._engineering(Fraction(raw))
        whole = isinstance(raw, int) and float(self.scale).is_integer() and float(self.offset).is_integer()
        return value.numerator if whole else _nearest_float(value)

    def text(self, words: Words) -> str:
        """Return what words hold for people, in one line: a number with just the digits that it has.

        Encoding the text of a number gives words that are the same, also where a float would have lost a digit.

        Raises:
            ValueError: As `decode`.
        """
        if self.type is DataType.STRING:
            return texts.printable(str(self.decode(words)))
        if self.names and (name := self.name_of(self.measure(words))):
            return texts.printable(name)
        if not self.type.numeric:
            return "true" if self.measure(words) else "false"
        raw = self.raw(words)
        if not math.isfinite(raw):
            return "NaN" if math.isnan(raw) else "Infinity" if raw > 0 else "-Infinity"
        if self.type.floating:
            return shortest(float(raw), self.type, numbers.exactly(self.scale), numbers.exactly(self.offset))
        if self.scale == 1 and not self.offset and not isinstance(raw, Fraction):
            return str(raw)
        return numbers.decimal_text(self._engineering(Fraction(raw)))

    def _engineering(self, raw: Fraction) -> Fraction:
        return raw * numbers.exactly(self.scale) + numbers.exactly(self.offset)

    def raw(self, words: Words) -> int | float | Fraction:
        """Return the number that words of a numeric type hold, before scale and offset; perhaps NaN or infinite.

        Raises:
            ValueError: As `decode`.
        """
        if self.parts:
            return total(self.parts, self._checked(words))
        if self.type is DataType.BITS:
            return (self._checked(words)[0] & self.mask) >> (self.bit or 0)
        number = numbers.number_of_words(arranged(self.value_words(self._checked(words)), self.order), self.type)
        return number if self.exponent is None else exponents.times(int(number), words[-1])

    def _checked(self, words: Words) -> Words:
        if self.lacks(self._shaped(words)):
            raise NoValue("the device says that it has no value")
        return words

    def _shaped(self, words: Words) -> Words:
        if len(words) != self.size or min(words) < 0 or max(words) > _LIMIT:
            raise ValueError(f"{self.type} takes {self.size} words of 0 to {_LIMIT}, not {words}")
        return words

    def lacks(self, words: Words) -> bool:
        """Return whether words that were read say that the device has no value there."""
        if self.exponent is not None and words[-1] == exponents.NOT_THERE:
            return True
        if not self.absent and not self.nan_absent:
            return False
        if self.value_words(words) in self.absent:
            return True
        return self.nan_absent and math.isnan(numbers.number_of_words(arranged(words, self.order), self.type))

    def _counting(self, words: Words) -> bytes:
        return texts.counting(arranged(words, self.order), self.padding)

    # --- comparing ----------------------------------------------------------------------------------------------------

    def same(self, actual: Words, desired: Words, tolerance: float | Fraction = 0) -> bool:
        """Return whether two rows of words mean the same, compared as raw numbers and not after scaling.

        Args:
            actual: What was read; of a bit, only that bit of the word counts, of a text not what fills it up.
            desired: What `encode` made of the desired value.
            tolerance: How far they may be apart in engineering units, that far included; numeric types only.

        Raises:
            ValueError: As `decode`.
        """
        if self._checked(actual) == self._shaped(desired):
            return True
        if self.lacks(desired):
            return False
        if self.type is DataType.STRING:
            return self._counting(actual) == self._counting(desired)
        if not self.type.numeric:
            return bool(actual[0] & self.mask) == bool(desired[0] & self.mask)
        first, second = self.raw(actual), self.raw(desired)
        if not (math.isfinite(first) and math.isfinite(second)):
            return False
        if first == second or not tolerance:
            return first == second
        allowed = tolerance if isinstance(tolerance, Fraction) else numbers.exactly(tolerance)
        return _within(first, second, allowed, numbers.exactly(self.scale))


def bits_of(codec: Codec) -> str:
    """Return which bits of its word a register is, for people: `bit 3`, `bits 6 to 7`."""
    return f"bit {codec.bit}" if codec.last_bit is None else f"bits {codec.bit} to {codec.last_bit}"


_QUOTE_NAMES = " or a name of its enum (YAML reads On, Off, Yes and No as true and false: put names in quotes)"


def _truth(value: Value) -> bool:
    if value not in (0, 1) or isinstance(value, float | str):
        raise ValueError("it must be true or false")
    return bool(value)


def _within(first: float | Fraction, second: float | Fraction, allowed: Fraction, scale: Fraction) -> bool:
    """Return whether two raw numbers, scaled, are no further apart; exactly, and in whole numbers, which is quick."""
    above, below = first.as_integer_ratio()
    other_above, other_below = second.as_integer_ratio()
    apart = abs(above * other_below - other_above * below) * abs(scale.numerator)
    return apart * allowed.denominator <= allowed.numerator * scale.denominator * below * other_below


def _nearest_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
