"""What patches of a status mean that the kubectl plugin of Argo Rollouts, and the actions of Argo CD, make."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.argo.commands import NOTHING, Wanted, kept_in, read
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.argo.telling import told
from fabgitops_core.api.rollout.status import BlueGreenStatus, PauseCondition, RolloutStatus, Why

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
UNDER_WAY = RolloutStatus(current_pod_hash="66f5", stable_rs="7bd9", current_step_index=1)
PAUSED = UNDER_WAY.model_copy(update={"pause_conditions": (PauseCondition(reason=Why.CANARY_STEP, start_time=AT),)})
PREVIEWED = PAUSED.model_copy(update={"current_step_index": None})
ACTIVE = PREVIEWED.model_copy(update={"blue_green": BlueGreenStatus(active_selector="66f5")})
ABORTED = UNDER_WAY.model_copy(update={"abort": True, "aborted_at": AT, "current_step_index": 0})


def patched(said: RolloutStatus, patch: dict[str, Any]) -> ArgoRolloutStatus:
    """Return a status as it is read after a merge patch of the stored one."""
    stored = told(said, 3, (), AT).model_dump(mode="json", by_alias=True, exclude_none=True)
    return ArgoRolloutStatus.model_validate({key: each for key, each in (stored | patch).items() if each is not None})


@pytest.mark.parametrize(
    ("said", "patch", "wanted"),
    [
        (PAUSED, {"pauseConditions": None}, Wanted(promote="66f5/1")),
        (PAUSED, {"pauseConditions": []}, Wanted(promote="66f5/1")),
        (
            PAUSED,
            {"pauseConditions": None, "controllerPause": False, "currentStepIndex": 2},
            Wanted(promote="66f5/1"),
        ),
        (UNDER_WAY, {"pauseConditions": None, "currentStepIndex": 2}, Wanted(promote="66f5/1/skip")),
        (UNDER_WAY, {"currentStepIndex": 5}, Wanted(promote="66f5/full")),
        (PREVIEWED, {"pauseConditions": None}, Wanted(promote="66f5/preview")),
        (ACTIVE, {"pauseConditions": None}, Wanted(promote="66f5/active")),
        (UNDER_WAY, {"promoteFull": True}, Wanted(promote="66f5/full")),
        (ABORTED, {"promoteFull": True}, Wanted(promote="66f5/full")),
        (UNDER_WAY, {"abort": True}, Wanted(abort="66f5")),
        (PAUSED, {"abort": True, "pauseConditions": None, "promoteFull": True}, Wanted(abort="66f5")),
        (ABORTED, {"abort": False}, Wanted(retry="66f5/2026-03-04T05:06:07Z")),
        (ABORTED, {"abort": None}, Wanted(retry="66f5/2026-03-04T05:06:07Z")),
        (UNDER_WAY, {"currentStepIndex": 0}, NOTHING),
        (UNDER_WAY, {"currentStepIndex": None}, NOTHING),
        (UNDER_WAY, {"pauseConditions": None}, NOTHING),
        (PAUSED, {"controllerPause": False}, NOTHING),
        (ABORTED, {"message": "by hand"}, NOTHING),
        (RolloutStatus(), {"abort": True}, NOTHING),
    ],
)
def test_a_patch_of_a_status_is_a_word(said: RolloutStatus, patch: dict[str, Any], wanted: Wanted) -> None:
    """Promote, promote in full, abort and retry of the tools are heard; whatever else is patched says nothing."""
    assert read(patched(said, patch)) == (said, wanted)


@pytest.mark.parametrize("said", [UNDER_WAY, PAUSED, PREVIEWED, ABORTED, RolloutStatus()])
def test_what_was_said_comes_back_whole(said: RolloutStatus) -> None:
    """All that the operator goes on from is there again after a restart, and a status of ours is no command."""
    assert read(patched(said, {})) == (said, NOTHING)


def test_a_status_of_argo_rollouts_is_gone_on_from() -> None:
    """A Rollout that Argo Rollouts looked after goes on where it was: at its step, paused, with its proven revision."""
    found = ArgoRolloutStatus.model_validate(
        {
            "phase": "Paused",
            "observedGeneration": "4",
            "currentPodHash": "66f5",
            "stableRS": "7bd9",
            "currentStepIndex": 1,
            "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-03-04T05:06:07Z"}],
            "controllerPause": True,
            "canary": {"weights": {"canary": {"weight": 5}, "stable": {"weight": 95}, "additional": []}},
            "conditions": [
                {
                    "type": "Paused",
                    "status": "True",
                    "reason": "RolloutPaused",
                    "message": "",
                    "lastUpdateTime": "2026-03-04T05:06:07Z",
                    "lastTransitionTime": "2026-03-04T05:06:07Z",
                }
            ],
        }
    )
    assert read(found) == (PAUSED.model_copy(update={"controller_pause": True}), NOTHING)


def test_what_argo_rollouts_has_done_since_counts() -> None:
    """One that went back to Argo Rollouts for a while goes on where that left it, not where we did, and by no word."""
    status = {"currentPodHash": "8c4d", "stableRS": "8c4d", "currentStepIndex": 4, "pauseConditions": None}
    found, wanted = read(patched(PAUSED, status))
    assert (found.current_pod_hash, found.stable_rs, found.pause_conditions) == ("8c4d", "8c4d", ())
    assert wanted == NOTHING


def test_weights_and_selectors_of_argo_rollouts_are_gone_on_from() -> None:
    """What its routes and Services say is known from its status, so nothing of that is set anew."""
    weights = {
        "canary": {"weight": 5, "serviceName": "hmi-canary", "podTemplateHash": "66f5"},
        "stable": {"weight": 95, "serviceName": "hmi", "podTemplateHash": "7bd9"},
        "verified": True,
    }
    blue_green = {"activeSelector": "7bd9", "previewSelector": "66f5", "scaleUpPreviewCheckPoint": True}
    found = ArgoRolloutStatus.model_validate({"canary": {"weights": weights}, "blueGreen": blue_green})
    status, _ = read(found)
    assert status.canary.weights is not None
    assert (status.canary.weights.canary.weight, status.canary.weights.stable.pod_template_hash) == (5, "7bd9")
    known = status.blue_green
    assert (known.active_selector, known.preview_selector) == ("7bd9", "66f5")
    assert known.scale_up_preview_check_point


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (UNDER_WAY, NOTHING),
        (UNDER_WAY, Wanted(abort="66f5")),
        (PAUSED, Wanted(promote="66f5/1")),
        (UNDER_WAY, Wanted(promote="66f5/1/skip")),
        (PREVIEWED, Wanted(promote="66f5/preview")),
        (UNDER_WAY, Wanted(promote="66f5/full")),
        (ABORTED, Wanted(retry="66f5/2026-03-04T05:06:07Z")),
    ],
)
def test_a_word_that_is_not_heard_yet_still_stands(said: RolloutStatus, wanted: Wanted) -> None:
    """A status that is written before somebody's word was heard says it again to whoever reads it next."""
    assert read(kept_in(told(said, 3, (), AT), wanted)) == (said, wanted)
