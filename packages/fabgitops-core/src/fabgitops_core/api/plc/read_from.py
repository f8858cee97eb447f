"""Where a register is read that is written at another place: a command that the device answers elsewhere."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.places import Number, Reference, Word
from fabgitops_core.api.plc.register_rules import READ_FROM_RULES
from fabgitops_core.api.schema import rules, unstored
from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.tables import Table, parse_reference
from fabgitops_core.codec.texts import Encoding, Padding
from fabgitops_core.codec.types import ByteOrder, DataType, Words

Absent = Callable[[DataType, ByteOrder, int], tuple[frozenset[Words], bool]]


@unstored
@rules(*READ_FROM_RULES)
class ReadFrom(ApiModel):
    """Where it is read, and in which form; in the register's own unless type or a table of bits says another."""

    table: Table | None = None
    """holding, input, coil or discrete; holding when not given, or what the reference names."""
    address: Word | None = None
    """Address in its table, 0-based as on the wire; give it or reference."""
    reference: Reference | None = None
    """The same as it stands on the drawing: 30004, 10017."""
    type: DataType | None = None
    """What its words mean there; with it nothing of the register's own form holds."""
    bit: Annotated[int, Field(ge=0, le=15, strict=True)] | None = None
    """Which bit of the word, 0 (least significant) to 15; for type bit, and the lowest for type bits."""
    last_bit: Annotated[int, Field(ge=0, le=15, strict=True)] | None = None
    """The highest bit of a number that takes several bits of the word; for type bits."""
    length: Annotated[int, Field(ge=2, le=250, strict=True)] | None = None
    """Bytes of a text, an even number; for type string."""
    encoding: Encoding | None = None
    """ascii, latin-1 or utf-8; for type string."""
    padding: Padding | None = None
    """What fills a text up: null or space; for type string."""
    byte_order: ByteOrder | None = None
    """ABCD, CDAB (words swapped), BADC (bytes swapped) or DCBA (both)."""
    scale: Number | None = None
    """Engineering value = raw value times scale plus offset."""
    offset: Number | None = None
    """Engineering value = raw value times scale plus offset."""
    enum: Annotated[dict[str, Annotated[int, Field(strict=True)]], Field(max_length=256)] | None = None
    """Names for values that are read, where they are other numbers than those that are written."""

    @property
    def place(self) -> tuple[Table, int]:
        """Return the table and the 0-based address of its first word or bit."""
        if self.reference is not None:
            return parse_reference(self.reference)
        return self.table or Table.HOLDING, self.address or 0

    def codec(self, own: Codec, absent: Absent) -> Codec:
        """Return how its value stands in the words that are read.

        Args:
            own: How it stands in those that are written.
            absent: Returns the words that mean no value, for a type, an order, and so many words.

        Raises:
            InvalidCodec: The fields contradict each other.
        """
        base = own if self.type is None and not self.place[0].bits else _PLAIN
        kind = self.type or (DataType.BOOL if self.place[0].bits else own.type)
        order = base.order if self.byte_order is None else self.byte_order
        length = base.length if self.length is None else self.length
        return Codec(
            kind,
            order,
            base.scale if self.scale is None else self.scale,
            base.offset if self.offset is None else self.offset,
            base.bit if self.bit is None else self.bit,
            length,
            self.encoding or base.encoding,
            self.padding or base.padding,
            own.names if self.enum is None else tuple(self.enum.items()),
            *absent(kind, order, length // 2 or kind.words),
            last_bit=base.last_bit if self.last_bit is None else self.last_bit,
        )


_PLAIN = Codec()
