"""How a Rollout stands in the words of Argo Rollouts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.argo.telling import DEGRADED, HEALTHY, PAUSED, PROGRESSING, phase_of, told
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.rollout.status import (
    BlueGreenStatus,
    CanaryStatus,
    PauseCondition,
    Phase,
    RolloutStatus,
    Weights,
    WeightStatus,
    Why,
)
from fabgitops_core.api.schema import structural

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
WAITS = (PauseCondition(reason=Why.CANARY_STEP, start_time=AT),)


def ready(reason: str) -> tuple[Condition, ...]:
    """Return a condition Ready that says in which situation a Rollout is."""
    return (Condition(type="Ready", status=ConditionStatus.FALSE, reason=reason, last_transition_time=AT),)


def holds(status: ArgoRolloutStatus) -> dict[str, tuple[str, str]]:
    """Return status and reason of each condition."""
    return {each.type: (each.status, each.reason) for each in status.conditions}


@pytest.mark.parametrize(
    ("fields", "phase"),
    [
        ({"phase": Phase.INITIALIZING}, PROGRESSING),
        ({"phase": Phase.PROGRESSING}, PROGRESSING),
        ({"phase": Phase.PREVIEW}, PROGRESSING),
        ({"phase": Phase.PREVIEW, "pause_conditions": WAITS}, PAUSED),
        ({"phase": Phase.EXPERIMENTING}, PROGRESSING),
        ({"phase": Phase.CONCLUDED}, PAUSED),
        ({"phase": Phase.PAUSED}, PAUSED),
        ({"phase": Phase.COMPLETED}, HEALTHY),
        ({"phase": Phase.FAILED}, DEGRADED),
        ({"phase": Phase.FAILED, "pause_conditions": WAITS}, DEGRADED),
    ],
)
def test_each_phase_has_its_counterpart(fields: dict[str, Any], phase: str) -> None:
    """Argo CD and the plugin show each phase of ours as one of the four that they know."""
    assert phase_of(RolloutStatus(**fields)) == phase


@pytest.mark.parametrize(
    ("fields", "progressing"),
    [
        ({"phase": Phase.COMPLETED}, ("True", "NewReplicaSetAvailable")),
        ({"phase": Phase.PROGRESSING}, ("True", "ReplicaSetUpdated")),
        ({"phase": Phase.PAUSED}, ("Unknown", "RolloutPaused")),
        ({"phase": Phase.FAILED, "abort": True}, ("False", "RolloutAborted")),
        (
            {"phase": Phase.FAILED, "conditions": ready("ProgressDeadlineExceeded")},
            ("False", "ProgressDeadlineExceeded"),
        ),
        ({"phase": Phase.FAILED, "conditions": ready("InvalidSpec")}, ("False", "InvalidSpec")),
    ],
)
def test_older_tools_know_by_a_condition_what_failed(fields: dict[str, Any], progressing: tuple[str, str]) -> None:
    """Progressing says by its reason what tools look for that do not read the phase."""
    found = holds(told(RolloutStatus(**fields), 3, (), AT))
    assert found["Progressing"] == progressing
    assert ("InvalidSpec" in found) == (progressing[1] == "InvalidSpec")


def test_a_paused_canary_is_told_whole() -> None:
    """Hashes, step, counts, weights, analyses and the generation (a text) stand where the tools look for them."""
    weights = Weights(canary=WeightStatus(weight=20, service_name="c"), stable=WeightStatus(weight=80))
    runs = tuple(
        AnalysisStatus(wave=wave, started_at=AT, verdict=word) for wave, word in ((0, "Running"), (2, "Error"))
    )
    status = RolloutStatus(
        phase=Phase.PAUSED,
        current_pod_hash="66f5",
        stable_rs="7bd9",
        current_step_index=1,
        pause_conditions=WAITS,
        available_replicas=3,
        hpa_replicas=4,
        observed_generation=7,
        canary=CanaryStatus(weights=weights),
        analyses=runs,
    )
    found = told(status, 3, (), AT).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert found["observedGeneration"] == "7"
    assert (found["stableRS"], found["HPAReplicas"], found["controllerPause"]) == ("7bd9", 4, True)
    assert found["canary"] == {
        "weights": {
            "canary": {"weight": 20, "serviceName": "c", "podTemplateHash": ""},
            "stable": {"weight": 80, "serviceName": "", "podTemplateHash": ""},
            "verified": False,
        },
        "currentStepAnalysisRunStatus": {"name": "66f5-2", "status": "Error", "message": ""},
        "currentBackgroundAnalysisRunStatus": {"name": "66f5-0", "status": "Running", "message": ""},
    }


def test_a_blue_green_is_told_with_its_selectors() -> None:
    """The plugin marks the active and the preview revision by these, and shows both analyses."""
    runs = (AnalysisStatus(wave=1, started_at=AT, verdict="Successful"),)
    blue = BlueGreenStatus(active_selector="7bd9", preview_selector="66f5")
    found = told(RolloutStatus(blue_green=blue, analyses=runs), 1, (), AT)
    assert (found.blue_green.active_selector, found.blue_green.preview_selector) == ("7bd9", "66f5")
    assert found.blue_green.pre_promotion_analysis_run_status is not None
    assert found.canary.current_step_analysis_run_status is None


def test_conditions_keep_the_time_of_their_change() -> None:
    """A condition whose status stays says since when, and says anew when its words change."""
    before = told(RolloutStatus(phase=Phase.PROGRESSING, message="1 of 3"), 3, (), AT)
    later = AT + timedelta(minutes=1)
    same = told(RolloutStatus(phase=Phase.PROGRESSING, message="1 of 3"), 3, before.conditions, later)
    assert same == before
    other = told(RolloutStatus(phase=Phase.PROGRESSING, message="2 of 3"), 3, before.conditions, later)
    progressing = next(each for each in other.conditions if each.type == "Progressing")
    assert (progressing.last_update_time, progressing.last_transition_time) == (later, AT)


def test_flux_finds_the_conditions_that_it_knows() -> None:
    """Ready, Reconciling and Stalled of ours stand beside those of Argo Rollouts."""
    found = holds(told(RolloutStatus(conditions=ready("RolloutAborted")), 1, (), AT))
    assert found["Ready"] == ("False", "RolloutAborted")


def test_the_status_has_a_structural_schema() -> None:
    """The definition can say of every field what it is: the API server prunes none that we write."""
    schema = structural(ArgoRolloutStatus)["properties"]
    assert schema["observedGeneration"]["type"] == "string"
    assert "decisions" in schema["fabgitops"]["properties"]
