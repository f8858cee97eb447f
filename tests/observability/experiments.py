"""Chaos experiments in each situation, told to the metrics of their operator by their statuses, again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT, ChaosExperimentSpec
from fabgitops_core.api.chaos.status import (
    ChaosExperimentStatus,
    Phase,
    ProbeRecord,
    TargetRecord,
    TargetState,
    Verdict,
)
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.events import Looked
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared
from fabgitops_operator.hosting.chaosmetrics import ChaosMetrics
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.metrics import Metrics

NAMESPACE = "plant"
STEP_SECS = 0.2
SPEC = ChaosExperimentSpec.model_validate(
    {
        "scenario": {"networkDelay": {"delayMillis": 100}},
        "target": {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}},
    }
)
CYCLE = (Phase.PENDING, Phase.RUNNING, Phase.RECOVERING)
ENDS = {"good": Verdict.PASSED, "bad": Verdict.FAILED, "odd": Verdict.INCONCLUSIVE}


def stands(verdict: Verdict | None, phase: Phase, step: int) -> ChaosExperimentStatus:
    """Return how an experiment stands after so many steps: each phase once, then it begins anew."""
    now = datetime.now(UTC)
    injected = phase in {Phase.RUNNING, Phase.RECOVERING}
    over: dict[str, Any] = {"recovered_at": now, "confirmed": verdict is not Verdict.INCONCLUSIVE}
    state = TargetState.INJECTED if injected else TargetState.RECOVERED
    target = TargetRecord(name="hmi-1", uid="u", state=state, **({} if injected else over))
    probe = ProbeRecord(name="steady", passed=step, failed=step // 2, unknown=step // 4)
    times = {"started_at": now - timedelta(seconds=5), "ends_at": now + timedelta(seconds=5)}
    more: dict[str, Any] = {} if phase is Phase.PENDING else {"targets": (target,), **times}
    return ChaosExperimentStatus(phase=phase, verdict=verdict if phase.final else None, probes=(probe,), **more)


@asynccontextmanager
async def running() -> AsyncIterator[int]:
    """Let one run on, and others end with each verdict again and again; yield the port of /metrics."""
    requests = {("inject", "done"): 1, ("renew", "unknown"): 1}
    agents = {"node-1": True, "node-2": False}
    metrics = Metrics(ChaosMetrics(lambda: agents, lambda: requests))
    metrics.watch_lease("fabgitops-system/fabgitops-chaos", lambda: True)
    metrics.watch_hearing(lambda: {CHAOS_EXPERIMENT.name: True})
    keys = {name: Key(CHAOS_EXPERIMENT.name, NAMESPACE, name) for name in (*ENDS, "on")}

    def says(name: str, phase: Phase, step: int) -> None:
        event = Looked(datetime.now(UTC), Facts(None, opted_in=True))
        metrics.happened(keys[name], event, (Publish(stands(ENDS.get(name), phase, step)),))

    async def go_on() -> None:
        for key in keys.values():
            metrics.happened(key, Declared(datetime.now(UTC), 1, SPEC), ())
        for step in count():
            requests["inject", "done"] = requests["renew", "unknown"] = step
            says("on", Phase.RUNNING, step)
            for name in ENDS:
                says(name, (*CYCLE, Phase.COMPLETED)[step % 4], step)
            await asyncio.sleep(STEP_SECS)

    going = asyncio.ensure_future(go_on())
    try:
        async with serving(metrics.registry, "127.0.0.1", 0, str) as port:
            yield port
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
