"""What is counted of chaos experiments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT, ChaosExperimentSpec
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE, ChaosScheduleStatus
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
from fabgitops_operator.hosting.metrics import Metrics
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

AT = datetime(2026, 11, 29, tzinfo=UTC)
KEY = Key(CHAOS_EXPERIMENT.name, "plant", "run")
SPEC = ChaosExperimentSpec.model_validate(
    {
        "scenario": {"podKiller": {}},
        "target": {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}},
    }
)


class Told:
    """Metrics, told what a test tells of an experiment."""

    def __init__(self, stored: ChaosExperimentStatus | None = None) -> None:
        self.metrics = Metrics(ChaosMetrics(lambda: {"node-1": True}, lambda: {("inject", "done"): 3}))
        self.metrics.happened(KEY, Declared(AT, 1, SPEC, status=stored), ())

    def stands(self, after: float = 0.0, **status: Any) -> None:
        """Let it stand so, so many seconds later."""
        event = Looked(AT + timedelta(seconds=after), Facts(None, opted_in=True))
        self.metrics.happened(KEY, event, (Publish(ChaosExperimentStatus(**status)),))

    def values(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the samples of a name by the values of their labels, in the order of their names."""
        families = text_string_to_metric_families(generate_latest(self.metrics.registry).decode())
        samples = [each for family in families for each in family.samples if each.name == name]
        return {tuple(label for _, label in sorted(each.labels.items())): each.value for each in samples}


def target(state: TargetState, recovered: float | None = None, *, confirmed: bool | None = None) -> TargetRecord:
    """Return a record."""
    at = None if recovered is None else AT + timedelta(seconds=recovered)
    return TargetRecord(name="hmi-1", uid="u", state=state, recovered_at=at, confirmed=confirmed)


@pytest.fixture
def told() -> Told:
    """Return metrics that know of an experiment."""
    return Told()


def test_a_run_is_counted(told: Told) -> None:
    """An experiment shows its phase and what is injected while it is; when it ends it counts once, with its verdict."""
    assert told.values("fabgitops_chaos_experiments") == {("plant", "Pending"): 1}
    begun = {"started_at": AT, "ends_at": AT + timedelta(seconds=60)}
    told.stands(0, phase=Phase.RUNNING, targets=(target(TargetState.INJECTING),), **begun)
    told.stands(1, phase=Phase.RUNNING, targets=(target(TargetState.INJECTED),), **begun)
    assert told.values("fabgitops_chaos_active_injections") == {("run", "plant", "podKiller"): 1}
    assert told.values("fabgitops_chaos_end_timestamp_seconds") == {("run", "plant"): AT.timestamp() + 60}
    told.stands(60, phase=Phase.RECOVERING, targets=(target(TargetState.INJECTED),), **begun)
    over = (target(TargetState.RECOVERED, 62, confirmed=True),)
    for _ in range(2):
        told.stands(64, phase=Phase.COMPLETED, verdict=Verdict.PASSED, targets=over, **begun)
    assert told.values("fabgitops_chaos_runs_total") == {("podKiller", "Passed"): 1}
    assert told.values("fabgitops_chaos_run_seconds_sum") == {("podKiller",): 64}
    assert told.values("fabgitops_chaos_recovery_seconds_sum") == {(): 2}
    assert told.values("fabgitops_chaos_active_injections") == {}
    assert told.values("fabgitops_chaos_end_timestamp_seconds") == {}
    assert told.values("fabgitops_chaos_unconfirmed_recoveries_total") == {(): 0}
    told.metrics.forgotten(KEY)
    assert told.values("fabgitops_chaos_experiments") == {}


def test_what_nobody_confirmed_is_counted(told: Told) -> None:
    """A recovery that only silence tells of counts, once, however often the status is stored."""
    for _ in range(2):
        told.stands(40, phase=Phase.FAILED, targets=(target(TargetState.RECOVERED, 30, confirmed=False),))
    assert told.values("fabgitops_chaos_unconfirmed_recoveries_total") == {(): 1}


def test_answers_of_probes_are_counted(told: Told) -> None:
    """Each answer of a probe counts by whether it held."""
    told.stands(1, phase=Phase.RUNNING, probes=(ProbeRecord(name="a", passed=2), ProbeRecord(name="b", unknown=1)))
    told.stands(
        2, phase=Phase.RUNNING, probes=(ProbeRecord(name="a", passed=2, failed=1), ProbeRecord(name="b", unknown=1))
    )
    assert told.values("fabgitops_chaos_probes_total") == {("passed",): 2, ("failed",): 1, ("unknown",): 1}


def test_what_was_before_is_not_counted() -> None:
    """What an earlier process counted counts no more, and one that did not begin has not lasted."""
    over = ChaosExperimentStatus(
        phase=Phase.COMPLETED, verdict=Verdict.PASSED, probes=(ProbeRecord(name="a", passed=9),)
    )
    told = Told(over)
    told.stands(5, phase=Phase.COMPLETED, verdict=Verdict.PASSED, probes=(ProbeRecord(name="a", passed=9),))
    assert told.values("fabgitops_chaos_runs_total") == {}
    assert told.values("fabgitops_chaos_probes_total") == {("passed",): 0, ("failed",): 0, ("unknown",): 0}
    other = Told()
    other.stands(9, phase=Phase.FAILED, verdict=Verdict.INCONCLUSIVE)
    assert other.values("fabgitops_chaos_runs_total") == {("podKiller", "Inconclusive"): 1}
    assert other.values("fabgitops_chaos_run_seconds_sum") == {}


def test_schedules_and_strangers_are_none(told: Told) -> None:
    """A schedule is no experiment, and the end of a pass over one that is gone counts nothing."""
    schedule = Key(CHAOS_SCHEDULE.name, "plant", "nightly")
    told.metrics.happened(schedule, Declared(AT, 1, None, status=ChaosScheduleStatus()), ())
    gone = Key(CHAOS_EXPERIMENT.name, "plant", "gone")
    status = ChaosExperimentStatus(phase=Phase.COMPLETED, verdict=Verdict.PASSED)
    told.metrics.happened(gone, Looked(AT, Facts(None, opted_in=True)), (Publish(status),))
    assert told.values("fabgitops_chaos_experiments") == {("plant", "Pending"): 1}
    assert told.values("fabgitops_chaos_runs_total") == {}


def test_agents_are_shown(told: Told) -> None:
    """Whether agents are up, and what they were asked, is shown."""
    assert told.values("fabgitops_chaos_agent_up") == {("node-1",): 1}
    assert told.values("fabgitops_chaos_agent_requests_total") == {("inject", "done"): 3}
