"""IndustrialPLC: the registers of one PLC, and the values that Git wants there."""

from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Annotated, Self

from pydantic import Field, StrictBool, ValidationError, model_validator

from fabgitops_core.api.addresses import Host
from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import APPROVE, APPROVED_BY, SUSPEND, ApiModel, ObjectName, Time
from fabgitops_core.api.plc import maps, repeating
from fabgitops_core.api.plc.approval import Adoption, Approval, WritePlan
from fabgitops_core.api.plc.budget import Writes
from fabgitops_core.api.plc.connection import Connection, Identity, Timeout
from fabgitops_core.api.plc.correction import Correction, HeldCorrections, Mode
from fabgitops_core.api.plc.fight import Fight, Fought
from fabgitops_core.api.plc.history import PastCorrection
from fabgitops_core.api.plc.places import Word
from fabgitops_core.api.plc.registers import Register, RegisterEntry, UnitId
from fabgitops_core.api.plc.release import RegisterRelease, ReleaseStatus
from fabgitops_core.api.plc.spec_rules import SPEC_RULES
from fabgitops_core.api.refusals import Problem, problems_of, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, PRINTABLE, UNSTORED, rules
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.api.values import ParameterValue

DEFAULT_TIMEOUT_SECS = 3.0
TARGET = "target"
"""Name of the one register that the short form declares."""

SHORT_FORM = ("targetRegister", "targetValue")
_WHAT_IT_HOLDS = "say what the PLC must hold: targetRegister and targetValue, or registers, or templateRef"


class TemplateRef(ApiModel):
    """Which IndustrialPLCTemplate the map comes from."""

    name: ObjectName
    """Name of the IndustrialPLCTemplate, in the namespace of the resource."""
    parameters: dict[str, ParameterValue] = Field(default_factory=dict, max_length=64)
    """Values for the parameters of the template; those that have a default may be left out."""


@rules(*SPEC_RULES)
class IndustrialPLCSpec(ApiModel):
    """What the PLC must hold, and how to reach it."""

    device_address: Host
    """IPv4 address, IPv6 address (without brackets) or host name of the PLC or its gateway."""
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 502
    """TCP or UDP port of its Modbus server; 802 by convention for TLS."""
    unit_id: UnitId = 1
    """Modbus unit id; devices behind a gateway differ by it."""
    target_register: Word | None = None
    """Address of the one holding register of the short form, 0-based as on the wire: reference 40001 is address 0."""
    target_value: Word | None = None
    """The value that the register of the short form must hold, as an unsigned 16-bit word."""
    registers: (
        Annotated[
            tuple[RegisterEntry, ...],
            Field(min_length=1, max_length=maps.MAX_REGISTERS, json_schema_extra=KEYED_BY_NAME),
        ]
        | None
    ) = None
    """The register map; beside templateRef, what differs from the template's and what is added to it."""
    template_ref: TemplateRef | None = None
    """The IndustrialPLCTemplate that the map comes from."""
    poll_interval_secs: Annotated[int, Field(ge=1, le=86400, strict=True, json_schema_extra=UNSTORED)] = 5
    """Seconds between two readings; when not given that of the template, or 5."""
    timeout_secs: Timeout | None = None
    """Seconds to wait for a connection and for a reply: the short form of connection.timeoutSecs."""
    connection: Connection = Connection()
    """How the device wants to be talked to."""
    identity: Identity | None = None
    """What the device must say of itself; where it differs nothing is written."""
    auto_correct: Annotated[StrictBool, Field(json_schema_extra=UNSTORED)] = True
    """Whether drift is corrected, true when not given; false only reports it: the short form of correction.mode."""
    adoption: Annotated[Adoption, Field(json_schema_extra=UNSTORED)] = Adoption.ENFORCE
    """Observe only reports until somebody has approved the device once; Enforce when not given."""
    correction: Correction = Correction()
    """How drift is corrected, and what must be so before anything is written."""
    max_corrections_per_hour: Annotated[int, Field(ge=1, le=3600, strict=True, json_schema_extra=UNSTORED)] = 20
    """Corrections of one register in an hour before it is left alone, 20 when not given: correction.fight in short."""
    suspend: StrictBool = False
    """Whether to leave the device alone altogether: no reading, no writing."""
    tags: Annotated[
        tuple[Annotated[str, Field(max_length=256, json_schema_extra=PRINTABLE)], ...], Field(max_length=64)
    ] = ()
    """Words of your own, for people and dashboards."""

    @property
    def timeout(self) -> float:
        """Return the seconds to wait for a connection and for a reply."""
        given = self.timeout_secs or self.connection.timeout_secs
        return given or min(DEFAULT_TIMEOUT_SECS, self.poll_interval_secs)

    @property
    def mode(self) -> Mode:
        """Return what becomes of drift."""
        return self.correction.mode or (Mode.ENFORCE if self.auto_correct else Mode.WARN)

    @property
    def fight(self) -> Fight:
        """Return how many corrections of one register are too many."""
        return self.correction.fight or Fight(corrections=self.max_corrections_per_hour)

    @property
    def asks(self) -> bool:
        """Return whether somebody may have to agree before anything is written."""
        return self.correction.approval is Approval.MANUAL or self.adoption is Adoption.OBSERVE

    @property
    def registers_wanted(self) -> tuple[Register, ...]:
        """Return the whole map: the short form is one register named `target`.

        It is empty while the spec has a templateRef: `resolved` in `api.resolving` makes a spec without one.
        """
        if self.template_ref is not None:
            return ()
        return self.registers_listed if self.registers is not None else _short(self.target_register, self.target_value)

    @cached_property
    def registers_listed(self) -> tuple[Register, ...]:
        """Return the registers of the field `registers`, each of which says all that is needed.

        Raises:
            ValidationError: One does not; with the path of its field.
        """
        return self._whole(self.registers or ())

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        refuse("IndustrialPLCSpec", [*self._timeouts(), *self._modes(), *self._fights(), *self._sources()])
        if self.template_ref is None:
            wanted = self.registers_wanted
            refuse("IndustrialPLCSpec", maps.problems(wanted, self.unit_id, self.connection))
            refuse("IndustrialPLCSpec", repeating.problems(wanted, self.poll_interval_secs, self.correction))
        return self

    def _timeouts(self) -> list[Problem]:
        short, full = self.timeout_secs, self.connection.timeout_secs
        path = ("timeoutSecs",) if short is not None else ("connection", "timeoutSecs")
        given = short if short is not None else full
        if short is not None and full is not None:
            return [Problem(path, short, f"connection.timeoutSecs ({full:g}) says it too: keep one of them")]
        if given is not None and given > self.poll_interval_secs and self.template_ref is None:
            reason = (
                f"timeoutSecs ({given:g}) must not be longer than "
                f"pollIntervalSecs ({self.poll_interval_secs}): lower timeoutSecs or raise pollIntervalSecs"
            )
            return [Problem(path, given, reason)]
        return []

    def _modes(self) -> list[Problem]:
        if self.correction.mode is None or "auto_correct" not in self.model_fields_set:
            return []
        reason = f"correction.mode ({self.correction.mode}) says it too: keep one of them"
        return [Problem(("autoCorrect",), self.auto_correct, reason)]

    def _fights(self) -> list[Problem]:
        if self.correction.fight is None or "max_corrections_per_hour" not in self.model_fields_set:
            return []
        reason = f"correction.fight ({self.correction.fight.corrections} corrections) says it too: keep one of them"
        return [Problem(("maxCorrectionsPerHour",), self.max_corrections_per_hour, reason)]

    def _sources(self) -> list[Problem]:
        """Look for exactly one of short form, registers and templateRef; registers may stand beside templateRef."""
        short = {SHORT_FORM[0]: self.target_register, SHORT_FORM[1]: self.target_value}
        said = [field for field, value in short.items() if value is not None]
        others = [name for name, given in (("registers", self.registers), ("templateRef", self.template_ref)) if given]
        if said and others:
            reason = f"it is the short form of a map of one register, and {others[0]} is given: drop one of them"
            return [Problem((said[0],), short[said[0]], reason)]
        if not said and not others:
            return [Problem((), {}, _WHAT_IT_HOLDS)]
        if len(said) == 1:
            missing = next(field for field in short if field not in said)
            return [Problem((missing,), None)]
        return []

    @staticmethod
    def _whole(entries: tuple[RegisterEntry, ...]) -> tuple[Register, ...]:
        """Return registers that say all that is needed, or refuse those that do not with the paths of their fields."""
        found: list[Problem] = []
        whole: list[Register] = []
        for index, entry in enumerate(entries):
            try:
                whole.append(Register.model_validate(entry.model_dump(exclude_unset=True)))
            except ValidationError as error:
                found += problems_of(error, ("registers", index))
        refuse("IndustrialPLCSpec", found)
        return tuple(whole)


@lru_cache(maxsize=64)
def _short(address: int | None, value: int | None) -> tuple[Register, ...]:
    """Return the map of the short form: kept for a moment, as the map is made of it after it was validated.

    A spec that kept it would take twice the memory.
    """
    return (Register(name=TARGET, address=address, value=value),)


class Phase(StrEnum):
    """Where the PLC stands, in one word for people; programs read the conditions."""

    PENDING = "Pending"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    DRIFT_DETECTED = "DriftDetected"
    CORRECTING = "Correcting"
    FAILED = "Failed"


class RegisterStatus(ApiModel):
    """What was last seen of one register."""

    name: str
    """Which register of the map."""
    place: str | None = None
    """Where it is, for people: table, address, type, byte order and unit id."""
    source: str | None = None
    """Whether template, parameter or resource said so; said where the map comes from a template."""
    unit: str | None = None
    """What desired and actual are counted in."""
    desired: str | None = None
    """What it must hold, for people; absent when it is only observed."""
    actual: str | None = None
    """What was last read, for people."""
    raw: str | None = None
    """The words last read as hexadecimal digits, four a word."""
    in_sync: bool | None = None
    """Whether it holds what it must; absent while that is not known, and when it is only observed."""
    no_value: bool | None = None
    """True while the device says that it has none (noValue): nothing is known of it then, and nothing written."""
    hint: str | None = None
    """What speaks for it being read in another way than the map says, for people; nothing follows from it."""
    error: str | None = None
    """Why it could not be read, written or understood; absent when it could."""
    drifted_since: Time | None = None
    """When its episode of drift that is under way was first seen."""
    unverified_write: str | None = None
    """Words that are sent, or were, and not yet proven by reading back, as hexadecimal digits."""
    unfinished: bool | None = None
    """True while it is not known that write.after was written after it: it is written again, whatever it holds."""
    braked_since: Time | None = None
    """Since when it is not written any more, for somebody else writes it, too; a sync or an edit ends it."""
    given: str | None = None
    """The words last given to a register that is a command (verify: false), as hexadecimal digits."""
    write_intended: bool | None = None
    """True where those words were recorded before their turn to be sent; absent once they were sent."""
    release: RegisterRelease | None = None
    """What it may hold; absent while no rollout leads the PLC."""
    pending: str | None = None
    """What Git wants, for people, while a rollout holds it at something else."""
    fight: Fought | None = None
    """How often it was corrected lately, so that a restart counts on; only with correction.fight."""
    corrected_at: Time | None = None
    """When it was last written, as far as a guard needs to know; from the record of the write on."""
    ramping_to: str | None = None
    """The words that it is on its way to, in steps of write.ramp, as hexadecimal digits; absent while it is not."""
    writes: Writes | None = None
    """How often it was written, from the record of each write on; only with correction.writeBudget."""
    repeats: Annotated[int, Field(ge=0)] | None = None
    """How often it was written though it held its value (write.repeatSecs); stored with what else there is to tell."""

    @property
    def released(self) -> str | None:
        """Return the words that a rollout lets it hold; None while none leads the PLC, or it has none."""
        return self.release.released if self.release else None

    @property
    def previous(self) -> str | None:
        """Return the words that it held before this round of a rollout; "" while that is not known."""
        return self.release.previous if self.release else None

    @property
    def replaced(self) -> str | None:
        """Return the words that it was released to before a permit that is not proven yet; "" for none."""
        return self.release.replaced if self.release else None


class IndustrialPLCStatus(ApiModel):
    """What was last seen of the PLC; written when something changed, not at every poll."""

    phase: Phase = Phase.PENDING
    """Where the PLC stands, in one word."""
    endpoint: str | None = None
    """Where the PLC is reached, as host:port."""
    current_value: Word | None = None
    """The value last read of the first register, where it is one word."""
    in_sync: bool | None = None
    """Whether every register holds what it must; absent while that is not known."""
    registers_in_sync: str | None = None
    """How many of the registers that must hold a value do: 7/9."""
    registers: tuple[RegisterStatus, ...] = ()
    """What was last seen of each register, in the order of the map."""
    hint: str | None = None
    """What speaks for the map being off by one as a whole, for people; nothing follows from it."""
    drift_events: Annotated[int, Field(ge=0)] = 0
    """Episodes of drift seen since the resource was made; a drift that stays is one."""
    corrections_applied: Annotated[int, Field(ge=0)] = 0
    """Corrections that were proven by reading the value back."""
    repeats: Annotated[int, Field(ge=0)] | None = None
    """Writes of what registers held (write.repeatSecs), no corrections; stored with what else there is to tell."""
    drifted_since: Time | None = None
    """When the episode of drift that is under way was first seen."""
    unverified_write: Word | None = None
    """A value that is sent to the first register, or was, and not yet proven by reading it back."""
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
    plan: WritePlan | None = None
    """What would be written as soon as somebody approves it; absent while nothing waits for that."""
    adopted_at: Time | None = None
    """When a resource with adoption Observe was approved for its device."""
    adopted_for: str | None = None
    """For which object, by its uid, and which device that was."""
    held: tuple[HeldCorrections, ...] = ()
    """What holds corrections back now, in the order in which the guards are asked; empty while nothing does."""
    history: tuple[PastCorrection, ...] = ()
    """The last 20 corrections, the newest last; stored with what else there is to tell."""
    release: ReleaseStatus | None = None
    """How far it has followed Git; absent while no rollout leads it."""
    conditions: tuple[Condition, ...] = ()
    """Ready, InSync, Reconciling, Stalled; Correcting while something is to be corrected, Released while it is led."""


INDUSTRIAL_PLC = Kind(
    name="IndustrialPLC",
    plural="industrialplcs",
    singular="industrialplc",
    short_names=("plc",),
    description="The registers of a PLC and the values that they must hold.",
    spec=IndustrialPLCSpec,
    status=IndustrialPLCStatus,
    columns=(
        Column(
            "Ready",
            "string",
            '.status.conditions[?(@.type=="Ready")].status',
            "The PLC is reached and holds what it must.",
        ),
        Column("InSync", "string", '.status.conditions[?(@.type=="InSync")].status', "It holds what it must."),
        Column("Registers", "string", ".status.registersInSync", "How many registers hold what they must."),
        Column("Target", "integer", ".spec.targetValue", "The value that Git wants, in the short form."),
        Column(
            "Actual",
            "string",
            f'.status.registers[?(@.name=="{TARGET}")].actual',
            "The value last read, in the short form: of a map a single one says nothing.",
        ),
        Column("Drifts", "integer", ".status.driftEvents", "Episodes of drift so far."),
        Column("Phase", "string", ".status.phase", "Where the PLC stands."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Endpoint", "string", ".status.endpoint", "Where the PLC is reached.", priority=1),
        Column("Template", "string", ".spec.templateRef.name", "The template that it takes its map from.", priority=1),
        Column("LastError", "string", ".status.lastError", "Why the last pass failed.", priority=1),
    ),
    annotations=(SUSPEND, APPROVE, APPROVED_BY, PERMIT),
)
