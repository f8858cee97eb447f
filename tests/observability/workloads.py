"""Rollouts of workloads in each situation, told to the metrics of their operator by their statuses, again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count

from fabgitops_core.api.analysis.status import MAX_MEASUREMENTS, AnalysisStatus, Measurement, MetricStatus
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.api.rollout.status import MAX_DECISIONS, Contention, Decision, Pending, Phase, RolloutStatus
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, Surveyed
from fabgitops_operator.bus.address import BusKind
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.standing import Standing
from fabgitops_operator.hosting.deliverymetrics import DeliveryMetrics
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.metrics import Metrics

NAMESPACE = "plant"
STEP_SECS = 0.2
NOW = datetime.now(UTC)
STANDS = {
    "hmi": (Phase.PROGRESSING, "Progressing"),
    "planner": (Phase.PAUSED, "Paused"),
    "historian": (Phase.FAILED, "RolloutAborted"),
    "recipes": (Phase.FAILED, "ProgressDeadlineExceeded"),
}


def stands(name: str, step: int) -> RolloutStatus:
    """Return how a rollout stands after so many steps: it decides and measures in each, and is contended."""
    phase, reason = STANDS[name]
    ready = Condition(type="Ready", status=ConditionStatus.FALSE, reason=reason, message="", last_transition_time=NOW)
    decided = [
        Decision(at=NOW, stage=phase, step=each, input="", rule="StepDone", outcome="")
        for each in range(max(0, step - MAX_DECISIONS), step)
    ]
    measured = tuple(
        Measurement(at=NOW, value=str(each), verdict="Successful")
        for each in range(max(0, step - MAX_MEASUREMENTS), step)
    )
    metric = MetricStatus(name="errors/rate", verdict="Running", measurements=measured)
    return RolloutStatus(
        phase=phase,
        current_pod_hash="2",
        stable_rs="1",
        weight=25,
        replicas=5,
        updated_replicas=1,
        ready_replicas=5,
        available_replicas=4,
        contention=Contention(since=NOW, count=step),
        decisions=tuple(decided),
        analyses=(AnalysisStatus(started_at=NOW, verdict="Running", metrics=(metric,)),),
        outbox=(Pending(id="1", type="started", at=NOW),),
        conditions=(ready,),
    )


@asynccontextmanager
async def running() -> AsyncIterator[int]:
    """Let one rollout be under way, one paused, one given up, and one make no progress; yield the port of /metrics."""
    metrics = Metrics(DeliveryMetrics())
    metrics.watch_lease("fabgitops-system/fabgitops-delivery", lambda: True)
    metrics.watch_hearing(lambda: {ROLLOUT.name: True})
    metrics.registry.register(BusMetrics(lambda: Standing(BusKind.MEMORY)))
    keys = {name: Key(ROLLOUT.name, NAMESPACE, name) for name in STANDS}
    for key in keys.values():
        metrics.happened(key, Declared(NOW, 1, None), ())

    async def go_on() -> None:
        for step in count():
            for name, key in keys.items():
                metrics.happened(key, Surveyed(NOW, {}), (Publish(stands(name, step)),))
                metrics.passed(key, 0.01)
            await asyncio.sleep(STEP_SECS)

    going = asyncio.ensure_future(go_on())
    try:
        async with serving(metrics.registry, "127.0.0.1", 0, str) as port:
            yield port
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
