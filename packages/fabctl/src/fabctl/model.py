"""What an IndustrialPLC says, whatever it holds: from the API's object to what is shown. Pure, and never fails.

An object may be older than the schema, or edited by hand: a field of the wrong type is shown as it is where a person
may see it, and counts as absent where something is decided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text
from fabctl.guards import mode_of, mode_said
from fabctl.marks import SUSPEND
from fabctl.registers import Register, is_map, registers
from fabctl.releases import held_by

WORD_MAX = 65535


class Status(StrEnum):
    """Git vs. reality in one word."""

    SYNCED = "SYNCED"
    DRIFT = "DRIFT"
    CORRECTING = "CORRECTING"
    FAILED = "FAILED"
    CONFLICT = "CONFLICT"
    WRONG_DEVICE = "WRONG-DEVICE"
    NO_TEMPLATE = "NO-TEMPLATE"
    SUSPENDED = "SUSPENDED"
    INVALID = "INVALID"
    NO_VALUE = "NO-VALUE"
    CONNECTING = "CONNECTING"
    PENDING = "PENDING"
    UPDATING = "UPDATING"

    @property
    def needs_a_person(self) -> bool:
        """Return whether something is wrong that the message of the operator explains."""
        return self in _TROUBLED


_TROUBLED = {Status.FAILED, Status.CONFLICT, Status.WRONG_DEVICE, Status.NO_TEMPLATE, Status.INVALID}

_BY_REASON = {
    "DriftDetected": Status.DRIFT,
    "Observed": Status.DRIFT,
    "Held": Status.DRIFT,
    "Correcting": Status.CORRECTING,
    "ConnectionFailed": Status.FAILED,
    "AddressNotAllowed": Status.FAILED,
    "DeviceException": Status.FAILED,
    "DeviceBusy": Status.FAILED,
    "NoValue": Status.NO_VALUE,
    "WriteRefused": Status.FAILED,
    "VerificationFailed": Status.FAILED,
    "ContendedWriter": Status.FAILED,
    "InternalError": Status.FAILED,
    "NotLookedAfter": Status.FAILED,
    "Conflict": Status.CONFLICT,
    "IdentityMismatch": Status.WRONG_DEVICE,
    "TemplateNotFound": Status.NO_TEMPLATE,
    "Suspended": Status.SUSPENDED,
    "InvalidSpec": Status.INVALID,
    "Connecting": Status.CONNECTING,
    "Pending": Status.PENDING,
}
_BY_PHASE = {
    "DriftDetected": Status.DRIFT,
    "Correcting": Status.CORRECTING,
    "Failed": Status.FAILED,
    "Connecting": Status.CONNECTING,
}


@dataclass(frozen=True, slots=True)
class View:
    """One PLC as it is shown; texts are fit for a terminal, numbers are None where they are not known."""

    namespace: str
    name: str
    uid: str
    labels: Body
    created: datetime | None

    endpoint: str
    unit_id: str
    register: str
    """The address of the short form."""
    target_value: str
    """What the short form wants there."""
    template: str
    """The template that the map comes from, or nothing."""
    parameters: str
    connection: str
    identity: str
    interval: str
    mode: str
    """What becomes of drift: Enforce, Warn or Observe."""
    not_corrected: str
    """How the spec says so that drift is not corrected, for a sentence; nothing where it is."""
    suspend: bool
    """Whether Git suspends it."""
    suspended_for: str | None
    """Why `fabctl suspend` suspends it, None where it does not."""
    tags: str

    status: Status
    held: bool
    """Whether it drifts, and the operator is kept from writing for now; the message says by what."""
    held_by: str
    """The rollout that holds it at something else than Git wants, NOTHING where none does."""
    last_read: int | None
    """The value last read, which may be long ago."""
    actual: int | None
    """The value that the register holds as far as is known now; None when that is not known."""
    is_map: bool
    """Whether a map is declared, and not the short form."""
    registers: tuple[Register, ...]
    """Those of the map; none for the short form."""
    in_sync_count: str
    """How many registers hold what Git wants, as "7/9"; nothing while that is not known."""
    drifts: int
    corrections: int
    repeats: int
    """How often registers were written that held their values; as it was stored, an hour ago at the most."""
    drifted_since: datetime | None
    last_update: datetime | None
    last_error: str
    hint: str
    message: str
    handled: str | None
    """The last sync that was carried out, by its token."""
    conditions: tuple[Body, ...]

    @property
    def auto_correct(self) -> bool:
        """Return whether drift is corrected."""
        return not self.not_corrected

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def wanted(self) -> tuple[Register, ...]:
        """Return the registers of the map that must hold something."""
        return tuple(each for each in self.registers if each.desired is not None)

    @property
    def place(self) -> str:
        """Return which register it is about, or which map."""
        if self.template:
            return f"template {self.template}"
        if not self.is_map:
            return self.register
        return self.registers[0].place if len(self.registers) == 1 else f"map of {len(self.registers)}"

    @property
    def target(self) -> str:
        """Return what Git wants, or of how many registers it wants something."""
        if not self.is_map:
            return self.target_value
        if len(self.registers) == 1:
            return shown(self.registers[0].desired)
        count = len(self.wanted)
        return f"{count} register{'' if count == 1 else 's'}" if count else NOTHING

    @property
    def actual_shown(self) -> str:
        """Return what is there as far as is known now, or of how many registers it is what Git wants."""
        if not self.is_map:
            return shown(self.actual)
        if len(self.registers) == 1:
            only = self.registers[0]
            return shown(only.actual) if only.fresh else NOTHING
        if not self.in_sync_count:
            return NOTHING
        return f"{self.in_sync_count} in sync" if self.wanted else f"{len(self.registers)} observed"

    @property
    def last_read_shown(self) -> str:
        """Return the same, but a value that may be old as the one last read and marked so."""
        if self.is_map:
            return self.registers[0].actual_shown if len(self.registers) == 1 else self.actual_shown
        if self.actual is None and self.last_read is not None:
            return f"{self.last_read} (last read)"
        return shown(self.actual)


def view(body: Body) -> View:
    """Return what an object says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    conditions = tuple(item for item in sequence(status.get("conditions")) if isinstance(item, Mapping))
    word = _status(metadata, spec, status, conditions)
    last_read = number(status.get("currentValue"))
    known = word is not Status.UPDATING and _in_sync(status, conditions) is not None
    count = "" if word is Status.UPDATING else text(status.get("registersInSync"))
    whole = registers(spec, status, fresh=bool(count)) if is_map(spec) else ()
    reference = mapping(spec.get("templateRef"))
    return View(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        labels=mapping(metadata.get("labels")),
        created=moment(metadata.get("creationTimestamp")),
        endpoint=_endpoint(spec),
        unit_id=shown(spec.get("unitId", 1)),
        register=shown(spec.get("targetRegister")),
        target_value=shown(spec.get("targetValue")),
        template=text(reference.get("name")),
        parameters=_listed(mapping(reference.get("parameters"))),
        connection=_listed(mapping(spec.get("connection"))),
        identity=_listed(mapping(spec.get("identity"))),
        interval=shown(spec.get("pollIntervalSecs", None if reference else 5)),
        mode=mode_of(spec),
        not_corrected=mode_said(spec),
        suspend=spec.get("suspend") is True,
        suspended_for=_suspended_for(mapping(metadata.get("annotations"))),
        tags=", ".join(shown(tag) for tag in sequence(spec.get("tags"))),
        status=word,
        held=word is Status.DRIFT and _condition(conditions, "Ready").get("reason") == "Held",
        held_by=held_by(body),
        last_read=last_read,
        actual=last_read if known else None,
        is_map=is_map(spec),
        registers=whole,
        in_sync_count=count,
        drifts=number(status.get("driftEvents")) or 0,
        corrections=number(status.get("correctionsApplied")) or 0,
        repeats=number(status.get("repeats")) or 0,
        drifted_since=min(
            (each.drifted_since for each in whole if each.drifted_since), default=moment(status.get("driftedSince"))
        ),
        last_update=moment(status.get("lastUpdate")),
        last_error=text(status.get("lastError")),
        hint=text(status.get("hint")) if count else "",
        message=text(status.get("message")),
        handled=text(status.get("lastHandledReconcileAt")) or None,
        conditions=conditions,
    )


def _suspended_for(annotations: Body) -> str | None:
    return " ".join(text(annotations[SUSPEND]).split()) if SUSPEND in annotations else None


def _status(metadata: Body, spec: Body, status: Body, conditions: tuple[Body, ...]) -> Status:
    """Return the word by Ready's reason, else by the phase; a status that speaks of an older spec counts for none."""
    ready = _condition(conditions, "Ready")
    reason, phase = text(ready.get("reason")), text(status.get("phase"))
    if not reason and phase in {"", "Pending"}:
        return Status.PENDING if is_map(spec) or _is_word(spec.get("targetValue")) else Status.INVALID
    observed, generation = number(status.get("observedGeneration")), number(metadata.get("generation"))
    if observed is not None and generation is not None and observed < generation:
        return Status.UPDATING
    if reason == "InSync" and ready.get("status") == "True":
        return Status.SYNCED
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    if phase == "Connected":
        return {True: Status.SYNCED, False: Status.DRIFT, None: Status.CONNECTING}[_in_sync(status, conditions)]
    return _BY_PHASE.get(phase, Status.PENDING)


def _in_sync(status: Body, conditions: tuple[Body, ...]) -> bool | None:
    said = status.get("inSync")
    if isinstance(said, bool):
        return said
    return {"True": True, "False": False}.get(text(_condition(conditions, "InSync").get("status")))


def _condition(conditions: tuple[Body, ...], name: str) -> Body:
    return next((condition for condition in conditions if condition.get("type") == name), {})


def _endpoint(spec: Body) -> str:
    host, port = shown(spec.get("deviceAddress")), shown(spec.get("port", 502))
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listed(fields: Body) -> str:
    """Return fields as name=value, of one that holds fields itself name.name=value."""
    flat = [
        (f"{name}.{inner}" if inner else name, found)
        for name, value in fields.items()
        for inner, found in (value.items() if isinstance(value, Mapping) else (("", value),))
    ]
    return ", ".join(f"{text(name)}={_in_a_list(value)}" for name, value in flat) or NOTHING


def _in_a_list(value: object) -> str:
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, list) else shown(value)


def _is_word(value: object) -> bool:
    found = number(value)
    return found is not None and 0 <= found <= WORD_MAX
