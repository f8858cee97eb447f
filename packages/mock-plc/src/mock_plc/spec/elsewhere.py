"""Where a register is read that is written at another place, and what its words mean there."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from mock_plc.codec.types import DataType
from mock_plc.memory import Table, Value
from mock_plc.parts import Part
from mock_plc.reference import place_of

_FORM = ("type", "bit", "lastBit", "length", "encoding", "padding", "byteOrder", "scale", "offset")
"""What a register has there as it is written, unless a type, or a table of bits, says that it has another form."""
_PLACE = ("table", "address", "reference")


class Elsewhere(Part):
    """The place where it is read, and what is said of its form there; the register that this makes checks both."""

    table: Table | None = None
    address: Annotated[int, Field(strict=True, ge=0, le=65535)] | None = None
    reference: Annotated[int, Field(strict=True)] | Annotated[str, Field(strict=True)] | None = None
    type: DataType | None = None
    bit: Any = None
    last_bit: Any = None
    length: Any = None
    encoding: Any = None
    padding: Any = None
    byte_order: Any = None
    scale: Any = None
    offset: Any = None
    enum: dict[str, Any] | None = None

    @cached_property
    def _bits(self) -> bool:
        table = self.table if self.reference is None else place_of(self.reference)[0]
        return table is not None and table.bits

    def fields(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a register that stands where this one is read.

        Args:
            own: Those of the register as it is written, without its value, by their keys in a device file.

        Raises:
            ValueError: Its reference is none.
        """
        said = {name: given for name, given in self.model_dump(by_alias=True).items() if given is not None}
        form = _FORM if self.type is not None or self._bits else ()
        rest = {name: given for name, given in own.items() if name not in (*_PLACE, *form)}
        return {**rest, **said}

    def kind_beside(self, own: DataType) -> DataType:
        """Return the type that it has there, where it is written as another."""
        return self.type or (DataType.BOOL if self._bits else own)

    def named(self, value: Value, names: Mapping[str, Value]) -> Value:
        """Return what a value is there that has another number under the same name."""
        there = self.enum or {}
        return next((there[name] for name, number in names.items() if number == value and name in there), value)
