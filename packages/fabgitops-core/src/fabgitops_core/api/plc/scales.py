"""The register that says by which power of ten another is to be read: the scale factors of SunSpec."""

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.places import Reference, Word
from fabgitops_core.api.schema import Rule, rules, unstored
from fabgitops_core.codec.tables import Table, parse_reference

_ONE_PLACE = Rule(
    "has(self.address) != has(self.reference)",
    "say where the power of ten is, once: address (0-based as on the wire) or reference (as on the drawing)",
)


@unstored
@rules(_ONE_PLACE)
class ScaleRegister(ApiModel):
    """A word of the same table and unit that holds a power of ten, -10 to 10 as an int16; 0x8000 means none."""

    address: Word | None = None
    """Address in the table of the register, 0-based as on the wire; give it or reference."""
    reference: Reference | None = None
    """The same as it stands on the drawing: 40084."""

    @property
    def place(self) -> tuple[Table | None, int]:
        """Return its table, where it says one, and its 0-based address."""
        return (None, self.address or 0) if self.reference is None else parse_reference(self.reference)
