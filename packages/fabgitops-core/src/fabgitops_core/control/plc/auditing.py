"""What is known of a write when it is decided, and what a reading after it says: the facts of its record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.codec.types import Words
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.guards.guard import Snapshot, snapshot
from fabgitops_core.control.plc.guards.table import GUARDS
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.ramping import aim
from fabgitops_core.control.plc.requests import Change, ReadPlan, Table
from fabgitops_core.control.plc.state import PlcState, same_places

ALLOWS = "allows"


@dataclass(frozen=True, slots=True)
class Touched:
    """One register that a write is about, and the words that were read of it before; None where it was not read."""

    point: Point
    before: Words | None


@dataclass(frozen=True, slots=True)
class WriteFacts:
    """What is known of a write when it is decided.

    `generation` is that of the spec which wants it, `sync` the request that the pass answers, if it answers one.
    `guards` is what each of the resource's guards says: "allows", or why it does not. `approval` is the digest that
    somebody has agreed to, and who that was, where that had to be.
    """

    generation: int
    touched: tuple[Touched, ...]
    sync: SyncRequest | None = None
    guards: Mapping[str, str] = field(default_factory=dict)
    approval: tuple[str, str] | None = None

    @property
    def compared(self) -> bool:
        """Return whether a reading proves it: a command is only given."""
        return any(not each.point.command for each in self.touched)


def audited(state: PlcState, change: Change, at: datetime) -> WriteFacts:
    """Return what is known of a write under way; its registers only while the spec still means the same ones."""
    going = state.going
    under_way = bool(going.changes) and going.changes[0].change == change and same_places(state.going_map, state.map)
    touched = _touched(state) if under_way else ()
    said = dict(_said(snapshot(state, at), [each.point for each in touched]))
    approval = (going.digest, state.approved_by) if touched and going.approved else None
    return WriteFacts(state.generation, touched, state.serving, said, approval)


def _said(seen: Snapshot, points: list[Point]) -> Iterator[tuple[str, str]]:
    for name, guard in GUARDS if points else ():
        holds = [hold for point in points if (hold := guard(seen, point))]
        yield name, holds[0].message if holds else ALLOWS


def _touched(state: PlcState) -> tuple[Touched, ...]:
    found = state.going.found
    touched = (found[at] for at in state.going.changes[0].points)
    return tuple(Touched(aim(each.point, each.words), each.words) for each in touched)


def read_after(change: Change, facts: WriteFacts, plan: ReadPlan, values: Words) -> tuple[Words, bool] | None:
    """Return the words that a reading shows of what was written, and whether they are what was wanted.

    None is returned for a reading of something else, or of a part.
    """
    table, address, count = _shown_at(change, facts)
    start = address - plan.address
    whole = values[start : start + count] if start >= 0 else ()
    place = (change.endpoint, change.unit_id, table)
    if (plan.endpoint, plan.unit_id, plan.table) != place or len(whole) < count:
        return None
    return whole, all(_holds(each.point, whole, address) for each in facts.touched if not each.point.command)


def _shown_at(change: Change, facts: WriteFacts) -> tuple[Table, int, int]:
    """Return where a write is proven: where it went, unless its register is read elsewhere; it is alone then."""
    shown = next((each.point.place.shown for each in facts.touched if each.point.place.shown is not None), None)
    if shown is None:
        return change.table, change.address, len(change.values)
    return shown.table, shown.address, shown.codec.size


def _holds(point: Point, words: Words, address: int) -> bool:
    place = point.place.read
    start, codec = place.address - address, place.codec
    mine = words[start : start + codec.taken]
    if codec.exponent is not None:  # which was not written
        return point.wanted is not None and mine == codec.value_words(point.wanted)
    try:
        return point.wanted is not None and point.shows(mine, point.wanted)
    except ValueError:
        return False
