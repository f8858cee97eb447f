"""What is counted of chaos experiments: how many stand where, how they ended, and what is injected just now.

What earlier processes counted is not counted: a status that is declared first says from where this one counts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT, ExperimentSpec
from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetState
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Event
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from fabgitops_operator.hosting.buckets import Buckets
from fabgitops_operator.hosting.families import by_name, in_parts

_WHOSE = ("namespace", "experiment")
EXPERIMENTS = partial(
    GaugeMetricFamily, "fabgitops_chaos_experiments", "Chaos experiments by phase.", labels=("namespace", "phase")
)
RUNS = partial(
    CounterMetricFamily,
    "fabgitops_chaos_runs",
    "Chaos experiments that ended, by scenario and verdict.",
    labels=("scenario", "verdict"),
)
ACTIVE = partial(
    GaugeMetricFamily,
    "fabgitops_chaos_active_injections",
    "What is injected, or may be, just now.",
    labels=(*_WHOSE, "scenario"),
)
ENDS = partial(
    GaugeMetricFamily,
    "fabgitops_chaos_end_timestamp_seconds",
    "When an experiment ends by itself that has something injected.",
    labels=_WHOSE,
)
UNCONFIRMED = partial(
    CounterMetricFamily,
    "fabgitops_chaos_unconfirmed_recoveries",
    "Injections of which nobody said that they ended, for 30 s.",
)
PROBES = partial(CounterMetricFamily, "fabgitops_chaos_probes", "Answers of probes by result.", labels=("result",))
AGENT_UP = partial(
    GaugeMetricFamily,
    "fabgitops_chaos_agent_up",
    "1 while the agent of a node renews its Lease, else 0; while experiments ask for agents.",
    labels=("node",),
)
AGENT_REQUESTS = partial(
    CounterMetricFamily,
    "fabgitops_chaos_agent_requests",
    "Requests to agents by operation and result.",
    labels=("operation", "result"),
)
RUN_BOUNDS = (1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 21600.0, 86400.0)
RECOVERY_BOUNDS = (0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
INVALID = "invalid"
"""The scenario of a spec that cannot be understood."""
_ACTIVE = frozenset({TargetState.INJECTING, TargetState.INJECTED})
_ANSWERS = ("passed", "failed", "unknown")


@dataclass(slots=True)
class _Row:
    """One experiment: how it stands, what it does, and since when it has been ending."""

    status: ChaosExperimentStatus
    scenario: str = INVALID
    ending_since: datetime | None = None


@dataclass(slots=True)
class _Counted:
    """What was counted so far."""

    runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    probes: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(_ANSWERS, 0)))
    unconfirmed: int = 0
    lasted: dict[str, Buckets] = field(default_factory=dict)
    recovered: Buckets = field(default_factory=lambda: Buckets(RECOVERY_BOUNDS))


class ChaosMetrics:
    """Counts what becomes of experiments, and shows it when asked.

    Args:
        agents: Of the nodes whose agents are needed now whether each is up.
        requests: How often agents were asked for an operation, by that and the result.
    """

    kinds = "chaos"

    def __init__(
        self,
        agents: Callable[[], Mapping[str, bool]] = dict,
        requests: Callable[[], Mapping[tuple[str, str], int]] = dict,
    ) -> None:
        self._agents, self._requests = agents, requests
        self._rows: dict[Key, _Row] = {}
        self._counted = _Counted()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        if key.kind != CHAOS_EXPERIMENT.name:
            return  # a schedule: what it makes is counted
        if isinstance(event, Declared):
            found = event.status if isinstance(event.status, ChaosExperimentStatus) else ChaosExperimentStatus()
            row = self._rows.setdefault(key, _Row(found))
            row.scenario = event.spec.scenario.chosen[0] if isinstance(event.spec, ExperimentSpec) else INVALID
        row_of = self._rows.get(key)
        if row_of is None:
            return  # the end of a pass over one that is gone
        for command in commands:
            if isinstance(command, Publish) and isinstance(command.status, ChaosExperimentStatus):
                self._says(row_of, command.status, event.at)

    def _says(self, row: _Row, status: ChaosExperimentStatus, at: datetime) -> None:
        before, row.status = row.status, status
        if status.phase is Phase.RECOVERING and before.phase is not Phase.RECOVERING:
            row.ending_since = at
        self._counted.unconfirmed += _unconfirmed(status) - _unconfirmed(before)
        for name in _ANSWERS:
            self._counted.probes[name] += max(_answers(status, name) - _answers(before, name), 0)
        if status.phase.final and not before.phase.final:
            self._ended(row, status, at)

    def _ended(self, row: _Row, status: ChaosExperimentStatus, at: datetime) -> None:
        self._counted.runs[row.scenario, status.verdict.value if status.verdict else "none"] += 1
        if status.started_at is not None and status.targets:
            lasted = self._counted.lasted.setdefault(row.scenario, Buckets(RUN_BOUNDS))
            lasted.observe(max((at - status.started_at).total_seconds(), 0.0))
        ends = [each.recovered_at for each in status.targets if each.recovered_at is not None]
        if row.ending_since is not None and ends:
            self._counted.recovered.observe(max((max(ends) - row.ending_since).total_seconds(), 0.0))

    def passed(self, key: Key, seconds: float) -> None:
        """Note nothing: what a pass takes is what others take to answer."""

    def forgotten(self, key: Key) -> None:
        """Drop what is known of an experiment that is gone."""
        self._rows.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        rows, counted = list(self._rows.items()), self._counted
        phases = Counter((key.namespace, row.status.phase.value) for key, row in rows)
        active = [(key, row, count) for key, row in rows if (count := _active(row.status))]
        yield from in_parts(EXPERIMENTS, [(labels, float(count)) for labels, count in sorted(phases.items())])
        yield from in_parts(RUNS, [(labels, float(count)) for labels, count in sorted(counted.runs.items())])
        yield from in_parts(
            ACTIVE, [((key.namespace, key.name, row.scenario), float(count)) for key, row, count in active]
        )
        yield from in_parts(
            ENDS,
            [
                ((key.namespace, key.name), row.status.ends_at.timestamp())
                for key, row, _ in active
                if row.status.ends_at is not None
            ],
        )
        yield UNCONFIRMED(value=counted.unconfirmed)
        yield from in_parts(PROBES, by_name(counted.probes))
        yield self._lasted()
        yield counted.recovered.family(
            "fabgitops_chaos_recovery_seconds", "Seconds from the end of an experiment until nothing of it was left."
        )
        yield from in_parts(AGENT_UP, [((node,), float(up)) for node, up in sorted(self._agents().items())])
        yield from in_parts(
            AGENT_REQUESTS, [(labels, float(count)) for labels, count in sorted(self._requests().items())]
        )

    def _lasted(self) -> Metric:
        family = HistogramMetricFamily(
            "fabgitops_chaos_run_seconds",
            "Seconds from the first injection of an experiment to its end.",
            labels=("scenario",),
        )
        for scenario, buckets in sorted(self._counted.lasted.items()):
            buckets.add(family, (scenario,))
        return family


def _active(status: ChaosExperimentStatus) -> int:
    return 0 if status.phase.final else sum(each.state in _ACTIVE for each in status.targets)


def _unconfirmed(status: ChaosExperimentStatus) -> int:
    return sum(each.confirmed is False for each in status.targets)


def _answers(status: ChaosExperimentStatus, result: str) -> int:
    return sum(getattr(each, result) for each in status.probes)
