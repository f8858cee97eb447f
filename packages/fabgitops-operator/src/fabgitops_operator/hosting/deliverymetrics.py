"""What is shown of rollouts of workloads: how each stands, what it decided and measured, and what a pass took.

All but the passes is in their statuses, which the engine keeps anyway.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from fabgitops_core.api.analysis.status import Measurement
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import (
    ApplyFailed,
    Declared,
    DeleteFailed,
    DraftFailed,
    Event,
    Faulted,
    PatchFailed,
    Surveyed,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.buckets import Buckets
from fabgitops_operator.hosting.families import Sample, by_name, in_parts, readiness
from fabgitops_operator.hosting.setpointmetrics import MEASUREMENTS, PENDING, added

_WORKLOAD = ("namespace", "rollout")

PHASE = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_phase",
    "1 for the phase that a rollout of a workload is in.",
    labels=(*_WORKLOAD, "phase"),
)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_ready",
    "1 while the condition Ready of a rollout is True, else 0, by the reason that it has.",
    labels=(*_WORKLOAD, "reason"),
)
WEIGHT = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_weight",
    "The share of requests, or of pods, that each side has, of a hundred.",
    labels=(*_WORKLOAD, "side"),
)
REPLICAS = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_replicas",
    "Pods of a rollout by how they stand; total is all of them.",
    labels=(*_WORKLOAD, "state"),
)
DECISIONS = partial(
    CounterMetricFamily,
    "fabgitops_workload_rollout_decisions",
    "Decisions of rollouts of workloads by their rule.",
    labels=("rule",),
)
CONTENDED = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_contended",
    "How often somebody else set a weight or a selector that a rollout holds, as it is counted now.",
    labels=_WORKLOAD,
)
PASSES = partial(
    CounterMetricFamily, "fabgitops_workload_rollout_passes", "Passes over rollouts by result.", labels=("result",)
)
STATES = {
    "total": "replicas",
    "updated": "updated_replicas",
    "ready": "ready_replicas",
    "available": "available_replicas",
}


_KINDS = {ROLLOUT.name, ARGO_ROLLOUT.name}


class DeliveryMetrics:
    """Counts what rollouts of workloads decide and measure, and shows how they stand when asked.

    Args:
        kinds: Which family they are of.
    """

    def __init__(self, kinds: str = "delivery") -> None:
        self.kinds = kinds
        self._rows: dict[Key, RolloutStatus] = {}
        self._results: dict[Key, str] = {}
        self._passes: Counter[str] = Counter()
        self._seconds = Buckets()
        self._decisions: Counter[str] = Counter()
        self._measurements: Counter[str] = Counter()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done; what earlier processes counted is not counted."""
        if key.kind not in _KINDS:
            return
        if isinstance(event, Declared) and event.rival:
            self.forgotten(key)
            return  # it is another controller's
        if key not in self._rows:
            if not isinstance(event, Declared | Faulted):
                return  # the end of a pass over one that is gone
            self._rows[key] = _stands(event.status if isinstance(event, Declared) else event.said)
        if isinstance(event, Surveyed):
            self._results[key] = "ok"
        elif isinstance(event, ApplyFailed | DraftFailed | PatchFailed | DeleteFailed):
            self._results[key] = event.failure.kind.name.lower()
        for command in commands:
            if isinstance(command, Publish):
                self._take(key, _stands(command.status))

    def _take(self, key: Key, status: RolloutStatus) -> None:
        before, self._rows[key] = self._rows[key], status
        if status.decisions != before.decisions:
            self._decisions.update(each.rule for each in added(before.decisions, status.decisions))
        if status.analyses != before.analyses:
            known = _measured(before)
            for metric, measurements in _measured(status).items():
                self._measurements.update(each.verdict for each in added(known.get(metric, ()), measurements))

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass has ended, and how long it took."""
        if key in self._rows:
            self._passes[self._results.get(key, "ok")] += 1
            self._seconds.observe(seconds)

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a rollout that is gone."""
        self._rows.pop(key, None)
        self._results.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        rows = list(self._rows.items())
        yield from in_parts(PHASE, [((*_of(key), each.phase.value), 1.0) for key, each in rows])
        yield from in_parts(READY, [readiness(key, each.conditions) for key, each in rows])
        yield from in_parts(WEIGHT, (sample for key, each in rows for sample in _weights(key, each)))
        yield from in_parts(REPLICAS, (sample for key, each in rows for sample in _replicas(key, each)))
        yield from in_parts(CONTENDED, [(_of(key), _contended(each)) for key, each in rows])
        yield from in_parts(DECISIONS, by_name(self._decisions))
        yield from in_parts(MEASUREMENTS, by_name(self._measurements))
        yield from in_parts(PENDING, [(_of(key), float(len(each.outbox))) for key, each in rows])
        yield from in_parts(PASSES, by_name(self._passes))
        yield self._seconds.family(
            "fabgitops_workload_rollout_pass_seconds", "Seconds that one pass over a rollout of a workload took."
        )


def _stands(status: ApiModel | None) -> RolloutStatus:
    """Return a status as ours: one of Argo Rollouts has it in a field."""
    if isinstance(status, ArgoRolloutStatus):
        status = status.fabgitops
    return status if isinstance(status, RolloutStatus) else RolloutStatus()


def _measured(status: RolloutStatus) -> dict[tuple[int, str, str], tuple[Measurement, ...]]:
    return {
        (analysis.wave, str(analysis.started_at), metric.name): metric.measurements
        for analysis in status.analyses
        for metric in analysis.metrics
    }


def _of(key: Key) -> tuple[str, str]:
    return key.namespace, key.name


def _weights(key: Key, status: RolloutStatus) -> Iterator[Sample]:
    """Yield what each side has; where all is of one version that is the stable side."""
    new = 0 if status.stable_rs == status.current_pod_hash else min(status.weight, 100)
    yield (*_of(key), "canary"), float(new)
    yield (*_of(key), "stable"), float(100 - new)


def _replicas(key: Key, status: RolloutStatus) -> Iterator[Sample]:
    for state, field in STATES.items():
        yield (*_of(key), state), float(getattr(status, field))


def _contended(status: RolloutStatus) -> float:
    return float(status.contention.count if status.contention else 0)
