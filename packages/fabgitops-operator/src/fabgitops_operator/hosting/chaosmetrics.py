"""What is counted of chaos experiments: how many stand where, how they ended, and what is injected just now."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetState
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Event
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.families import by_name, in_parts

EXPERIMENTS = partial(
    GaugeMetricFamily, "fabgitops_chaos_experiments", "Chaos experiments by phase.", labels=("namespace", "phase")
)
RUNS = partial(
    CounterMetricFamily, "fabgitops_chaos_runs", "Chaos experiments that ended, by verdict.", labels=("verdict",)
)
ACTIVE = partial(
    GaugeMetricFamily,
    "fabgitops_chaos_active_injections",
    "What is injected, or may be, just now.",
    labels=("namespace", "experiment"),
)
UNCONFIRMED = partial(
    CounterMetricFamily,
    "fabgitops_chaos_unconfirmed_recoveries",
    "Injections of which only silence says that they are over.",
)
FINAL = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.ABORTED})
_ACTIVE = frozenset({TargetState.INJECTING, TargetState.INJECTED})


class ChaosMetrics:
    """Counts what becomes of experiments, and shows it when asked."""

    kinds = "chaos"

    def __init__(self) -> None:
        self._rows: dict[Key, ChaosExperimentStatus] = {}
        self._runs: Counter[str] = Counter()
        self._unconfirmed = 0

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        if key.kind != CHAOS_EXPERIMENT.name:
            return  # a schedule: what it makes is counted
        if isinstance(event, Declared) and key not in self._rows:
            found = event.status
            self._rows[key] = found if isinstance(found, ChaosExperimentStatus) else ChaosExperimentStatus()
        for command in commands:
            if isinstance(command, Publish) and isinstance(command.status, ChaosExperimentStatus):
                self._says(key, command.status)

    def _says(self, key: Key, status: ChaosExperimentStatus) -> None:
        before = self._rows.get(key)
        if before is None:
            return  # the end of a pass over one that is gone
        self._rows[key] = status
        if status.phase in FINAL and before.phase not in FINAL:
            self._runs[status.verdict.value if status.verdict else "none"] += 1
        self._unconfirmed += _unconfirmed(status) - _unconfirmed(before)

    def passed(self, key: Key, seconds: float) -> None:
        """Note nothing: what a pass takes is what others take to answer."""

    def forgotten(self, key: Key) -> None:
        """Drop what is known of an experiment that is gone."""
        self._rows.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        phases = Counter((key.namespace, status.phase.value) for key, status in self._rows.items())
        active = [((key.namespace, key.name), float(_active(status))) for key, status in self._rows.items()]
        yield from in_parts(EXPERIMENTS, [(labels, float(count)) for labels, count in sorted(phases.items())])
        yield from in_parts(RUNS, by_name(self._runs))
        yield from in_parts(ACTIVE, [each for each in active if each[1]])
        yield UNCONFIRMED(value=self._unconfirmed)


def _active(status: ChaosExperimentStatus) -> int:
    return sum(each.state in _ACTIVE for each in status.targets)


def _unconfirmed(status: ChaosExperimentStatus) -> int:
    return sum(each.confirmed is False for each in status.targets)
