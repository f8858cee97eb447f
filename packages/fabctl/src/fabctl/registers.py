"""What an object says of each register of its map: where it is, what Git wants there and what it holds. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text


class State(StrEnum):
    """How it stands with one register; in the order in which they are shown, the gravest first."""

    ERROR = "ERROR"
    DRIFT = "DRIFT"
    WRITING = "WRITING"
    UNKNOWN = "UNKNOWN"
    NO_VALUE = "NO-VALUE"
    SYNCED = "SYNCED"
    GIVEN = "GIVEN"
    OBSERVED = "OBSERVED"

    @property
    def differs(self) -> bool:
        """Return whether the register is known not to be as Git wants it."""
        return self in {State.ERROR, State.DRIFT, State.WRITING}


_RANK = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Register:
    """One register as it is shown; texts are fit for a terminal."""

    name: str
    place: str
    desired: str | None
    """What Git wants, with its unit; None for one that is only observed."""
    actual: str | None
    """What was last read, with its unit, which may be long ago."""
    raw: str
    source: str
    state: State
    fresh: bool
    """Whether what was last read is what it holds as far as is known now."""
    drifted_since: datetime | None
    error: str
    unproven: str
    """The words of a write that is not proven yet."""
    hint: str = ""
    """What speaks for it being read in another way than the map says."""
    pending: str | None = None
    """What Git wants, with its unit, while a rollout holds it at something else."""
    unfinished: bool = False
    """Whether nobody knows that what goes after its write was written."""

    @property
    def actual_shown(self) -> str:
        """Return what it holds, or what was last read and marked so."""
        if self.actual is None:
            return NOTHING
        return self.actual if self.fresh else f"{self.actual} (last read)"

    @property
    def difference(self) -> str:
        """Return in what it differs, for a sentence."""
        if self.state is State.DRIFT:
            return f"{self.name} holds {self.actual_shown}, Git wants {self.desired}"
        if self.state is State.WRITING and self.unfinished and not self.unproven:
            return f"{self.name} was written, and nobody knows whether what goes after it was"
        if self.state is State.WRITING:
            return f"{self.name} was written, and that is not proven yet"
        return f"{self.name}: {self.error or self.state}"


def is_map(spec: Body) -> bool:
    """Return whether a spec declares a map, its own or a template's, and not the short form."""
    return isinstance(spec.get("registers"), list) or isinstance(spec.get("templateRef"), Mapping)


def registers(spec: Body, status: Body, *, fresh: bool) -> tuple[Register, ...]:
    """Return the registers of a map as they were last seen; none was, as declared, which a template's are elsewhere.

    Args:
        spec: What Git declares.
        status: What the operator said last.
        fresh: Whether that is what is the case now.
    """
    declared = {text(each.get("name")): each for each in map(mapping, sequence(spec.get("registers")))}
    seen = [mapping(each) for each in sequence(status.get("registers"))]
    if seen:
        return tuple(_seen(each, declared.get(text(each.get("name")), {}), fresh=fresh) for each in seen)
    return () if spec.get("templateRef") else tuple(_declared(name, each) for name, each in declared.items())


def problems_first(registers: Iterable[Register]) -> list[Register]:
    """Return registers with the gravest state first; those in the same state stand as in the map."""
    return sorted(registers, key=lambda each: _RANK[each.state])


def counted(registers: Iterable[Register]) -> str:
    """Return how many registers are in which state: "2 DRIFT, 7 SYNCED"."""
    counts = Counter(each.state for each in registers)
    return ", ".join(f"{counts[state]} {state}" for state in State if counts[state])


def _seen(seen: Body, declared: Body, *, fresh: bool) -> Register:
    unit = text(seen.get("unit")) or text(declared.get("unit"))
    desired, actual = (_with_unit(seen.get(field), unit) for field in ("desired", "actual"))
    state = _state(seen, wanted=desired is not None, fresh=fresh)
    return Register(
        name=shown(seen.get("name")),
        place=text(seen.get("place")) or _place(declared),
        desired=desired,
        actual=actual,
        raw=shown(seen.get("raw")),
        source=text(seen.get("source")),
        state=state,
        fresh=fresh and state not in {State.UNKNOWN, State.ERROR},
        drifted_since=moment(seen.get("driftedSince")),
        error=text(seen.get("error")),
        unproven=text(seen.get("unverifiedWrite")),
        hint=text(seen.get("hint")) if fresh else "",
        pending=_with_unit(seen.get("pending"), unit),
        unfinished=seen.get("unfinished") is True,
    )


def _declared(name: str, declared: Body) -> Register:
    desired = _with_unit(_spoken(declared.get("value")), text(declared.get("unit")))
    return Register(name or NOTHING, _place(declared), desired, None, NOTHING, "", State.UNKNOWN, False, None, "", "")


def _state(seen: Body, *, wanted: bool, fresh: bool) -> State:
    in_sync = seen.get("inSync")
    if not fresh:
        return State.UNKNOWN
    if text(seen.get("error")) and in_sync is not False:
        return State.ERROR
    if text(seen.get("unverifiedWrite")):
        return State.WRITING
    if seen.get("unfinished") is True and not isinstance(in_sync, bool):
        return State.WRITING
    if isinstance(in_sync, bool):
        return State.SYNCED if in_sync else State.DRIFT
    if text(seen.get("given")):
        return State.GIVEN
    if seen.get("noValue") is True:
        return State.NO_VALUE
    return State.UNKNOWN if wanted or seen.get("actual") is None else State.OBSERVED


def _with_unit(value: object, unit: str) -> str | None:
    if not isinstance(value, str):
        return None
    plain = text(value) or '""'
    return f"{plain} {unit}" if unit else plain


def _spoken(value: object) -> str | None:
    """Return a declared value as the operator would say it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def _place(declared: Body) -> str:
    """Return where Git says that a register is; the operator says it with more detail."""
    if (reference := shown(declared.get("reference"))) != NOTHING:
        return f"reference {reference}"
    address = number(declared.get("address"))
    return NOTHING if address is None else f"{text(declared.get('table')) or 'holding'} {address}"
