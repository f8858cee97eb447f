"""What waits to be approved, as a titled part. Pure."""

from datetime import datetime

from fabctl.model import View
from fabctl.plans import Plan
from fabctl.render.drawing import drawn
from fabctl.render.shapes import Section, Table
from fabctl.times import since


def waiting_section(plc: View, waiting: Plan, now: datetime) -> Section:
    """Return in short that something waits, and how to look at it."""
    if waiting.approved_by:
        approved = (("Approved by", waiting.approved_by), ("Plan", f"{waiting.sentence} (digest {waiting.digest})"))
        return Section("Approved", approved)
    return Section(
        "Waits for approval",
        (
            ("Plan", f"{waiting.sentence} (digest {waiting.digest})"),
            ("Since", since(waiting.since, now)),
            ("To approve", f"fabctl approve {plc.name}"),
        ),
    )


def plan_sections(plc: View, waiting: Plan, now: datetime) -> list[Section]:
    """Return which device it is, and what is written to each register."""
    head = (
        ("PLC", f"{plc.namespace}/{plc.name}"),
        ("Device", f"{plc.endpoint}, unit id {plc.unit_id}"),
        ("Digest", waiting.digest),
        ("Waits since", since(waiting.since, now)),
        *((("Adoption", "once approved, whatever differs from Git is corrected"),) if waiting.adopts else ()),
        *((("Approved by", waiting.approved_by),) if waiting.approved_by else ()),
    )
    rows = tuple((each.register, each.place, each.before, each.after, drawn(each.words)) for each in waiting.writes)
    table = Table("", ("Register", "Place", "Before", "After", "Words"), rows, frozenset({"Before", "After"}))
    writes = Section("Planned writes", table if rows else (("none", "nothing differs from Git now"),))
    return [Section("", head), writes]
