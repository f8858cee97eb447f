"""What is shown of rollouts of set-points."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.analysis.status import MAX_MEASUREMENTS, AnalysisStatus, Measurement, MetricStatus
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import (
    Decision,
    Members,
    Pending,
    Phase,
    SetpointRolloutStatus,
)
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, Mustered
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

AT = datetime(2026, 11, 29, tzinfo=UTC)
KEY = Key(SETPOINT_ROLLOUT.name, "plant", "mixers")
WHOSE = {"namespace": "plant", "rollout": "mixers"}


class Told:
    """Metrics, told what a test tells of a rollout."""

    def __init__(self) -> None:
        self.metrics = Metrics()

    def declared(self, status: SetpointRolloutStatus | None = None) -> None:
        """Let the rollout be declared, as an earlier process left it."""
        self.metrics.happened(KEY, Declared(AT, 1, None, status=status), ())

    def stands(self, **status: Any) -> None:
        """Let it stand so after something has happened."""
        self.metrics.happened(KEY, Mustered(AT, {}), (Publish(SetpointRolloutStatus(**status)),))

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
    told = Told()
    told.declared()
    return told


def decision(rule: str, second: int) -> Decision:
    """Return a decision."""
    at = AT + timedelta(seconds=second)
    return Decision(at=at, stage=Phase.RELEASING, input="all proven", rule=rule, outcome="it bakes")


def analysis(*verdicts: str, wave: int = 0, metric: str = "m/rate") -> AnalysisStatus:
    """Return an analysis with a metric that was measured so."""
    measured = [
        Measurement(at=AT + timedelta(seconds=second), verdict=verdict) for second, verdict in enumerate(verdicts)
    ]
    kept = MetricStatus(name=metric, verdict="Running", measurements=tuple(measured[-MAX_MEASUREMENTS:]))
    return AnalysisStatus(wave=wave, started_at=AT, verdict="Running", metrics=(kept,))


def test_a_rollout_shows_how_it_stands(told: Told) -> None:
    """Its phase has one series, which goes with the phase; wave, PLCs by state and what waits are numbers."""
    assert told.values("fabgitops_setpoint_rollout_phase") == {("Watching",): 1}
    pending = Pending(id="1", type="started", at=AT)
    told.stands(phase=Phase.BAKING, wave=2, members=Members(total=250, released=25, proven=24), outbox=(pending,))
    assert told.values("fabgitops_setpoint_rollout_phase") == {("Baking",): 1}
    assert told.values("fabgitops_setpoint_wave") == {(): 2}
    members = told.values("fabgitops_setpoint_members")
    assert (members[("total",)], members[("released",)], members[("proven",)], members[("failed",)]) == (250, 25, 24, 0)
    assert told.values("fabgitops_outbox_pending") == {(): 1}


def test_it_says_whether_it_is_ready_and_why_not(told: Told) -> None:
    """It is 1 while its condition Ready is true, else 0, with the reason; Pending before that is known."""
    assert told.values("fabgitops_setpoint_rollout_ready") == {("Pending",): 0}
    for reason, status in (("Overlap", ConditionStatus.FALSE), ("Done", ConditionStatus.TRUE)):
        ready = Condition(type="Ready", status=status, reason=reason, message="", last_transition_time=AT)
        told.stands(conditions=(ready,))
        assert told.values("fabgitops_setpoint_rollout_ready") == {(reason,): status is ConditionStatus.TRUE}


def test_decisions_are_counted_once_by_their_rule(told: Told) -> None:
    """Each is counted when it is made, also where the list has lost its first ones; a status without news adds none."""
    made = [decision("WaveDone" if number % 2 else "WaveProven", number) for number in range(60)]
    for known in (2, 2, 10, 60):
        told.stands(decisions=tuple(made[:known][-50:]))
    assert told.values("fabgitops_setpoint_decisions_total") == {("WaveProven",): 30, ("WaveDone",): 30}


def test_measurements_are_counted_once_by_their_verdict(told: Told) -> None:
    """Each measurement of each metric counts, also of another wave, and when the oldest is not kept any more."""
    verdicts = ["Successful"] * 11 + ["Failed"] * 3
    for known in (1, 9, 14):
        told.stands(analyses=(analysis(*verdicts[:known]),))
    told.stands(analyses=(analysis(*verdicts), analysis("NoData", "NoData", wave=1)))
    counted = told.values("fabgitops_analysis_measurements_total")
    assert counted == {("Successful",): 11, ("Failed",): 3, ("NoData",): 2}


def test_what_an_earlier_process_decided_is_not_counted() -> None:
    """Counters count what this process has seen: of the stored status only what comes after it."""
    told, old = Told(), decision("WaveDone", 1)
    told.declared(SetpointRolloutStatus(decisions=(old,), analyses=(analysis("Failed"),)))
    told.stands(decisions=(old, decision("Aborted", 2)), analyses=(analysis("Failed", "Successful"),))
    assert told.values("fabgitops_setpoint_decisions_total") == {("Aborted",): 1}
    assert told.values("fabgitops_analysis_measurements_total") == {("Successful",): 1}


def test_series_go_with_the_rollout(told: Told) -> None:
    """A rollout that is gone has no series, and what ends after it does not bring them back."""
    told.stands(decisions=(decision("WaveDone", 1),))
    told.metrics.forgotten(KEY)
    told.stands(phase=Phase.DONE)
    assert told.values("fabgitops_setpoint_rollout_phase") == told.values("fabgitops_setpoint_members") == {}
    assert told.values("fabgitops_setpoint_decisions_total") == {("WaveDone",): 1}


def test_held_plcs_are_counted_by_why(told: Told) -> None:
    """A PLC counts while Git wants something else than it may hold, by the reason of its condition Released."""

    def stands(name: str, released: str, reason: str) -> None:
        release = ReleaseStatus(wanted="1f", released=released, reason=reason)
        status = IndustrialPLCStatus(release=release)
        key = Key(INDUSTRIAL_PLC.name, "plant", name)
        told.metrics.happened(key, Declared(AT, 1, None, status=status), ())

    stands("mixer-1", "2e", "HeldByRollout")
    stands("mixer-2", "2e", "HeldByRollout")
    stands("mixer-3", "2e", "RolloutGone")
    stands("mixer-4", "1f", "Released")
    assert told.values("fabgitops_unreleased_plcs") == {("HeldByRollout",): 2, ("RolloutGone",): 1}


def test_the_operator_of_racks_says_nothing_of_rollouts() -> None:
    """It looks after none."""
    assert "fabgitops_setpoint" not in generate_latest(Metrics(RackMetrics()).registry).decode()
