"""What a changed PLC would have written: register by register, from the values last observed. Pure.

The operator reads before it writes, so this is what it would do if the device still held what it held then.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from fabctl.fields import NOTHING, Body, mapping, number, sequence, shown, text
from fabctl.guards import mode_of
from fabctl.maps import Entries, declared
from fabctl.marks import SUSPEND
from fabctl.model import view


class Then(StrEnum):
    """What becomes of a register."""

    WRITTEN = "written"
    UNLESS = "written unless it holds it"
    HOLDS = "holds it already"
    WAITS = "written when approved"
    LED = "written when a rollout releases it"
    TOLD = "only told of, not written"
    ALONE = "left alone: suspended"
    READ = "only read"
    GONE = "not looked at any more"


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one register; texts are fit for a terminal."""

    register: str
    place: str
    holds: str
    """What was last observed in it, "-" where that is not known."""
    wanted: str
    """What is wanted of it now."""
    then_wanted: str
    """What is wanted of it when the change is applied."""
    then: Then


_PLACE = (
    *("table", "address", "reference", "unitId", "type", "bit", "length", "encoding", "padding", "byteOrder"),
    *("scale", "offset", "enum", "lastBit", "parts", "scaleRegister", "readFrom"),
)
"""What says where a register is and what its words mean: with another one nothing is known of what it holds."""
_TRUTHS = {"true": "1", "false": "0"}
"""What is read elsewhere than it is written may be true where 1 is written, and the other way round."""
_COMPUTED = Decimal(2) ** -22
"""How far a float that is read elsewhere may be off for being computed, as a part of its value."""
_DEVICE = ("deviceAddress", "port", "unitId")


def effects(before: Body | None, after: Body, old: Body | None, new: Body | None) -> list[Effect] | None:
    """Return what becomes of registers of which something changes; None where a template is not there.

    Args:
        before: The PLC as it is in the cluster, if it is.
        after: As it would be.
        old: The spec of its template as it is.
        new: The spec of its template as it would be.
    """
    spec = mapping(after.get("spec"))
    wanted = declared(spec, new)
    if wanted is None:
        return None
    was = mapping(mapping(before).get("spec"))
    had = (declared(was, old) if before is not None else {}) or {}
    known = _observed(before) if before is not None else {}
    stays = wanted.keys() & had.keys() if _same(was, spec, _DEVICE) else set()
    stays = {name for name in stays if _same(had[name], wanted[name], _PLACE)}
    now = [_effect(name, each, known.get(name) if name in stays else None, had, after) for name, each in wanted.items()]
    if before is None:
        return now
    as_it_is = {name: _effect(name, each, known.get(name), had, before) for name, each in had.items()}
    changed = [each for each in now if each.register not in stays or _differs(each, as_it_is[each.register])]
    return [*changed, *(_gone(as_it_is[name]) for name in had if name not in wanted)]


def _differs(new: Effect, old: Effect) -> bool:
    return (new.then, new.then_wanted) != (old.then, old.then_wanted)


def _same(one: Body, other: Body, fields: tuple[str, ...]) -> bool:
    return all(one.get(field) == other.get(field) for field in fields)


def _effect(name: str, entry: Body, holds: str | None, had: Entries, plc: Body) -> Effect:
    value = entry.get("value")
    wanted = NOTHING if value is None else _said(value, entry)
    return Effect(
        register=text(name),
        place=_place(entry),
        holds=NOTHING if holds is None else _with_unit(holds, entry),
        wanted=_was(had.get(name, {})),
        then_wanted=wanted,
        then=Then.READ if value is None else _then(_held(entry, holds), plc),
    )


def _was(entry: Body) -> str:
    return NOTHING if entry.get("value") is None else _said(entry["value"], entry)


def _gone(effect: Effect) -> Effect:
    return replace(effect, then_wanted=NOTHING, then=Then.GONE)


def _then(held: bool | None, plc: Body) -> Then:
    """Return what becomes of a register that is to hold something; `held` is whether it does."""
    spec, annotations = mapping(plc.get("spec")), mapping(mapping(plc.get("metadata")).get("annotations"))
    if spec.get("suspend") is True or SUSPEND in annotations:
        return Then.ALONE
    if held:
        return Then.HOLDS
    if mode_of(spec) != "Enforce":
        return Then.TOLD
    if mapping(mapping(plc.get("status")).get("release")):
        return Then.LED
    if _must_be_approved(spec, mapping(plc.get("status"))):
        return Then.WAITS
    return Then.UNLESS if held is None else Then.WRITTEN


def _must_be_approved(spec: Body, status: Body) -> bool:
    manual = text(mapping(spec.get("correction")).get("approval")) == "Manual"
    return manual or (text(spec.get("adoption")) == "Observe" and not status.get("adoptedAt"))


def _observed(plc: Body) -> dict[str, str]:
    """Return what registers held when they were last read, by their names, without units."""
    status = mapping(plc.get("status"))
    found = {
        text(each.get("name")): text(each.get("actual"))
        for each in map(mapping, sequence(status.get("registers")))
        if isinstance(each.get("actual"), str)
    }
    short = view(plc)
    if not short.is_map and short.last_read is not None:
        found[f"register {short.register}"] = str(short.last_read)
    return found


def _held(entry: Body, holds: str | None) -> bool | None:
    """Return whether a register holds what is wanted of it, None where that is not known."""
    if holds is None:
        return None
    spoken = _spoken(entry["value"])
    if holds == spoken:
        return True
    elsewhere = bool(mapping(entry.get("readFrom")))
    try:
        is_there, wanted = (Decimal(_TRUTHS.get(each, each) if elsewhere else each) for each in (holds, spoken))
        allowed = _allowed(entry.get("tolerance"), wanted)
        return abs(is_there - wanted) <= (max(allowed, abs(wanted) * _COMPUTED) if elsewhere else allowed)
    except ArithmeticError:  # no number, or one beyond all bounds
        return _by_enum(entry, spoken) == holds


def _by_enum(entry: Body, spoken: str) -> str | None:
    """Return the name of a number, by which the operator calls a value that has one."""
    return next((name for name, value in mapping(entry.get("enum")).items() if str(value) == spoken), None)


def _allowed(tolerance: object, wanted: Decimal) -> Decimal:
    if isinstance(tolerance, str) and tolerance.endswith("%"):
        return abs(wanted) * Decimal(tolerance[:-1]) / 100
    return Decimal(str(tolerance)) if isinstance(tolerance, int | float) else Decimal(0)


def _said(value: object, entry: Body) -> str:
    return _with_unit(text(_spoken(value)) or '""', entry)


def _with_unit(value: str, entry: Body) -> str:
    return f"{text(value)} {unit}" if (unit := text(entry.get("unit"))) else text(value)


def _spoken(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(entry: Body) -> str:
    if (reference := shown(entry.get("reference"))) != NOTHING:
        return f"reference {reference}"
    address = number(entry.get("address"))
    return NOTHING if address is None else f"{text(entry.get('table')) or 'holding'} {address}"
