"""What is shown of rollouts of workloads: how each stands, what it decided and measured, and what a pass took.

All but the passes is in their statuses, which the engine keeps anyway.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial

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
from fabgitops_operator.hosting.families import Sample, by_name, in_parts
from fabgitops_operator.hosting.rolloutmetrics import LABELS, RolloutMetrics, of

PHASE = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_phase",
    "1 for the phase that a rollout of a workload is in.",
    labels=(*LABELS, "phase"),
)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_ready",
    "1 while the condition Ready of a rollout is True, else 0, by the reason that it has.",
    labels=(*LABELS, "reason"),
)
WEIGHT = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_weight",
    "The share of requests, or of pods, that each side has, of a hundred.",
    labels=(*LABELS, "side"),
)
REPLICAS = partial(
    GaugeMetricFamily,
    "fabgitops_workload_rollout_replicas",
    "Pods of a rollout by how they stand; total is all of them.",
    labels=(*LABELS, "state"),
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
    labels=LABELS,
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
        self._rollouts: RolloutMetrics[RolloutStatus] = RolloutMetrics()
        self._results: dict[Key, str] = {}
        self._passes: Counter[str] = Counter()
        self._seconds = Buckets()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done; what earlier processes counted is not counted."""
        if key.kind not in _KINDS:
            return
        if isinstance(event, Declared) and event.rival:
            self.forgotten(key)
            return  # it is another controller's
        if key not in self._rollouts.rows:
            if not isinstance(event, Declared | Faulted):
                return  # the end of a pass over one that is gone
            self._rollouts.rows[key] = _stands(event.status if isinstance(event, Declared) else event.said)
        if isinstance(event, Surveyed):
            self._results[key] = "ok"
        elif isinstance(event, ApplyFailed | DraftFailed | PatchFailed | DeleteFailed):
            self._results[key] = event.failure.kind.name.lower()
        for command in commands:
            if isinstance(command, Publish):
                self._rollouts.take(key, _stands(command.status))

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass has ended, and how long it took."""
        if key in self._rollouts.rows:
            self._passes[self._results.get(key, "ok")] += 1
            self._seconds.observe(seconds)

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a rollout that is gone."""
        self._rollouts.rows.pop(key, None)
        self._results.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        yield from self._rollouts.standing(PHASE, READY)
        rows = list(self._rollouts.rows.items())
        yield from in_parts(WEIGHT, (sample for key, each in rows for sample in _weights(key, each)))
        yield from in_parts(REPLICAS, (sample for key, each in rows for sample in _replicas(key, each)))
        yield from in_parts(CONTENDED, [(of(key), _contended(each)) for key, each in rows])
        yield from self._rollouts.told(DECISIONS)
        yield from in_parts(PASSES, by_name(self._passes))
        yield self._seconds.family(
            "fabgitops_workload_rollout_pass_seconds", "Seconds that one pass over a rollout of a workload took."
        )


def _stands(status: ApiModel | None) -> RolloutStatus:
    """Return a status as ours: one of Argo Rollouts has it in a field."""
    if isinstance(status, ArgoRolloutStatus):
        status = status.fabgitops
    return status if isinstance(status, RolloutStatus) else RolloutStatus()


def _weights(key: Key, status: RolloutStatus) -> Iterator[Sample]:
    """Yield what each side has; where all is of one version that is the stable side."""
    new = 0 if status.stable_rs == status.current_pod_hash else min(status.weight, 100)
    yield (*of(key), "canary"), float(new)
    yield (*of(key), "stable"), float(100 - new)


def _replicas(key: Key, status: RolloutStatus) -> Iterator[Sample]:
    for state, field in STATES.items():
        yield (*of(key), state), float(getattr(status, field))


def _contended(status: RolloutStatus) -> float:
    return float(status.contention.count if status.contention else 0)
