"""ChaosExperiment: one run, which says all beforehand, and which only `abort` changes."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.chaos.marks import CHAOS
from fabgitops_core.api.chaos.probes import MAX_PROBES, Probe
from fabgitops_core.api.chaos.scenarios import Scenario
from fabgitops_core.api.chaos.status import ChaosExperimentStatus
from fabgitops_core.api.chaos.target import Target, TargetKind
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, Rule, rules

MAX_DURATION_SECS = 86400

_TARGET = Rule(
    "has(self.target) != has(self.scenario.apiLatency)",
    "apiLatency is about the operator itself and takes no target; everything else takes one",
    field=".target",
)
_PODS = Rule(
    "!has(self.target) || self.target.kind == 'pods'"
    " || !(has(self.scenario.podKiller) || has(self.scenario.cpuStress))",
    "podKiller and cpuStress take pods",
    field=".target.kind",
)
_PLCS = Rule(
    "!has(self.target) || self.target.kind == 'plcs' || !(has(self.scenario.plcFault) || has(self.scenario.plcDrift))",
    "plcFault and plcDrift take plcs",
    field=".target.kind",
)
_TO = Rule(
    "!has(self.target) || self.target.kind == 'pods' || !has(self.scenario.networkDelay)"
    " || !has(self.scenario.networkDelay.to) || size(self.scenario.networkDelay.to) == 0",
    "with plcs for targets these are where packets go: leave to out",
    field=".scenario.networkDelay.to",
)


@rules(_TARGET, _PODS, _PLCS, _TO)
class ExperimentSpec(ApiModel):
    """What is done to what, for how long, and what must hold."""

    scenario: Scenario
    """What is done."""
    target: Target | None = None
    """To what it is done; apiLatency takes none."""
    duration_secs: Annotated[int, Field(ge=1, le=MAX_DURATION_SECS, strict=True)] = 60
    """Seconds that it lasts, counted from the first injection; 60 when not given."""
    start_deadline_secs: Annotated[int, Field(ge=1, le=MAX_DURATION_SECS, strict=True)] = 300
    """Seconds after it was made within which it must have begun, or it has failed; 300 when not given."""
    probes: Annotated[tuple[Probe, ...], Field(max_length=MAX_PROBES, json_schema_extra=KEYED_BY_NAME)] = ()
    """What must hold."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse(type(self).__name__, [*self._misplaced(), *self._doubled()])
        return self

    def _misplaced(self) -> Iterator[Problem]:
        scenario, target = self.scenario, self.target
        if (target is None) != (scenario.api_latency is not None):
            yield Problem(("target",), {}, _TARGET.message)
        if target is None:
            return
        if target.kind is not TargetKind.PODS and (scenario.pod_killer or scenario.cpu_stress):
            yield Problem(("target", "kind"), target.kind.value, _PODS.message)
        if target.kind is not TargetKind.PLCS and (scenario.plc_fault or scenario.plc_drift):
            yield Problem(("target", "kind"), target.kind.value, _PLCS.message)
        if target.kind is TargetKind.PLCS and scenario.network_delay and scenario.network_delay.to:
            yield Problem(("scenario", "networkDelay", "to"), {}, _TO.message)

    def _doubled(self) -> Iterator[Problem]:
        names = [probe.name for probe in self.probes]
        for place, name in enumerate(names):
            if name in names[:place]:
                yield Problem(("probes", place, "name"), name, "another probe has this name")


class ChaosExperimentSpec(ExperimentSpec):
    """One run: it cannot be changed, only ended."""

    abort: StrictBool = False
    """Whether it is to end now; nothing takes that back."""


def _stays(field: str) -> str:
    now, then = f"self.spec.{field}", f"oldSelf.spec.{field}"
    return f"has({now}) == has({then}) && (!has({now}) || {now} == {then})"


_IMMUTABLE = tuple(
    Rule(
        _stays(field),
        f"{field} cannot be changed, an experiment is one run: make another, or end this one by abort: true",
        field=f".spec.{field}",
    )
    for field in ("scenario", "target", "durationSecs", "startDeadlineSecs", "probes")
)
_OVER = Rule(
    "!has(oldSelf.spec.abort) || !oldSelf.spec.abort || (has(self.spec.abort) && self.spec.abort)",
    "an experiment that was ended does not go on: make another",
    field=".spec.abort",
)

CHAOS_EXPERIMENT = Kind(
    name="ChaosExperiment",
    plural="chaosexperiments",
    singular="chaosexperiment",
    short_names=("chaos",),
    description="One chaos experiment: what is done to what, for how long, what must hold, and what it showed.",
    spec=ChaosExperimentSpec,
    status=ChaosExperimentStatus,
    rules=(*_IMMUTABLE, _OVER),
    finalizer=CHAOS,
    columns=(
        Column("Phase", "string", ".status.phase", "Where it stands."),
        Column("Verdict", "string", ".status.verdict", "What it showed."),
        Column("Targets", "string", ".status.selected", "How many of what its selector matches."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Reason", "string", ".status.reason", "Why it stands there.", priority=1),
        Column("Message", "string", ".status.message", "The same as a sentence.", priority=1),
    ),
)
