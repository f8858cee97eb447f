"""What is done to a target: one scenario, as an object with one field."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.chaos.choosing import check_one, exactly_one
from fabgitops_core.api.chaos.network import ApiLatency, NetworkDelay
from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import PRINTABLE, Rule, on_field, rules, unstored
from fabgitops_core.api.values import Something

MAX_PARAMETERS = 32
MAX_GRACE_SECS = 3600
CONTROL_PORT = 5503
"""Where mock-plc has its control API."""


_NO_GRACE = Rule(
    "!has(self.gracePeriodSecs) || !has(self.force) || !self.force",
    "force gives no grace: leave gracePeriodSecs out, or force",
    field=".gracePeriodSecs",
)


@rules(_NO_GRACE)
@unstored
class PodKiller(ApiModel):
    """Pods are evicted, once each, as a drain of their node would do it: a PodDisruptionBudget has the last word."""

    force: StrictBool = False
    """Whether pods are deleted without grace instead, past every budget: then a container may run on for a moment."""
    grace_period_secs: Annotated[int, Field(ge=1, le=MAX_GRACE_SECS, strict=True)] | None = None
    """Seconds that a pod has to end in; its own terminationGracePeriodSeconds when not given."""

    @model_validator(mode="after")
    def _has_one_grace(self) -> Self:
        if self.force and self.grace_period_secs is not None:
            refuse("PodKiller", [Problem(("gracePeriodSecs",), self.grace_period_secs, _NO_GRACE.message)])
        return self


@unstored
class CpuStress(ApiModel):
    """Something burns CPU in the target's own cgroup, within the limit that the target has."""

    load_percent: Annotated[int, Field(ge=1, le=100, strict=True)] = 100
    """How much of a core each worker asks for, in percent; 100 when not given. On a busy node it gets less."""
    workers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """How many processes burn; 1 when not given."""
    container: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None = (
        None
    )
    """In which container of the pod; the first when not given."""


_SCHEDULED = r"(^|,) *(first|after|every|for|executes) *="
_NO_TIMES = Rule(
    f"!self.matches(r'{_SCHEDULED}')",
    "the experiment says when it begins and ends: leave first, after, every, for and executes out",
)


@unstored
class PlcFault(ApiModel):
    """A mock PLC fails as its own fault injection can; a real one has none, and is refused by name (NotAMock)."""

    fault: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[a-z][a-z-]*(:[A-Za-z0-9.-]+)?(, *[a-z]+=[A-Za-z0-9.-]+)*$",
            json_schema_extra=on_field(_NO_TIMES),
        ),
    ]
    """How it fails, as mock-plc writes faults: frozen, delay:200ms, exception:busy,on=write."""
    control_port: Annotated[int, Field(ge=1, le=65535, strict=True)] = CONTROL_PORT
    """Port of its control API, at the address of the PLC itself; 5503 when not given, as mock-plc has it."""
    token_secret: ObjectName | None = None
    """Secret of the PLC's namespace whose key token opens the control API; none when not given."""

    @model_validator(mode="after")
    def _says_no_times(self) -> Self:
        keys = {part.partition("=")[0].strip() for part in self.fault.split(",")[1:]}
        if keys & {"first", "after", "every", "for", "executes"}:
            refuse("PlcFault", [Problem(("fault",), self.fault, _NO_TIMES.message)])
        return self


@unstored
class PlcDrift(ApiModel):
    """A register of a mock PLC is set to another value, once, without a lease; it is put back unless corrected."""

    register_name: Annotated[str, Field(alias="register", min_length=1, max_length=63, json_schema_extra=PRINTABLE)]
    """Name of the register as the mock has it, and `GET /v1/registers` tells; the IndustrialPLC may have another."""
    value: Something
    """What it is set to, as the mock itself says it, by its own type and scale."""
    control_port: Annotated[int, Field(ge=1, le=65535, strict=True)] = CONTROL_PORT
    """Port of its control API, at the address of the PLC itself; 5503 when not given, as mock-plc has it."""
    token_secret: ObjectName | None = None
    """Secret of the PLC's namespace whose key token opens the control API; none when not given."""


ParameterName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z][A-Za-z0-9]*$")]


@unstored
class Extension(ApiModel):
    """A scenario that an installed package brings."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z][A-Za-z0-9]*$")]
    """Its name, as `fabgitops-operator scenarios` lists it where the operator is."""
    parameters: Annotated[Mapping[ParameterName, Something], Field(max_length=MAX_PARAMETERS, default_factory=dict)]
    """What it is given; which there are the package says."""


SCENARIOS = ("pod_killer", "cpu_stress", "network_delay", "plc_fault", "plc_drift", "api_latency", "extension")
_ONE = exactly_one(
    SCENARIOS,
    "say what is done by exactly one of podKiller, cpuStress, networkDelay, plcFault, plcDrift, apiLatency and"
    " extension",
)


@rules(_ONE)
class Scenario(ApiModel):
    """What is done to each target: one of these."""

    pod_killer: PodKiller | None = None
    """Pods are evicted, or deleted."""
    cpu_stress: CpuStress | None = None
    """Pods have less CPU than they are used to."""
    network_delay: NetworkDelay | None = None
    """Packets from pods, or from the operator to PLCs, are late or lost."""
    plc_fault: PlcFault | None = None
    """Mock PLCs fail."""
    plc_drift: PlcDrift | None = None
    """Mock PLCs hold something else than was wanted."""
    api_latency: ApiLatency | None = None
    """The operator of PLCs reaches the API server late."""
    extension: Extension | None = None
    """A scenario of an installed package."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        check_one(self, SCENARIOS, _ONE.message)
        return self

    @property
    def chosen(self) -> tuple[str, ApiModel]:
        """Return the name of what is done, as a user writes it, and its parameters."""
        field = next(each for each in SCENARIOS if getattr(self, each) is not None)
        return type(self).model_fields[field].alias or field, getattr(self, field)
