"""The guards of a PLC as a titled part: how each is set, and what it says now. Pure."""

from collections.abc import Iterable
from datetime import datetime

from fabctl.guards import Guard, Held
from fabctl.model import Status, View
from fabctl.render.shapes import Section, Table
from fabctl.times import since, spoken

_NOT_ASKED = {
    Status.SUSPENDED: "not asked: it is suspended",
    Status.UPDATING: "not known: the operator has not seen the latest spec yet",
}


def guards_section(plc: View, guards: Iterable[Guard], to_write: int, now: datetime) -> Section:
    """Return the part.

    The operator asks one guard after the other until one holds: behind one that holds the last that there is to write,
    nobody was asked.

    Args:
        plc: The PLC.
        guards: Its guards, in the order in which they are asked.
        to_write: How many registers there are to be written.
        now: What ages are counted to.
    """
    rows, left = [], to_write
    for guard in guards:
        rows.append((guard.name, guard.setting, _now(plc, guard, to_write, left, now)))
        left -= sum(each.registers for each in guard.held)
    return Section("Guards: what each says now", Table("", ("Guard", "Set to", "Now"), tuple(rows)))


def _now(plc: View, guard: Guard, to_write: int, left: int, now: datetime) -> str:
    if plc.status in _NOT_ASKED:
        return _NOT_ASKED[plc.status]
    if guard.held:
        return spoken("; ".join(["{}"] * len(guard.held)), *(_held(each, now) for each in guard.held))
    if not to_write:
        return "nothing to write"
    return "allows" if left > 0 else "not asked: held already"


def _held(held: Held, now: datetime) -> str:
    count = f"{held.registers} register{'' if held.registers == 1 else 's'}"
    return spoken("holds {} since {}, {}: {}", count, since(held.since, now), held.reason, held.message)
