"""The last corrections of PLCs, as their statuses keep them. Pure, and never fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fabctl.fields import Body, mapping, moment, sequence, shown, text


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction that was tried; texts are fit for a terminal."""

    namespace: str
    plc: str
    at: datetime | None
    register: str
    before: str
    wanted: str
    after: str
    result: str
    """Proven, NotHeld, Unknown or Refused, or what an operator that is newer knows."""


def corrections(bodies: Iterable[Body]) -> list[Correction]:
    """Return the corrections of some PLCs, the newest first; those of one moment stand as their PLC tells them."""
    return newest_first(each for body in bodies for each in reversed(_of(body)))


def newest_first(found: Iterable[Correction]) -> list[Correction]:
    """Return corrections with the newest first."""
    return sorted(found, key=lambda each: each.at or datetime.min.replace(tzinfo=UTC), reverse=True)


def _of(body: Body) -> list[Correction]:
    metadata, status = mapping(body.get("metadata")), mapping(body.get("status"))
    namespace, name = text(metadata.get("namespace")), text(metadata.get("name"))
    return [_correction(namespace, name, mapping(each)) for each in sequence(status.get("history"))]


def _correction(namespace: str, name: str, fields: Body) -> Correction:
    register, before, wanted, after, result = (
        shown(fields.get(field)) for field in ("register", "before", "wanted", "after", "result")
    )
    return Correction(namespace, name, moment(fields.get("at")), register, before, wanted, after, result)
