"""IndustrialPLC: one holding register of one PLC, and the value that Git wants there."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.addresses import Host
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.schema import Rule, rules

DEFAULT_TIMEOUT_SECS = 3.0

Word = Annotated[int, Field(ge=0, le=65535, strict=True)]


@rules(
    Rule(
        "!has(self.timeoutSecs) || self.timeoutSecs <= double(self.pollIntervalSecs)",
        "timeoutSecs must not be longer than pollIntervalSecs: lower timeoutSecs or raise pollIntervalSecs",
        field=".timeoutSecs",
    ),
)
class IndustrialPLCSpec(ApiModel):
    """What the PLC must hold, and how to reach it."""

    device_address: Host
    """IPv4 address, IPv6 address (without brackets) or host name of the PLC or its gateway."""
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 502
    """TCP port of its Modbus server."""
    unit_id: Annotated[int, Field(ge=0, le=255, strict=True)] = 1
    """Modbus unit id; devices behind a gateway differ by it."""
    target_register: Word
    """Address of the holding register, 0-based as on the wire: reference 40001 is address 0."""
    target_value: Word
    """The value that the register must hold, as an unsigned 16-bit word."""
    poll_interval_secs: Annotated[int, Field(ge=1, le=86400, strict=True)] = 5
    """Seconds between two readings."""
    timeout_secs: Annotated[float, Field(ge=0.1, le=60)] | None = None
    """Seconds to wait for a connection and for a reply; the smaller of 3 and pollIntervalSecs when not given."""
    auto_correct: StrictBool = True
    """Whether drift is corrected; when false it is only reported."""
    suspend: StrictBool = False
    """Whether to leave the device alone altogether: no reading, no writing."""
    tags: Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(max_length=64)] = ()
    """Words of your own, for people and dashboards."""

    @property
    def timeout(self) -> float:
        """Return the seconds to wait for a connection and for a reply."""
        return self.timeout_secs or min(DEFAULT_TIMEOUT_SECS, self.poll_interval_secs)

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if self.timeout_secs is not None and self.timeout_secs > self.poll_interval_secs:
            raise ValueError(
                f"timeoutSecs ({self.timeout_secs:g}) must not be longer than "
                f"pollIntervalSecs ({self.poll_interval_secs}): lower timeoutSecs or raise pollIntervalSecs"
            )
        return self


class Phase(StrEnum):
    """Where the PLC stands, in one word for people; programs read the conditions."""

    PENDING = "Pending"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    DRIFT_DETECTED = "DriftDetected"
    CORRECTING = "Correcting"
    FAILED = "Failed"


class IndustrialPLCStatus(ApiModel):
    """What was last seen of the PLC; written when something changed, not at every poll."""

    phase: Phase = Phase.PENDING
    """Where the PLC stands, in one word."""
    endpoint: str | None = None
    """Where the PLC is reached, as host:port."""
    current_value: Word | None = None
    """The value last read."""
    in_sync: bool | None = None
    """Whether the register holds targetValue; absent while that is not known."""
    drift_events: Annotated[int, Field(ge=0)] = 0
    """Episodes of drift seen since the resource was made; a drift that stays is one."""
    corrections_applied: Annotated[int, Field(ge=0)] = 0
    """Corrections that were proven by reading the value back."""
    drifted_since: Time | None = None
    """When the episode of drift that is under way was first seen."""
    unverified_write: Word | None = None
    """A value that was sent to the PLC and not yet proven by reading it back."""
    last_update: Time | None = None
    """When this status last changed."""
    last_error: str | None = None
    """Why the last pass failed; absent when it did not."""
    message: str = ""
    """What is going on, in one sentence."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation of the spec that this status speaks of."""
    last_handled_reconcile_at: str | None = None
    """The last reconcile.fabgitops.io/requestedAt that was carried out."""
    conditions: tuple[Condition, ...] = ()
    """Ready, InSync, Reconciling and Stalled, by the Kubernetes API conventions."""


INDUSTRIAL_PLC = Kind(
    name="IndustrialPLC",
    plural="industrialplcs",
    singular="industrialplc",
    short_names=("plc",),
    description="A holding register of a PLC and the value that it must hold.",
    spec=IndustrialPLCSpec,
    status=IndustrialPLCStatus,
    columns=(
        Column(
            "Ready",
            "string",
            '.status.conditions[?(@.type=="Ready")].status',
            "The PLC holds the target value.",
        ),
        Column("InSync", "string", '.status.conditions[?(@.type=="InSync")].status', "Register equals target."),
        Column("Target", "integer", ".spec.targetValue", "The value that Git wants."),
        Column("Actual", "integer", ".status.currentValue", "The value last read."),
        Column("Drifts", "integer", ".status.driftEvents", "Episodes of drift so far."),
        Column("Phase", "string", ".status.phase", "Where the PLC stands."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Endpoint", "string", ".status.endpoint", "Where the PLC is reached.", priority=1),
        Column("LastError", "string", ".status.lastError", "Why the last pass failed.", priority=1),
    ),
)
