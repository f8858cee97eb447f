"""What an experiment is going to do: its spec, with the scenario that it names."""

from dataclasses import dataclass, replace
from typing import Any

from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.probes import Probe, When
from fabgitops_core.api.chaos.status import TargetRecord, TargetState
from fabgitops_core.control.chaos.deeds import Deed, MockSet, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.registry import Registry, resolved
from fabgitops_core.control.chaos.scenarios.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Plan:
    """A spec that is valid, in the namespace of its targets."""

    spec: ChaosExperimentSpec
    namespace: str
    scenario: Scenario[Any]
    given: Any

    @property
    def leased(self) -> bool:
        """Return whether what it injects lasts, and is renewed."""
        return not self.scenario.one_shot

    def ended(self) -> "Plan":
        """Return it as somebody ended it."""
        return replace(self, spec=self.spec.model_copy(update={"abort": True}))

    def spot(self, record: TargetRecord) -> Spot:
        """Return where something is done, by its record."""
        target = self.spec.target
        return replace(spot(self.namespace, record), kind=target.kind if target else None)

    def deed(self, record: TargetRecord) -> Deed:
        """Return what is done to a target."""
        return self.scenario.execute(self.given, self.spot(record))

    def undoing(self, record: TargetRecord) -> Deed | None:
        """Return what undoes it; None where nothing can, or need."""
        deed = self.scenario.cleanup(self.given, self.spot(record))
        answered = record.state is not TargetState.INJECTING
        return replace(deed, answered=answered) if isinstance(deed, MockSet) else deed

    def probes(self, when: When) -> tuple[Probe, ...]:
        """Return the probes of a time."""
        return tuple(each for each in self.spec.probes if when in each.when)


def spot(namespace: str, record: TargetRecord) -> Spot:
    """Return where something is done, by its record."""
    uid, node, name = TargetUid(record.uid), NodeName(record.node), InjectionId(record.id)
    return Spot(namespace, record.name, uid, node, name, record.before)


def planned(spec: ChaosExperimentSpec, own_namespace: str, known: Registry) -> Plan:
    """Return what a spec is going to do.

    Raises:
        ValueError: It names an extension that is not there, or gives it what it does not take.
    """
    scenario, given = resolved(spec.scenario, known)
    target = spec.target
    if target is not None and target.kind not in scenario.targets:
        kinds = ", ".join(sorted(scenario.targets)) or "nothing"
        raise ValueError(f"spec.target.kind is {target.kind.value!r}: {scenario.name} takes {kinds}")
    return Plan(spec, (target.namespace if target else None) or own_namespace, scenario, given)
