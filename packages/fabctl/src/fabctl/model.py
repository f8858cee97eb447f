"""What an IndustrialPLC says, whatever it holds: from the API's object to what is shown. Pure, and never fails.

An object may be older than the schema, or edited by hand: a field of the wrong type is shown as it is where a person
may see it, and counts as absent where something is decided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Body = Mapping[str, Any]

NOTHING = "-"
WORD_MAX = 65535


class Status(StrEnum):
    """Git vs. reality in one word."""

    SYNCED = "SYNCED"
    DRIFT = "DRIFT"
    CORRECTING = "CORRECTING"
    FAILED = "FAILED"
    SUSPENDED = "SUSPENDED"
    INVALID = "INVALID"
    CONNECTING = "CONNECTING"
    PENDING = "PENDING"
    UPDATING = "UPDATING"


_BY_REASON = {
    "DriftDetected": Status.DRIFT,
    "Correcting": Status.CORRECTING,
    "ConnectionFailed": Status.FAILED,
    "DeviceException": Status.FAILED,
    "DeviceBusy": Status.FAILED,
    "WriteRefused": Status.FAILED,
    "VerificationFailed": Status.FAILED,
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
    target: str
    interval: str
    auto_correct: bool
    suspend: bool
    tags: str

    status: Status
    last_read: int | None
    """The value last read, which may be long ago."""
    actual: int | None
    """The value that the register holds as far as is known now; None when that is not known."""
    drifts: int
    corrections: int
    drifted_since: datetime | None
    last_update: datetime | None
    last_error: str
    message: str
    handled: str | None
    """The last sync that was carried out, by its token."""
    conditions: tuple[Body, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def last_read_shown(self) -> str:
        """Return the actual value, or the one last read and marked so."""
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
    return View(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        labels=mapping(metadata.get("labels")),
        created=moment(metadata.get("creationTimestamp")),
        endpoint=_endpoint(spec),
        unit_id=shown(spec.get("unitId", 1)),
        register=shown(spec.get("targetRegister")),
        target=shown(spec.get("targetValue")),
        interval=shown(spec.get("pollIntervalSecs", 5)),
        auto_correct=spec.get("autoCorrect", True) is True,
        suspend=spec.get("suspend") is True,
        tags=", ".join(shown(tag) for tag in sequence(spec.get("tags"))),
        status=word,
        last_read=last_read,
        actual=last_read if known else None,
        drifts=number(status.get("driftEvents")) or 0,
        corrections=number(status.get("correctionsApplied")) or 0,
        drifted_since=moment(status.get("driftedSince")),
        last_update=moment(status.get("lastUpdate")),
        last_error=text(status.get("lastError")),
        message=text(status.get("message")),
        handled=text(status.get("lastHandledReconcileAt")) or None,
        conditions=conditions,
    )


def _status(metadata: Body, spec: Body, status: Body, conditions: tuple[Body, ...]) -> Status:
    """Return the word by Ready's reason, else by the phase; a status that speaks of an older spec counts for none."""
    ready = _condition(conditions, "Ready")
    reason, phase = text(ready.get("reason")), text(status.get("phase"))
    if not reason and phase in {"", "Pending"}:
        return Status.PENDING if _is_word(spec.get("targetValue")) else Status.INVALID
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


def _is_word(value: object) -> bool:
    found = number(value)
    return found is not None and 0 <= found <= WORD_MAX


def mapping(value: object) -> Body:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def number(value: object) -> int | None:
    """Return a whole number, and None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(value: object) -> str:
    """Return a text in one line without what would command a terminal, and an empty one for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in value)


def shown(value: object) -> str:
    """Return a scalar for people, whatever it is."""
    if value is None or value == "" or isinstance(value, list | Mapping):
        return NOTHING
    return text(str(value))


def moment(value: object) -> datetime | None:
    """Return an RFC 3339 time, and None for anything else."""
    try:
        parsed = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def age(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit: 45s, 12m, 5h, 3d."""
    if then is None:
        return NOTHING
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
