"""The registers of one PLC: a table of all, or of those that differ. Pure."""

from collections.abc import Callable
from datetime import datetime

from fabctl.counting import hint
from fabctl.fields import NOTHING
from fabctl.model import View
from fabctl.registers import Register, counted, problems_first
from fabctl.render.shapes import Section, Table
from fabctl.render.tables import said_once
from fabctl.times import since
from fabctl.ways import unfinished

Column = tuple[str, Callable[[Register], str]]

_OPTIONAL = {"Drifted since", "Source", "Note"}
"""Columns that are there only when they say something of a register."""


def registers_section(plc: View, now: datetime, *, wide: bool, drifted: bool) -> Section:
    """Return the map of a PLC with problems first, or only what differs."""
    if not plc.registers:
        return Section("Registers", (("not known", "the operator has not resolved the map yet"),))
    head = f"{plc.in_sync_count} in sync; " if plc.in_sync_count and plc.wanted else ""
    title = f"Registers ({head}{counted(plc.registers)})"
    if not drifted:
        return Section(title, _table(problems_first(plc.registers), now, wide=wide))
    differing = differing_section(plc, now, wide=wide)
    return differing or Section(title, (("none", "no register is known to differ"),))


def troubles(plc: View, now: datetime, *, wide: bool) -> list[Section]:
    """Return what explains that a PLC is not as Git wants it: the operator's message, and the registers that differ."""
    said, counted = plc.message or plc.last_error, hint(plc)
    needed = plc.status.needs_a_person or plc.held or plc.suspended_for is not None
    wrong = needed and said and not wide
    pairs = (
        *((("Message", said),) if wrong else ()),
        *((("Counting", counted),) if counted else ()),
        *((("Unfinished", open_end),) if (open_end := unfinished(plc)) else ()),
    )
    sections = [Section("", pairs)] if pairs else []
    differing = differing_section(plc, now, wide=wide)
    return [*sections, differing] if differing else sections


def differing_section(plc: View, now: datetime, *, wide: bool) -> Section | None:
    """Return the registers of which it is known that they are not as Git wants them, or nothing."""
    found = [each for each in problems_first(plc.registers) if each.state.differs]
    if not found:
        return None
    return Section(f"Registers that differ ({len(found)} of {len(plc.registers)})", _table(found, now, wide=wide))


def _table(registers: list[Register], now: datetime, *, wide: bool) -> Table:
    columns: list[Column] = [
        ("Name", lambda each: each.name),
        ("Place", lambda each: each.place),
        ("Desired", lambda each: each.desired or NOTHING),
        ("Actual", lambda each: each.actual_shown),
        ("State", lambda each: each.state),
        ("Drifted since", lambda each: since(each.drifted_since, now)),
        *([("Raw", lambda each: each.raw)] if wide else []),
        ("Source", lambda each: each.source or NOTHING),
    ]
    cells = {header: [value(each) for each in registers] for header, value in columns}
    cells["Note"] = said_once([_note(each) for each in registers])
    kept = [header for header in cells if header not in _OPTIONAL or set(cells[header]) != {NOTHING}]
    rows = tuple(zip(*(cells[header] for header in kept), strict=True))
    return Table("", tuple(kept), rows, frozenset({"Desired", "Actual"}))


def _note(register: Register) -> str:
    said = [register.error] if register.error else []
    if register.unproven:
        said.append(f"wrote {register.unproven}, not proven yet")
    if register.unfinished:
        said.append("what goes after it may not have been written")
    if register.hint:
        said.append(register.hint)
    if register.pending:
        said.append(f"a rollout holds it, Git wants {register.pending}")
    return "; ".join(said) or NOTHING
