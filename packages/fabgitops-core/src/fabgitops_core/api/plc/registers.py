"""Registers as a user declares them: where they are, what they hold, what they must hold, how they are written."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.parts import MAX_PARTS, RegisterPart, parts_of
from fabgitops_core.api.plc.places import NoValueWords, Number, Reference, Word
from fabgitops_core.api.plc.ramp import Ramp
from fabgitops_core.api.plc.read_from import ReadFrom
from fabgitops_core.api.plc.register_checks import problems
from fabgitops_core.api.plc.register_rules import REGISTER_RULES
from fabgitops_core.api.plc.scales import ScaleRegister
from fabgitops_core.api.plc.steps import MAX_STEPS, WriteStep
from fabgitops_core.api.refusals import refuse
from fabgitops_core.api.schema import PRINTABLE, rules, unstored
from fabgitops_core.api.values import Scalar, Tolerance, allowance
from fabgitops_core.codec import absent
from fabgitops_core.codec.agreeing import InvalidCodec
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.showing import shows
from fabgitops_core.codec.tables import Table, parse_reference
from fabgitops_core.codec.texts import Encoding, Padding
from fabgitops_core.codec.types import ByteOrder, DataType, Words

UnitId = Annotated[int, Field(ge=0, le=255, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$")]
"""Letters, digits, dots, dashes and underscores, as a map in a manual may need them; at most 63 characters."""


class WriteFunction(StrEnum):
    """Which Modbus function writes a register."""

    AUTO = "auto"
    """FC06/FC05 for a single word or coil, FC16 for more; bits by read-modify-write."""
    SINGLE = "single"
    """FC06 (holding register) or FC05 (coil)."""
    MULTIPLE = "multiple"
    """FC16 (holding registers) or FC15 (coils), also for a single one."""
    MASK = "mask"
    """FC22, for bits of a holding register where the device has it."""


_NONE_ABSENT: tuple[frozenset[Words], bool] = (absent.NOTHING, False)


@dataclass(frozen=True)
class Span:
    """What a register takes of a table, from an address on, and how its value stands there."""

    table: Table
    start: int
    codec: Codec

    @property
    def end(self) -> int:
        """Return the address after the last word or bit."""
        return self.start + self.codec.taken

    @cached_property
    def addresses(self) -> frozenset[int]:
        """Return the addresses of its words; those between the parts of a sum are not its own."""
        offsets = (each.offset for each in self.codec.parts) if self.codec.parts else range(self.codec.taken)
        return frozenset(self.start + offset for offset in offsets)

    @property
    def shown(self) -> frozenset[int]:
        """Return the addresses of all words that a reading of it shows: with that of its power of ten."""
        exponent = self.codec.exponent
        return self.addresses if exponent is None else self.addresses | {self.start + exponent}

    def shares_a_word(self, other: "Span") -> bool:
        """Return whether two that reach over each other in one table have a word, or a bit of it, in common."""
        if not self.codec.mask & other.codec.mask:
            return False
        return not (self.codec.parts or other.codec.parts) or not self.addresses.isdisjoint(other.addresses)


@unstored
class Write(ApiModel):
    """How the register is written and the writing proven."""

    function: WriteFunction = WriteFunction.AUTO
    """auto (06 or 05 for one, 16 for more), single (06, 05), multiple (16, 15), or mask (22, for bits)."""
    verify: StrictBool = True
    """Whether it is read and compared, true when not given; false makes it a command, given once for each value."""
    verify_delay_ms: Annotated[int, Field(ge=0, le=600_000, strict=True)] = 0
    """Milliseconds that the device needs between a write and its reading back; 0 when not given."""
    ramp: Ramp | None = None
    """In which steps a number goes to its value; in one when not given."""
    repeat_secs: Annotated[int, Field(ge=1, le=86_400, strict=True)] | None = None
    """Seconds after which it is written again though it holds its value, for what lapses else; never when not given."""
    before: Annotated[tuple[WriteStep, ...], Field(min_length=1, max_length=MAX_STEPS)] | None = None
    """What is written right before it each time, in this order: an unlock, a password; nothing goes in between."""
    after: Annotated[tuple[WriteStep, ...], Field(min_length=1, max_length=MAX_STEPS)] | None = None
    """What is written right after it each time, in this order: a save, a lock; only when the device confirmed it."""


@unstored
@rules(*REGISTER_RULES)
class RegisterEntry(ApiModel):
    """A register as it is written down; beside templateRef it may say only in what it differs."""

    name: Name
    """What the register is called; no two of a resource have the same name."""
    table: Table | None = None
    """holding, input, coil or discrete; holding when not given, or what the reference names."""
    address: Word | None = None
    """Address in its table, 0-based as on the wire; give it or reference."""
    reference: Reference | None = None
    """The same as it stands on the drawing, 1-based with the digit of its table: 40001, 400001, 30005, 10017, 1."""
    parts: Annotated[tuple[RegisterPart, ...], Field(min_length=2, max_length=MAX_PARTS)] | None = None
    """Words of which it is the sum, each with its place and weight, in place of address; only observed."""
    read_from: ReadFrom | None = None
    """Where it is read, compared and proven, where that is not the place at which it is written."""
    unit_id: UnitId | None = None
    """Modbus unit id behind a gateway; spec.unitId when not given."""
    type: DataType | None = None
    """What its words mean; uint16 when not given, bool for coil and discrete."""
    bit: Annotated[int, Field(ge=0, le=15, strict=True)] | None = None
    """Which bit of the word, 0 (least significant) to 15; for type bit, and the lowest for type bits."""
    last_bit: Annotated[int, Field(ge=0, le=15, strict=True)] | None = None
    """The highest bit of a number that takes several bits of the word; for type bits."""
    length: Annotated[int, Field(ge=2, le=250, strict=True)] | None = None
    """Bytes of a text, an even number; for type string."""
    encoding: Encoding = Encoding.ASCII
    """ascii, latin-1 or utf-8; for type string, ascii when not given."""
    padding: Padding | None = None
    """What fills a text up: null (as when not given) or space; for type string."""
    byte_order: ByteOrder = ByteOrder.ABCD
    """ABCD (as when not given), CDAB (words swapped), BADC (bytes swapped) or DCBA (both)."""
    scale: Number = 1.0
    """Engineering value = raw value times scale plus offset; 1 when not given."""
    scale_register: ScaleRegister | None = None
    """Where the device has the power of ten by which the value is to be multiplied besides, read in one request."""
    offset: Number = 0.0
    """Engineering value = raw value times scale plus offset; 0 when not given."""
    unit: Annotated[str, Field(max_length=32, json_schema_extra=PRINTABLE)] | None = None
    """What the value is counted in, for people."""
    enum: Annotated[dict[str, Annotated[int, Field(strict=True)]], Field(max_length=256)] | None = None
    """Names for values: {Stopped: 0, Running: 1}; value may be one of them."""
    no_value: Annotated[tuple[NoValueWords, ...], Field(min_length=1, max_length=8)] | None = None
    """Raw words by which the device says that there is no value: 0x8000, or in quotes "0x7FC00000", "NaN"."""
    value: Scalar = None
    """What the register must hold: a number in engineering units, true or false, a text, or a name of enum."""
    tolerance: Tolerance = 0.0
    """How far the value may be off: a number in engineering units, or a percentage of value such as "2%"."""
    min: Number | None = None
    """The least value that may ever be written, in engineering units."""
    max: Number | None = None
    """The greatest value that may ever be written, in engineering units."""
    group: Name | None = None
    """With which registers side by side it is written: all that name the same group go out in one request, or none."""
    write: Write = Write()
    """How it is written and proven."""


class Register(RegisterEntry):
    """A register that says all that is needed, and nothing that contradicts itself.

    Raises:
        ValidationError: With each problem at the field to change.
    """

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        refuse("Register", problems(self))
        return self

    @cached_property
    def place(self) -> tuple[Table, int]:
        """Return the table and the 0-based address of its first word or bit."""
        if self.parts:
            named, addresses = zip(*(each.place for each in self.parts), strict=True)
            table = self.table or next((each for each in named if each is not None), Table.HOLDING)
            return table, min(addresses)
        if self.reference is not None:
            return parse_reference(self.reference)
        return self.table or Table.HOLDING, self.address or 0

    @cached_property
    def codec(self) -> Codec:
        """Return how its value stands in its words.

        Raises:
            InvalidCodec: Its fields contradict each other; never once it was validated.
        """
        kind = self.type or (DataType.BOOL if self.place[0].bits else DataType.UINT16)
        kind = DataType.SUM if self.parts else kind
        size = (self.length or 0) // 2 if kind is DataType.STRING else len(self.parts or ()) or kind.words
        return Codec(
            kind,
            self.byte_order,
            self.scale,
            self.offset,
            self.bit,
            self.length or 0,
            self.encoding,
            self.padding or Padding.NULL,
            tuple((self.enum or {}).items()),
            *(self._absent(kind, self.byte_order, size) if self.read_from is None else _NONE_ABSENT),
            parts=parts_of(self.parts) if self.parts else (),
            last_bit=self.last_bit,
            exponent=None if self.scale_register is None else self.scale_register.place[1] - self.place[1],
        )

    @property
    def shown(self) -> Codec:
        """Return how its value stands in the words that are read, which are at another place where readFrom says so.

        Raises:
            InvalidCodec: As `codec`.
        """
        return self.elsewhere or self.codec if self.read_from is not None else self.codec

    @cached_property
    def elsewhere(self) -> Codec | None:
        """Return how its value stands where it is read, if that is another place; kept only for those that have one.

        Raises:
            InvalidCodec: As `codec`.
        """
        return None if self.read_from is None else self.read_from.codec(self.codec, self._absent)

    def _absent(self, kind: DataType, order: ByteOrder, size: int) -> tuple[frozenset[Words], bool]:
        """Return the words that mean no value, out of so many of a type as they are read.

        Raises:
            InvalidCodec: One of them fits no such register.
        """
        if not self.no_value:
            return _NONE_ABSENT
        try:
            return absent.all_named(self.no_value, kind, order, size)
        except ValueError as error:
            raise InvalidCodec("absent", str(error)) from None

    @property
    def size(self) -> int:
        """Return how far it reaches from its address on, in words, or in bits: 1, in a table of bits."""
        return self.codec.taken

    def is_scaled_by(self, table: Table, address: int) -> bool:
        """Return whether the device says there by which power of ten it is written."""
        given = self.scale_register
        return given is not None and (self.place[0], given.place[1]) == (table, address)

    def at_unit(self, usual: int) -> int:
        """Return the id of its unit, which is the usual one when it names none."""
        return usual if self.unit_id is None else self.unit_id

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return what it takes of the device: where it is written, and where it is read if that is elsewhere."""
        own = Span(*self.place, self.codec)
        return (own,) if self.read_from is None else (own, Span(*self.read_from.place, self.shown))

    @cached_property
    def encoded(self) -> Words | None:
        """Return the words that it must hold (of a bit only that one is set), or None when it is only observed."""
        return None if self.value is None else self.codec.encode(self.value)

    @cached_property
    def allowed(self) -> Fraction:
        """Return how far the actual value may be from the desired one, in engineering units."""
        if self.value is None or not self.tolerance or not self.codec.type.numeric:
            return Fraction(0)
        return allowance(self.tolerance, self.codec.number(self.value))

    def holds(self, actual: Words) -> bool | None:
        """Return whether words that were read are what it must hold, or None when it is only observed.

        Raises:
            ValueError: They mean nothing, or are too few.
        """
        if self.encoded is None or self.read_from is None:
            return None if self.encoded is None else self.codec.same(actual, self.encoded, self.allowed)
        return shows(self.shown, actual, self.codec, self.encoded, self.allowed)
