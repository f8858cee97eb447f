"""What waits until somebody approves it: the writes that are planned for one PLC. Pure, and never fails."""

from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import Body, mapping, moment, sequence, shown, text


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One register as it is planned to be written; texts are fit for a terminal."""

    register: str
    place: str
    before: str
    """In engineering units, as far as the status tells what these words mean, and so is `after`."""
    after: str
    words: str
    """The words before and after."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What waits, named by a digest: another plan has another one."""

    digest: str
    writes: tuple[PlannedWrite, ...]
    since: datetime | None
    approved_by: str
    adopts: bool
    """Whether with it the PLC is adopted, of which nothing is written before."""

    @property
    def sentence(self) -> str:
        """Return how much it is."""
        count = len(self.writes)
        writes = f"{count} register{'' if count == 1 else 's'} to write" if count else "nothing to write now"
        return f"adoption, {writes}" if self.adopts else writes


def plan(body: Body) -> Plan | None:
    """Return what waits of a PLC, None where nothing does."""
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    given = mapping(status.get("plan"))
    digest = text(given.get("digest"))
    if not digest:
        return None
    seen = {text(each.get("name")): each for each in map(mapping, sequence(status.get("registers")))}
    writes = tuple(_write(mapping(each), seen) for each in sequence(given.get("changes")))
    holds = any(text(mapping(each).get("guard")) == "adoption" for each in sequence(status.get("held")))
    adopts = text(spec.get("adoption")) == "Observe" and (holds or not writes or not status.get("adoptedAt"))
    return Plan(digest, writes, moment(given.get("since")), text(given.get("approvedBy")), adopts)


def _write(change: Body, seen: dict[str, Body]) -> PlannedWrite:
    name = text(change.get("register"))
    known = seen.get(name, {})
    unit = f" {text(known.get('unit'))}" if known.get("unit") else ""
    before, after = (shown(change.get(field)) for field in ("before", "after"))
    where = f"{shown(change.get('table'))} {shown(change.get('address'))} unit {shown(change.get('unitId'))}"
    return PlannedWrite(
        name or shown(None),
        text(known.get("place")) or where,
        f"{shown(known['actual'])}{unit}"
        if known.get("actual") and known.get("raw") == change.get("before")
        else before,
        f"{shown(known['desired'])}{unit}" if known.get("desired") else after,
        f"{before} → {after}",
    )
