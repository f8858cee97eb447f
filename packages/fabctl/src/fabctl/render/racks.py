"""How Racks are shown: a table of them, and all that is known of one. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from fabctl.fields import NOTHING, Body, shown, text
from fabctl.racks import Pending, RackView
from fabctl.render.description import conditions_section
from fabctl.render.events import events_section
from fabctl.render.shapes import Pairs, Section, Table
from fabctl.times import since

Column = tuple[str, Callable[[RackView], str]]

_NUMERIC = frozenset({"Chassis", "Blades", "Nodes", "BMCs"})


def rack_table(
    racks: Iterable[RackView], *, wide: bool, namespaces: bool, now: datetime, steady: bool = False
) -> Table:
    """Return the table; what waits for a yes has a column where something does, or where it is wide or `steady`."""
    views = list(racks)
    columns: list[Column] = [
        ("Name", lambda rack: rack.name),
        ("Phase", lambda rack: rack.phase),
        ("Template", lambda rack: rack.template),
        ("Chassis", lambda rack: rack.totals[0][1]),
        ("Blades", lambda rack: rack.totals[1][1]),
        ("Nodes", lambda rack: rack.totals[2][1]),
        ("BMCs", lambda rack: rack.totals[3][1]),
        ("Created", lambda rack: since(rack.created, now)),
    ]
    if namespaces:
        columns.insert(0, ("Namespace", lambda rack: rack.namespace))
    if wide or steady or any(rack.plcs != NOTHING for rack in views):
        columns.append(("PLCs", lambda rack: rack.plcs))
    if wide or steady or any(rack.pending for rack in views):
        columns.append(("Waits", lambda rack: rack.pending.sentence if rack.pending else NOTHING))
    if wide:
        columns.append(("Place", lambda rack: ", ".join(f"{name} {value}" for name, value in rack.places) or NOTHING))
        columns.append(("Message", lambda rack: rack.message or NOTHING))
    rows = tuple(tuple(value(rack) for _, value in columns) for rack in views)
    return Table("Racks", tuple(header for header, _ in columns), rows, _NUMERIC)


def rack_description(
    rack: RackView, events: Iterable[Body] | str, now: datetime, *, wide: bool = False
) -> list[Section]:
    """Return all that is known of a Rack, in titled parts.

    Args:
        rack: The Rack.
        events: Its Events, or the reason why they are not known.
        now: What ages are counted to.
        wide: Whether to show what is said of single places as well.
    """
    slots = Table("", ("Place", "Address", "Secret"), rack.slots)
    return [
        Section("", _head(rack, now)),
        Section("Spec (Git)", _spec(rack)),
        *([Section("Places", slots)] if wide and rack.slots else []),
        Section("Status (reality)", _status(rack, now)),
        *([waiting(rack.name, rack.pending, rack.in_use)] if rack.pending else []),
        conditions_section(rack.conditions, now),
        events_section(events, now),
    ]


def waiting(name: str, pending: Pending, in_use: tuple[str, ...]) -> Section:
    """Return what waits for a yes, and how to give it."""
    of = pending.removals + pending.changes
    more = f" and {of - len(pending.names)} more" if of > len(pending.names) else ""
    return Section(
        "Waits for a yes",
        (
            ("Parts", pending.sentence),
            *((("Names", f"{', '.join(pending.names)}{more}"),) if pending.names else ()),
            *((("In use", f"{'; '.join(in_use)}: what is, stays until it is free"),) if in_use else ()),
            ("To agree", f"fabctl rack approve {name}"),
        ),
    )


def _head(rack: RackView, now: datetime) -> Pairs:
    return (
        ("Name", rack.name),
        ("Namespace", rack.namespace),
        ("Phase", f"{rack.phase}  {rack.message}".rstrip()),
        ("Labels", ", ".join(f"{text(name)}={shown(value)}" for name, value in rack.labels.items()) or NOTHING),
        ("Created", since(rack.created, now)),
    )


def _spec(rack: RackView) -> Pairs:
    return (
        ("Template", rack.template),
        *((name.capitalize(), value) for name, value in rack.places),
        ("Update", rack.update),
        ("Heal", rack.heal),
        *((("Places", f"{len(rack.slots)} with an address of their own; -o wide shows them"),) if rack.slots else ()),
    )


def _status(rack: RackView, now: datetime) -> Pairs:
    return (
        ("Parts", ", ".join(f"{count} {name}" for name, count in rack.totals)),
        ("PLCs", rack.plcs),
        ("Complete since", since(rack.provisioned, now)),
        ("Plan", rack.plan_hash or NOTHING),
        *((("Agreed to", rack.approved),) if rack.approved else ()),
    )
