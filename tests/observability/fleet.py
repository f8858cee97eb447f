"""Rollouts of set-points in each situation, told to the operator's metrics by their statuses, again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count

from fabgitops_core.api.analysis.status import MAX_MEASUREMENTS, AnalysisStatus, Measurement, MetricStatus
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import (
    MAX_DECISIONS,
    Decision,
    Members,
    Pending,
    Phase,
    SetpointRolloutStatus,
)
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, Mustered
from fabgitops_operator.hosting.metrics import Metrics

NAMESPACE = "plant"
STEP_SECS = 0.2
NOW = datetime.now(UTC)
PHASES = {"mixers": Phase.RELEASING, "ovens": Phase.PAUSED, "presses": Phase.ABORTED, "pumps": Phase.PLANNING}
RUNNING = MetricStatus(name="heat/rate", verdict="Running")
ANALYSIS = AnalysisStatus(started_at=NOW, verdict="Running", metrics=(RUNNING,))


def stands(name: str, step: int) -> SetpointRolloutStatus:
    """Return how a rollout stands after so many steps: it decides and measures something in each."""
    phase = PHASES[name]
    reason = "Overlap" if phase is Phase.PLANNING else phase.value
    ready = Condition(type="Ready", status=ConditionStatus.FALSE, reason=reason, message="", last_transition_time=NOW)
    decided = [
        Decision(at=NOW, stage=phase, wave=each, input="", rule="WaveProven", outcome="")
        for each in range(max(0, step - MAX_DECISIONS), step)
    ]
    measured = [
        Measurement(at=NOW, value=str(each), verdict="Successful" if each % 2 else "NoData")
        for each in range(max(0, step - MAX_MEASUREMENTS), step)
    ]
    analysis = ANALYSIS.model_copy(update={"metrics": (RUNNING.model_copy(update={"measurements": tuple(measured)}),)})
    return SetpointRolloutStatus(
        phase=phase,
        wave=2,
        members=Members(total=20, released=10, proven=8, held=10, failed=1, unreachable=1),
        decisions=tuple(decided),
        analyses=(analysis,),
        outbox=(Pending(id="1", type="progressed", at=NOW),),
        conditions=(ready,),
    )


@asynccontextmanager
async def rolling(metrics: Metrics) -> AsyncIterator[None]:
    """Let one rollout be under way, one paused, one given up, one select what another does, and one be gone."""
    held = IndustrialPLCStatus(release=ReleaseStatus(wanted="1f", released="2e", reason="RolloutGone"))
    metrics.happened(Key(INDUSTRIAL_PLC.name, NAMESPACE, "held"), Declared(NOW, 1, None, status=held), ())
    keys = {name: Key(SETPOINT_ROLLOUT.name, NAMESPACE, name) for name in PHASES}
    for key in keys.values():
        metrics.happened(key, Declared(NOW, 1, None), ())

    async def go_on() -> None:
        for step in count():
            for name, key in keys.items():
                metrics.happened(key, Mustered(NOW, {}), (Publish(stands(name, step)),))
            await asyncio.sleep(STEP_SECS)

    going = asyncio.ensure_future(go_on())
    try:
        yield
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
