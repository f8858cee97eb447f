"""How far a PLC that a rollout leads has followed Git: what it holds, what it wants, what it waits for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text

MANUAL = "manual"
"""The uid in a permit that somebody gives by hand."""


@dataclass(frozen=True, slots=True)
class Change:
    """One register that is held at something else than Git wants; texts are fit for a terminal."""

    register: str
    place: str
    holds: str
    """What it must hold now, and the operator puts back where it differs."""
    actual: str
    """What was last read."""
    wants: str
    """What Git wants."""


@dataclass(frozen=True, slots=True)
class Release:
    """What the status of a PLC says of who leads it."""

    namespace: str
    plc: str
    uid: str
    """The PLC's metadata.uid."""
    endpoint: str
    rollout: str
    wanted: str
    """Names the words that Git wants."""
    released: str
    """Names the words that it must hold now."""
    permit: str
    """The permit that was acted on last."""
    spent: str
    """The permit that stands there and is for nothing any more."""
    proven: datetime | None
    restored: bool
    corrections: int
    reason: str
    """Why it is not released in one word, nothing where it is."""
    message: str
    """What it wants, holds and waits for, in a sentence."""
    changes: tuple[Change, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name of the PLC."""
        return self.namespace, self.plc

    @property
    def held(self) -> bool:
        """Return whether Git wants something of it that it may not hold."""
        return self.wanted != self.released

    @property
    def state(self) -> str:
        """Return how it stands, in a word or two."""
        if self.restored:
            return "put back"
        if self.held:
            return "held" if self.reason in {"", "HeldByRollout"} else f"held: {self.reason}"
        return "proven" if self.proven else "released"

    @property
    def permit_by_hand(self) -> str:
        """Return the permit by which somebody lets it go over to what Git wants now, and to nothing else.

        One that says the same and is spent is followed by its next turn.
        """
        permit = f"{MANUAL}/0/{self.wanted}"
        if self.spent == permit:
            return f"{permit}/2"
        before, _, turn = self.spent.rpartition("/")
        return f"{permit}/{int(turn) + 1}" if before == permit and turn.isdecimal() else permit


def release_of(body: Body) -> Release | None:
    """Return what a PLC says of it, None where no rollout leads it."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    given = mapping(status.get("release"))
    if not given:
        return None
    condition = next(
        (each for each in map(mapping, sequence(status.get("conditions"))) if each.get("type") == "Released"), {}
    )
    return Release(
        namespace=text(metadata.get("namespace")),
        plc=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        endpoint=text(status.get("endpoint")) or shown(spec.get("deviceAddress")),
        rollout=text(given.get("rollout")),
        wanted=text(given.get("wanted")),
        released=text(given.get("released")),
        permit=text(given.get("permit")),
        spent=text(given.get("spent")),
        proven=moment(given.get("provenAt")),
        restored=given.get("restored") is True,
        corrections=max(0, number(given.get("corrections")) or 0),
        reason="" if condition.get("status") == "True" else text(condition.get("reason")) or text(given.get("reason")),
        message=text(condition.get("message")) or text(given.get("message")),
        changes=tuple(map(_change, filter(_waits, map(mapping, sequence(status.get("registers")))))),
    )


def held_by(body: Body) -> str:
    """Return which rollout holds a PLC at something else than Git wants, NOTHING where none does."""
    found = release_of(body)
    return (found.rollout or "?") if found and found.held else NOTHING


def is_current(body: Body) -> bool:
    """Return whether the status speaks of the spec as it is now."""
    observed, generation = (
        number(mapping(body.get(part)).get(field))
        for part, field in (("status", "observedGeneration"), ("metadata", "generation"))
    )
    return observed is None or generation is None or observed >= generation


def held(bodies: Iterable[Body]) -> list[Release]:
    """Return those of PLCs that are held."""
    return [found for found in map(release_of, bodies) if found and found.held]


def _waits(register: Body) -> bool:
    return bool(text(register.get("pending")))


def _change(register: Body) -> Change:
    unit = text(register.get("unit"))

    def valued(field: str) -> str:
        found = shown(register.get(field))
        return f"{found} {unit}" if unit and found != NOTHING else found

    return Change(
        shown(register.get("name")),
        shown(register.get("place")),
        valued("desired") if register.get("desired") else "what is there",
        valued("actual"),
        valued("pending"),
    )
