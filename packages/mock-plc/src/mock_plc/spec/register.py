"""One register of a device file: where it is, what it holds, and how it behaves."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationError, model_validator

from mock_plc.behaviours.moves import Grid
from mock_plc.codec.codec import NO_VALUE, Codec, Padding, exact
from mock_plc.codec.orders import ByteOrder
from mock_plc.codec.sums import Piece as Sum
from mock_plc.codec.types import LARGEST, LIMITS, DataType
from mock_plc.memory import Table, Value
from mock_plc.parts import FieldError, Number, Part, meant
from mock_plc.reference import place_of, reference_of
from mock_plc.spec.behaviours import Behaviours
from mock_plc.spec.elsewhere import Elsewhere
from mock_plc.spec.mistakes import mistake

MAX_ADDRESS = 65535
NAN = "NaN"
NAME = r"^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$"
_HEX = re.compile("0x[0-9A-Fa-f]{1,500}")
_MAX_BIT, _MAX_LENGTH = 15, 250
"""250 bytes are the 125 words that one request can read (protocol, section 6.3)."""
_LEAST_SCALE, _MOST_SCALE, _MOST_OFFSET = 1e-12, 1e12, 1e15
"""From pico to tera, so that whatever a whole type holds stays a number that a float can be."""

_Whole = Annotated[int, Field(strict=True)]


def _scalar(given: object) -> Value:
    if not isinstance(given, bool | int | float | str):
        raise ValueError("must be a number, a text, true or false")  # noqa: TRY004 - as pydantic wants it
    return given


_Scalar = Annotated[Value, PlainValidator(_scalar)]


class Piece(Part):
    """One word of a sum: where it is, and by how much it counts."""

    address: Annotated[int, Field(strict=True, ge=0, le=MAX_ADDRESS)] | None = None
    reference: _Whole | Annotated[str, Field(strict=True)] | None = None
    weight: Number
    type: DataType = DataType.UINT16

    @model_validator(mode="after")
    def _check(self) -> "Piece":
        if (self.address is None) == (self.reference is None):
            raise FieldError("address", "give it or the reference")
        if self.type not in (DataType.UINT16, DataType.INT16, DataType.BCD16):
            raise FieldError("type", f"is {self.type}; a part is uint16, int16 or bcd16")
        if not self.weight:
            raise FieldError("weight", "is 0, which counts for nothing")
        try:
            self.place  # noqa: B018 - kept
        except ValueError as error:
            raise FieldError("reference", str(error)) from None
        return self

    @cached_property
    def place(self) -> tuple[Table | None, int]:
        """Its table, if it says one, and its address (0-based)."""
        return (None, self.address or 0) if self.reference is None else place_of(self.reference)


class Power(Part):
    """Where the power of ten of a register is."""

    address: Annotated[int, Field(strict=True, ge=0, le=MAX_ADDRESS)] | None = None
    reference: _Whole | Annotated[str, Field(strict=True)] | None = None

    @cached_property
    def place(self) -> tuple[Table | None, int]:
        """Its table, if it says one, and its address (0-based)."""
        return (None, self.address or 0) if self.reference is None else place_of(self.reference)


class Register(Part):
    """A register, or several that hold one value together.

    Its place is a `table` and an `address` (0-based, as on the wire), or a `reference` (1-based, as on a drawing).
    """

    name: str = Field(pattern=NAME)
    table: Table | None = None
    address: Annotated[int, Field(strict=True, ge=0, le=MAX_ADDRESS)] | None = None
    reference: _Whole | Annotated[str, Field(strict=True)] | None = None
    parts: Annotated[list[Piece], Field(min_length=2, max_length=16)] | None = None
    read_from: Elsewhere | None = None
    type: DataType | None = None
    bit: Annotated[int, Field(strict=True, ge=0, le=_MAX_BIT)] | None = None
    last_bit: Annotated[int, Field(strict=True, ge=0, le=_MAX_BIT)] | None = None
    length: Annotated[int, Field(strict=True, ge=2, le=_MAX_LENGTH, multiple_of=2)] | None = None
    encoding: Literal["ascii", "latin-1", "utf-8"] | None = None
    padding: Padding | None = None
    byte_order: ByteOrder = ByteOrder.ABCD
    scale: Number | None = None
    scale_register: Power | None = None
    offset: Number | None = None
    unit: str | None = None
    enum: dict[str, _Scalar] | None = None
    no_value: Annotated[list[_Scalar], Field(min_length=1, max_length=8)] | None = None
    group: str | None = Field(default=None, pattern=NAME)
    value: _Scalar | None = None
    behaviours: Behaviours = Behaviours()

    @model_validator(mode="after")
    def _check(self) -> "Register":
        self._check_place()
        self._check_type()
        if not self.parts and self.place[1] + self.codec.size > MAX_ADDRESS + 1:
            raise FieldError(self._placed, f"it takes {self.codec.size} words, and would end beyond {MAX_ADDRESS}")
        self._check_values()
        written = self.place[0] in (Table.HOLDING, Table.COIL)
        self._check_elsewhere(written=written)
        self.behaviours.check(self.seen.kind, written=written)
        return self

    def _check_elsewhere(self, *, written: bool) -> None:
        if not self.read_from:
            return
        if not written or self.parts or self.scale_register or self.group:
            raise FieldError("readFrom", "is of one holding register or coil, without parts, scaleRegister and group")
        try:
            seen = self.seen
        except ValidationError as error:
            place, said = mistake(error.errors(include_url=False)[0])
            raise FieldError(".".join(("readFrom", *map(str, place))), said) from None
        except ValueError as error:
            raise FieldError("readFrom.reference", str(error)) from None
        if (self.kind is DataType.STRING) is not (seen.kind is DataType.STRING):
            raise FieldError("readFrom.type", f"is {seen.kind}, and {self.kind} is written; a text is no number")

    def _check_place(self) -> None:
        if self.parts:
            self._check_parts(self.parts)
            return
        if self.address is not None and self.reference is not None:
            there = reference_of(self.table or Table.HOLDING, self.address)
            raise FieldError("reference", f"give it or the address, not both; the address {self.address} is {there}")
        if self.address is None and self.reference is None:
            raise FieldError("address", "is missing; give address (0-based) or reference (1-based, like 40001)")
        try:
            table, _ = self.place
        except ValueError as error:
            raise FieldError("reference", str(error)) from None
        if self.table not in (None, table):
            raise FieldError(
                "table", f"is {self.table}, but the reference {self.reference} is of {table}; leave one out"
            )

    def _check_parts(self, parts: list[Piece]) -> None:
        for field in ("address", "reference"):
            if getattr(self, field) is not None:
                raise FieldError(field, "its parts say where they are; leave it out")
        if {each.place[0] for each in parts} - {None, self.place[0]} or self.place[0].bits:
            raise FieldError("parts", "are words of one table, holding or input")
        if len(set(self.addresses)) < len(parts):
            raise FieldError("parts", "two of them are at the same place")

    def _check_type(self) -> None:
        if (self.kind is DataType.SUM) is not bool(self.parts):
            raise FieldError("type", "sum goes with parts, and parts with no other type")
        bits = self.place[0].bits
        if bits and self.kind is not DataType.BOOL:
            raise FieldError("type", f"is {self.kind}, but a {self.place[0]} holds a bool; leave type out")
        for field, types in _ONLY_OF.items():
            if getattr(self, field) is not None and self.kind not in types:
                raise FieldError(_spelled(field), f"is of {types[0]} alone, and this is {self.kind}; leave it out")
        if self.last_bit is not None and self.bit is not None and self.last_bit <= self.bit:
            raise FieldError("lastBit", f"is {self.last_bit}; bits go up from bit, which is {self.bit}")
        needs = (
            ("bit", DataType.BIT),
            ("bit", DataType.BITS),
            ("last_bit", DataType.BITS),
            ("length", DataType.STRING),
        )
        for field, needed in needs:
            if self.kind is needed and getattr(self, field) is None:
                raise FieldError(_spelled(field), f"is missing; {needed} needs it")
        if self.no_value and bits and not self.read_from:
            raise FieldError("noValue", f"a {self.place[0]} is true or false; leave it out")
        if self.kind is DataType.STRING and self.byte_order.swaps_words:
            raise FieldError("byteOrder", f"{self.byte_order} turns a text around; a string has ABCD or BADC")
        self._check_scale()

    def _check_power(self, power: Power) -> None:
        if self.kind not in _POWERS:
            raise FieldError("scaleRegister", f"is of whole numbers alone, and this is {self.kind}; leave it out")
        if (power.address is None) == (power.reference is None):
            raise FieldError("scaleRegister", "give its address or its reference")
        table, address = power.place
        if table not in (None, self.place[0]) or address in self.addresses:
            raise FieldError("scaleRegister", "is another word of the same table")

    def _check_scale(self) -> None:
        if self.scale_register:
            self._check_power(self.scale_register)
        for field in ("scale", "offset"):
            if getattr(self, field) is not None and not (self.kind.numeric or self.parts):
                raise FieldError(field, f"is of numbers alone, and this is {self.kind}; leave it out")
        if self.scale is not None and not _LEAST_SCALE <= abs(self.scale) <= _MOST_SCALE:
            raise FieldError("scale", f"is {self.scale}; it must be {_LEAST_SCALE:g} to {_MOST_SCALE:g}, or negative")
        if self.offset is not None and abs(self.offset) > _MOST_OFFSET:
            raise FieldError("offset", f"is {self.offset}; it must be {-_MOST_OFFSET:g} to {_MOST_OFFSET:g}")

    def _check_values(self) -> None:
        for name, value in (self.enum or {}).items():
            self._check_value("enum", value, f"{name}: ")
        if self.value is not None:
            self._check_value("value", self.valued(self.value))
        if (clamps := self.behaviours.clamps) and self.kind.numeric:
            for name, end in (("min", clamps.min), ("max", clamps.max)):
                if math.isfinite(end):
                    self._check_value(f"behaviours.clamps.{name}", end)

    def _check_value(self, field: str, value: Value, prefix: str = "") -> None:
        if self.scale_register:
            return
        try:
            self.codec.encode(value)
        except ValueError as error:
            raise FieldError(field, f"{prefix}{error}{self._named(value)}") from None

    def _named(self, value: Value) -> str:
        if not (self.enum and isinstance(value, str)):
            return ""
        return meant(value, list(self.enum)) or f"; its names are {', '.join(self.enum)}"

    @property
    def _placed(self) -> str:
        return "address" if self.reference is None else "reference"

    @cached_property
    def place(self) -> tuple[Table, int]:
        """Its table, and its address (0-based); of several parts the first."""
        if self.parts:
            tables = [each.place[0] for each in self.parts if each.place[0]]
            return self.table or (tables[0] if tables else Table.HOLDING), min(each.place[1] for each in self.parts)
        if self.reference is not None:
            return place_of(self.reference)
        return self.table or Table.HOLDING, self.address or 0

    @cached_property
    def addresses(self) -> Sequence[int]:
        """Where each of its words is, or its bit."""
        if self.parts:
            return [each.place[1] for each in self.parts]
        return range(self.place[1], self.place[1] + self.codec.size)

    @cached_property
    def kind(self) -> DataType:
        """Its type; unless it is said, uint16, or bool in a table of bits, or sum of parts."""
        if self.parts and self.type is None:
            return DataType.SUM
        return self.type or (DataType.BOOL if self.place[0].bits else DataType.UINT16)

    @cached_property
    def codec(self) -> Codec:
        """How its values become words."""
        return Codec(
            self.kind,
            self.byte_order,
            1 if self.scale is None else self.scale,
            self.offset or 0,
            self.bit or 0,
            self.length or 0,
            self.encoding or "ascii",
            self.padding or Padding.NULL,
            *self._nothing(),
            tuple(Sum(exact(each.weight), each.type) for each in self.parts or ()),
            self.scale_register is not None,
            self.last_bit or 0,
        )

    def _nothing(self) -> tuple[tuple[int, ...], bool]:
        """Return which bits of all its words say that there is no value, and whether a NaN does."""
        given = self.no_value or []
        size = (self.length or 0) // 2 or len(self.parts or ()) or self.kind.size
        nan = NAN in given
        if nan and not self.kind.floating:
            raise FieldError("noValue", f"NaN is no {self.kind}; it is of float32 and float64 alone")
        return tuple(_bits(each, size) for each in given if each != NAN), nan

    @property
    def seen(self) -> "Register":
        """The register as it is read: itself, or one that stands at another place, perhaps in another form.

        Raises:
            ValueError: There cannot be such a one; a `ValidationError` where its fields say so.
        """
        if not self.read_from:
            return self
        own = self.model_dump(by_alias=True, exclude_none=True, exclude={"read_from", "value", "behaviours"})
        fields = self.read_from.fields({**own, "type": self.kind})
        if self.value is not None:
            fields["value"] = self.value if self.value == NO_VALUE else self.shown(self.valued(self.value))
        seen = Register.model_validate({**fields, "name": "seen"})
        return seen.model_copy(update={"name": self.name, "behaviours": self.behaviours})

    def shown(self, value: Value) -> Value:
        """Return what a value that is written is where it is read: true is 1 there, or the number of the same name."""
        if not self.read_from:
            return value
        value = self.read_from.named(value, self.enum or {})
        kind = self.read_from.kind_beside(self.kind)
        if isinstance(value, str) or kind.logical is isinstance(value, bool):
            return value
        return bool(value) if kind.logical else int(value)

    @property
    def start(self) -> Value:
        """What it holds at the start: its `value`, or nothing, or what is nearest to nothing."""
        if self.value is not None:
            return self.valued(self.value)
        if self.kind is DataType.STRING:
            return ""
        if self.parts:
            return self.codec.decode([0] * len(self.parts))
        return False if self.kind.logical else self.codec.value_of(0.0 if self.kind.floating else 0)

    def valued(self, value: Value) -> Value:
        """Return the value that a name of its `enum` stands for, or else the value itself."""
        return (self.enum or {}).get(value, value) if isinstance(value, str) else value

    @cached_property
    def grid(self) -> Grid:
        """The values that it can have when it moves, within its clamps; for true and false, 1 and 0."""
        if self.kind.logical:
            return Grid(0, 1, 1)
        clamps = self.behaviours.clamps
        if self.kind.floating:
            low, high, step = -LARGEST[self.kind], LARGEST[self.kind], 0.0
        else:
            low, high, step = *sorted(_numbers(map(self.codec.value_of, self.codec.limits))), abs(self.codec.scale)
        return Grid(clamps.kept(low), clamps.kept(high), step) if clamps else Grid(low, high, step)


def _spelled(field: str) -> str:
    return "lastBit" if field == "last_bit" else field


def _bits(given: Value, size: int) -> int:
    """Return the bits of as many words that a number means, or its digits in hexadecimal."""
    number = given
    if isinstance(given, str) and _HEX.fullmatch(given):
        number = int(given, 16)
    if isinstance(number, bool) or not isinstance(number, int):
        raise FieldError("noValue", f'{given!r} is no whole number, nor one like "0x8000"')
    if not -(1 << 16 * size - 1) <= number < 1 << 16 * size:
        raise FieldError("noValue", f"{given} has more than the {16 * size} bits of the register")
    return number % (1 << 16 * size)


def _numbers(values: Iterable[Value]) -> Iterator[float]:
    return (value for value in values if not isinstance(value, str))


_POWERS = {kind for kind in LIMITS if kind is not DataType.BITS}
_ONLY_OF = {
    "bit": (DataType.BIT, DataType.BITS),
    "last_bit": (DataType.BITS,),
    "length": (DataType.STRING,),
    "encoding": (DataType.STRING,),
    "padding": (DataType.STRING,),
}
