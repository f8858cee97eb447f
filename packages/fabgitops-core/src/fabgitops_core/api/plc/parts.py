"""A number in pieces, as a user declares it: which words, and by how much each of them counts."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.places import Number, Reference, Word
from fabgitops_core.api.refusals import Problem
from fabgitops_core.api.schema import Rule, rules, unstored
from fabgitops_core.codec.numbers import DIGITS_LOST, digits_lost, exactly
from fabgitops_core.codec.parts import Part
from fabgitops_core.codec.tables import Table, parse_reference
from fabgitops_core.codec.types import DataType

MAX_PARTS = 16

_ONE_PLACE = Rule(
    "has(self.address) != has(self.reference)",
    "say where each part is, once: address (0-based as on the wire) or reference (as on the drawing)",
)
_NOT_ZERO = Rule("self.weight != 0.0", "a weight of 0 counts for nothing: leave the part out", field=".weight")


class PartType(StrEnum):
    """How the word of a part is understood."""

    UINT16 = "uint16"
    INT16 = "int16"
    BCD16 = "bcd16"


@unstored
@rules(_ONE_PLACE, _NOT_ZERO)
class RegisterPart(ApiModel):
    """One word of a number that is the sum of several."""

    address: Word | None = None
    """Address in the table of the register, 0-based as on the wire; give it or reference."""
    reference: Reference | None = None
    """The same as it stands on the drawing: 30005, 40001."""
    weight: Number
    """By how much the word counts: 1, 10000, -1; not 0."""
    type: PartType = PartType.UINT16
    """uint16 (as when not given), int16 for a word with a sign of its own, or bcd16."""

    @property
    def place(self) -> tuple[Table | None, int]:
        """Return its table, where it says one, and its 0-based address."""
        return (None, self.address or 0) if self.reference is None else parse_reference(self.reference)


def parts_of(given: Sequence[RegisterPart]) -> tuple[Part, ...]:
    """Return what codecs know of parts: where each stands behind the first by address."""
    first = min(each.place[1] for each in given)
    return tuple(Part(each.place[1] - first, exactly(each.weight), DataType(each.type)) for each in given)


def problems(given: Sequence[RegisterPart], table: Table | None) -> Iterator[Problem]:
    """Yield what is wrong with the parts of a register whose table is that one, if it says any."""
    seen = set[int]()
    for index, part in enumerate(given):
        path = ("parts", index)
        if (part.address is None) == (part.reference is None):
            yield Problem(path, {}, "say where it is, once: address (0-based as on the wire) or reference")
            continue
        named, address = part.place
        table = table or named
        if named not in {None, table}:
            reason = f"it is of another table than the others ({table}): all are read in one request"
            yield Problem((*path, "reference"), part.reference, reason)
        if address in seen:
            yield Problem(path, {}, f"address {address} is a part already: drop one of them")
        if part.weight == 0:
            yield Problem((*path, "weight"), part.weight, "it counts for nothing: leave the part out")
        if digits_lost(part.weight):
            yield Problem((*path, "weight"), part.weight, f"{DIGITS_LOST}: write one nearer to 0")
        seen.add(address)
    if table is not None and table.bits:
        yield Problem(("parts",), len(given), f"parts are words, and a {table.noun} is true or false")
