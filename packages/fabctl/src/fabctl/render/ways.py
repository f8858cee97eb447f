"""What is special about how registers are read and written, as a titled part. Pure."""

from fabctl.fields import NOTHING
from fabctl.model import View
from fabctl.render.shapes import Section, Table
from fabctl.ways import Ways

_TITLE = "Read elsewhere, written together, with steps, or again"


def ways_sections(plc: View, ways: Ways, *, drifted: bool) -> list[Section]:
    """Return the part, if there is something to say; with `drifted` only of registers that are known to differ."""
    differing = {each.name for each in plc.registers if each.state.differs}
    found = [each for each in ways.all if not drifted or each.register in differing]
    if not found:
        return []
    columns = ("Name", "What", "How", *(("Source",) if any(each.source for each in found) else ()))
    rows = tuple((each.register, each.what, each.how, each.source or NOTHING)[: len(columns)] for each in found)
    return [Section(_TITLE, Table("", columns, rows))]
