"""What is shown of rollouts of workloads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.analysis.status import AnalysisStatus, Measurement, MetricStatus
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.telling import told as as_argo
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.api.rollout.status import Contention, Decision, Phase, RolloutStatus
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, PatchFailed, Surveyed
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_operator.hosting.deliverymetrics import DeliveryMetrics
from fabgitops_operator.hosting.metrics import Metrics
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

AT = datetime(2026, 11, 29, tzinfo=UTC)
KEY = Key(ROLLOUT.name, "plant", "hmi")
WHOSE = {"namespace": "plant", "rollout": "hmi"}
LOOK = Surveyed(AT, {}, {})


class Told:
    """Metrics, told what a test tells of a rollout."""

    def __init__(self, stored: RolloutStatus | None = None) -> None:
        self.metrics = Metrics(DeliveryMetrics())
        self.metrics.happened(KEY, Declared(AT, 1, None, status=stored), ())

    def stands(self, **status: Any) -> None:
        """Let it stand so after a look."""
        self.metrics.happened(KEY, LOOK, (Publish(RolloutStatus(**status)),))

    def values(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the samples of a name by the values of their labels, without namespace and rollout."""
        text = generate_latest(self.metrics.registry).decode()
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name:
                    assert {each: sample.labels.pop(each, WHOSE[each]) for each in WHOSE} == WHOSE
                    found[tuple(sample.labels.values())] = sample.value
        return found


@pytest.fixture
def told() -> Told:
    """Return metrics that know of a rollout."""
    return Told()


def decision(rule: str, second: int) -> Decision:
    """Return a decision."""
    at = AT + timedelta(seconds=second)
    return Decision(at=at, stage=Phase.PROGRESSING, input="a pause is over", rule=rule, outcome="step 2 begins")


def analysis(*verdicts: str) -> AnalysisStatus:
    """Return an analysis with a metric that was measured so."""
    measured = tuple(
        Measurement(at=AT + timedelta(seconds=each), verdict=verdicts[each]) for each in range(len(verdicts))
    )
    return AnalysisStatus(
        started_at=AT,
        verdict="Running",
        metrics=(MetricStatus(name="m/rate", verdict="Running", measurements=measured),),
    )


def test_a_rollout_shows_how_it_stands(told: Told) -> None:
    """Its phase has one series, which goes with the phase; weights add up to a hundred, and pods are told by state."""
    assert told.values("fabgitops_workload_rollout_phase") == {("Initializing",): 1}
    told.stands(
        phase=Phase.PAUSED,
        current_pod_hash="2",
        stable_rs="1",
        weight=25,
        replicas=5,
        updated_replicas=1,
        ready_replicas=5,
        available_replicas=4,
    )
    assert told.values("fabgitops_workload_rollout_phase") == {("Paused",): 1}
    assert told.values("fabgitops_workload_rollout_weight") == {("canary",): 25, ("stable",): 75}
    pods = told.values("fabgitops_workload_rollout_replicas")
    assert pods == {("total",): 5, ("updated",): 1, ("ready",): 5, ("available",): 4}


def test_what_is_promoted_has_no_canary(told: Told) -> None:
    """Where all is of one version its share is that of the stable side."""
    told.stands(current_pod_hash="2", stable_rs="2", weight=100)
    assert told.values("fabgitops_workload_rollout_weight") == {("canary",): 0, ("stable",): 100}


def test_it_says_whether_it_is_ready_and_why_not(told: Told) -> None:
    """It is 1 while its condition Ready is true, else 0, with the reason; Pending before that is known."""
    assert told.values("fabgitops_workload_rollout_ready") == {("Pending",): 0}
    for reason, status in (("RolloutAborted", ConditionStatus.FALSE), ("Completed", ConditionStatus.TRUE)):
        ready = Condition(type="Ready", status=status, reason=reason, message="", last_transition_time=AT)
        told.stands(conditions=(ready,))
        assert told.values("fabgitops_workload_rollout_ready") == {(reason,): status is ConditionStatus.TRUE}


def test_decisions_and_measurements_are_counted_once() -> None:
    """Each counts when it is made, also where a list has lost its first ones; what earlier processes made does not."""
    made = [decision("StepDone" if number % 2 else "PauseOver", number) for number in range(60)]
    told = Told(RolloutStatus(decisions=(made[0],), analyses=(analysis("Failed"),)))
    for known in (2, 2, 10, 60):
        told.stands(decisions=tuple(made[:known][-50:]), analyses=(analysis("Failed", "Successful"),))
    assert told.values("fabgitops_workload_rollout_decisions_total") == {("StepDone",): 30, ("PauseOver",): 29}
    assert told.values("fabgitops_analysis_measurements_total") == {("Successful",): 1}


def test_passes_are_counted_by_what_came_of_them(told: Told) -> None:
    """A pass that ends as somebody else changed an object first is told from one that did what it should."""
    told.metrics.happened(KEY, LOOK, ())
    told.metrics.passed(KEY, 0.25)
    told.metrics.happened(KEY, LOOK, ())
    told.metrics.happened(KEY, PatchFailed(AT, KEY, ObjectFailure(ObjectFailureKind.CHANGED, "it has changed")), ())
    told.metrics.passed(KEY, 0.5)
    assert told.values("fabgitops_workload_rollout_passes_total") == {("ok",): 1, ("changed",): 1}
    assert told.values("fabgitops_workload_rollout_pass_seconds_sum") == {(): 0.75}


def test_a_route_that_others_set_is_counted(told: Told) -> None:
    """How often somebody else set what a rollout holds is a number of its own, 0 while nobody did."""
    assert told.values("fabgitops_workload_rollout_contended") == {(): 0}
    told.stands(contention=Contention(since=AT, count=3))
    assert told.values("fabgitops_workload_rollout_contended") == {(): 3}


def test_series_go_with_the_rollout(told: Told) -> None:
    """A rollout that is gone has no series, and what ends after it does not bring them back."""
    told.stands(decisions=(decision("StepDone", 1),))
    told.metrics.forgotten(KEY)
    told.stands(phase=Phase.COMPLETED)
    told.metrics.passed(KEY, 1.0)
    assert told.values("fabgitops_workload_rollout_phase") == told.values("fabgitops_workload_rollout_replicas") == {}
    assert told.values("fabgitops_workload_rollout_passes_total") == {}
    assert told.values("fabgitops_workload_rollout_decisions_total") == {("StepDone",): 1}


def test_the_operator_of_workloads_says_nothing_of_others(told: Told) -> None:
    """It looks after no PLC, no rack and no fleet, and says which kinds it looks after."""
    text = generate_latest(told.metrics.registry).decode()
    assert 'kinds="delivery"' in text
    assert not [each for each in ("managed_plcs", "fabgitops_rack", "fabgitops_setpoint") if each in text]


def test_a_rollout_of_argo_rollouts_is_shown_like_one_of_ours() -> None:
    """What such a Rollout says of itself in the words of Argo Rollouts is read off as ours would be."""
    told = Told()
    key = Key(ARGO_ROLLOUT.name, "plant", "hmi")
    told.metrics = Metrics(DeliveryMetrics())
    told.metrics.happened(key, Declared(AT, 1, None), ())
    status = RolloutStatus(phase=Phase.PAUSED, decisions=(decision("StepDone", 1),))
    told.metrics.happened(key, LOOK, (Publish(as_argo(status, 1, (), AT)),))
    assert told.values("fabgitops_workload_rollout_phase") == {("Paused",): 1.0}
    assert told.values("fabgitops_workload_rollout_decisions_total") == {("StepDone",): 1.0}
    told.metrics.happened(key, Declared(AT, 1, None, rival="rollouts-controller"), ())
    assert told.values("fabgitops_workload_rollout_phase") == {}
