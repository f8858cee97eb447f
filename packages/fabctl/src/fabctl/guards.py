"""What stands between a drift and a write: the guards of one PLC, in the order in which the operator asks them. Pure.

How each is set stands in the spec, what it says now in the status; a guard that is newer than this fabctl is shown with
what it says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text

FIGHT = 20, 3600
"""What `correction.fight` is when it is not given: corrections of one register, and within how many seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a guard holds now; texts are fit for a terminal."""

    guard: str
    reason: str
    message: str
    registers: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard: what it is called, how it is set, and what it holds now."""

    name: str
    setting: str
    held: tuple[Held, ...] = ()


def guards(body: Body) -> tuple[Guard, ...]:
    """Return the guards that have a say about a PLC, in the order in which they are asked.

    Those of which the spec says nothing, and that hold nothing, are left out, but for those that everybody has.
    """
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    correction, held = mapping(spec.get("correction")), tuple(map(_held, sequence(status.get("held"))))
    known = []
    for name, setting in ORDER:
        said = setting(spec, correction, status)
        holds = tuple(each for each in held if each.guard == name)
        if said or holds:
            known.append(Guard(name, said or NOTHING, holds))
    names = dict(ORDER)
    others = dict.fromkeys(each.guard for each in held if each.guard not in names)
    return (*known, *(Guard(name, NOTHING, tuple(each for each in held if each.guard == name)) for name in others))


def to_write(body: Body) -> int:
    """Return how many registers are not as Git wants them, as far as that is known."""
    return sum(mapping(each).get("inSync") is False for each in sequence(mapping(body.get("status")).get("registers")))


def mode_of(spec: Body) -> str:
    """Return what becomes of drift: Enforce, Warn or Observe, or what an operator that is newer knows."""
    given = text(mapping(spec.get("correction")).get("mode"))
    return given or ("Enforce" if spec.get("autoCorrect", True) is True else "Warn")


def mode_said(spec: Body) -> str:
    """Return how the spec says so that drift is not corrected; nothing where it is."""
    given = text(mapping(spec.get("correction")).get("mode"))
    if mode_of(spec) == "Enforce":
        return ""
    return f"correction.mode is {given}" if given else "autoCorrect is false"


def _held(given: object) -> Held:
    fields = mapping(given)
    return Held(
        shown(fields.get("guard")),
        shown(fields.get("reason")),
        text(fields.get("message")),
        max(0, number(fields.get("registers")) or 0),
        moment(fields.get("since")),
    )


# --- how each is set --------------------------------------------------------------------------------------------------


def _mode(spec: Body, _: Body, __: Body) -> str:
    return mode_of(spec)


def _adoption(spec: Body, _: Body, status: Body) -> str:
    if text(spec.get("adoption")) in {"", "Enforce"}:
        return ""
    since = moment(status.get("adoptedAt"))
    return f"{shown(spec['adoption'])}, {f'approved {since:%Y-%m-%dT%H:%M:%SZ}' if since else 'not approved yet'}"


def _everybody(_: Body, __: Body, ___: Body) -> str:
    return "always"


def _identity(spec: Body, _: Body, __: Body) -> str:
    pinned = mapping(spec.get("identity"))
    return ", ".join(f"{text(name)}={shown(value)}" for name, value in pinned.items())


def _confirming(_: Body, correction: Body, __: Body) -> str:
    reads = number(correction.get("confirmReads")) or 1
    return f"{reads} readings running" if reads > 1 else ""


def _cooldown(_: Body, correction: Body, __: Body) -> str:
    seconds = number(correction.get("cooldownSecs")) or 0
    return f"{seconds} s between corrections of a register" if seconds else ""


def _interlocks(_: Body, correction: Body, __: Body) -> str:
    return "; ".join(map(_interlock, sequence(correction.get("interlocks"))))


def _interlock(given: object) -> str:
    fields = mapping(given)
    of = f"plc/{shown(fields.get('plc'))} " if fields.get("plc") else ""
    values = sequence(fields.get("values"))
    wanted = f"[{', '.join(map(shown, values))}]" if values else shown(fields.get("value"))
    age = fields.get("maxAgeSecs")
    old = f" (at most {shown(age)} s old)" if age is not None else ""
    return f"{of}{shown(fields.get('register'))} {shown(fields.get('operator'))} {wanted}{old}"


def _windows(_: Body, correction: Body, __: Body) -> str:
    return "; ".join(map(_window, sequence(correction.get("windows"))))


def _window(given: object) -> str:
    fields = mapping(given)
    kind, schedule, lasts = (shown(fields.get(name)) for name in ("type", "schedule", "duration"))
    zone = text(fields.get("timeZone"))
    return f"{kind} {schedule} for {lasts}" + (f" ({zone})" if zone else "")


def _budget(_: Body, correction: Body, __: Body) -> str:
    budget = mapping(correction.get("writeBudget"))
    given = (("perHour", "hour"), ("perDay", "day"))
    each = [f"{shown(budget[field])} per {what}" for field, what in given if budget.get(field)]
    return f"{', '.join(each)} for each register" if each else ""


def _fight(spec: Body, correction: Body, _: Body) -> str:
    fight, (most, within) = mapping(correction.get("fight")), FIGHT
    count = number(fight.get("corrections")) or number(spec.get("maxCorrectionsPerHour")) or most
    return f"{count} corrections of a register within {number(fight.get('withinSecs')) or within} s"


def _approval(_: Body, correction: Body, __: Body) -> str:
    given = text(correction.get("approval"))
    return given if given != "Auto" else ""


def _scale(spec: Body, _: Body, __: Body) -> str:
    names = [shown(each.get("name")) for each in map(mapping, sequence(spec.get("registers"))) if _is_scaled(each)]
    return f"{', '.join(names)} by the power of ten that the device says" if names else ""


def _is_scaled(register: Body) -> bool:
    return bool(mapping(register.get("scaleRegister"))) and register.get("value") is not None


def _group(spec: Body, _: Body, __: Body) -> str:
    groups: dict[str, list[str]] = {}
    for register in map(mapping, sequence(spec.get("registers"))):
        if register.get("group") is not None:
            groups.setdefault(shown(register["group"]), []).append(shown(register.get("name")))
    return "; ".join(f"{group} as one: {', '.join(names)}" for group, names in groups.items())


def _ramp(spec: Body, _: Body, __: Body) -> str:
    ramps = []
    for register in map(mapping, sequence(spec.get("registers"))):
        ramp = mapping(mapping(register.get("write")).get("ramp"))
        if ramp:
            step, pause = shown(ramp.get("maxStep")), shown(ramp.get("stepIntervalSecs"))
            ramps.append(f"{shown(register.get('name'))} by {step} every {pause} s")
    return "; ".join(ramps)


def _secrets(spec: Body, _: Body, __: Body) -> str:
    """Return which registers need a Secret to be written, by the places of their values and never what they are."""
    needs: list[str] = []
    for register in map(mapping, sequence(spec.get("registers"))):
        write = mapping(register.get("write"))
        steps = (mapping(each) for side in ("before", "after") for each in sequence(write.get(side)))
        refs = (mapping(mapping(step.get("valueFrom")).get("secretKeyRef")) for step in steps)
        keys = dict.fromkeys(f"{shown(ref.get('name'))}/{shown(ref.get('key'))}" for ref in refs if ref)
        needs += [f"{shown(register.get('name'))} by {', '.join(keys)}"] if keys else []
    return "; ".join(needs)


Setting = Callable[[Body, Body, Body], str]
"""Told spec, spec.correction and status, how a guard is set; nothing where the spec says nothing of it."""


def _release(spec: Body, correction: Body, status: Body) -> str:
    """Return which rollout leads it, and whether it may hold what Git wants."""
    del spec, correction
    release = mapping(status.get("release"))
    name = shown(release.get("rollout"))
    if not release:
        return ""
    free = release.get("released") == release.get("wanted")
    return f"SetpointRollout {name}: {'may hold what Git wants' if free else 'holds what it was released to'}"


ORDER: tuple[tuple[str, Setting], ...] = (
    ("mode", _mode),
    ("adoption", _adoption),
    ("release", _release),
    ("settling", _everybody),
    ("conflict", _everybody),
    ("identity", _identity),
    ("answers", _everybody),
    ("confirming", _confirming),
    ("cooldown", _cooldown),
    ("interlocks", _interlocks),
    ("windows", _windows),
    ("budget", _budget),
    ("fight", _fight),
    ("approval", _approval),
    ("ramp", _ramp),
    ("scale", _scale),
    ("group", _group),
    ("secrets", _secrets),
    ("operator", _everybody),
)
"""The guards as the operator asks them; the last stands for what is not of one PLC alone."""
