"""A blue-green through a real gateway, judged by a real Prometheus: users go over at once, and lose no request."""

import pytest

from .judging import judging
from .samples import Samples
from .stage import Stage
from .watching import selections
from .workload import Workload

pytestmark = pytest.mark.gateway

ACTIVE, PREVIEW = "app-active", "app-preview"
SERVICES = {
    "activeService": ACTIVE,
    "previewService": PREVIEW,
    "scaleDownDelaySeconds": 2,
    "abortScaleDownDelaySeconds": 2,
}
LOOK = {"X-Look": "preview"}


async def routes(stage: Stage) -> None:
    """Lead users to the active Service, and who says so to the preview."""
    active, preview = ([{"name": name, "port": 80}] for name in (ACTIVE, PREVIEW))
    match = {"headers": [{"type": "Exact", "name": "X-Look", "value": "preview"}]}
    await stage.route({"matches": [match], "backendRefs": preview}, {"backendRefs": active})


async def test_users_go_over_to_what_was_judged(workload: Workload, samples: Samples) -> None:
    """A preview that is judged bad never gets users; the next one does, all at once, and no request is lost."""
    stage = workload.stage
    await workload.services(ACTIVE, PREVIEW)
    await routes(stage)
    errors = f'errors{{stage="{stage.name}"}}'
    await judging(stage, "before", errors)
    before = {"templates": [{"templateName": "before"}]}
    await workload.first("v1", {"blueGreen": {**SERVICES, "prePromotionAnalysis": before}})
    samples.say(errors, 0.5)
    async with stage.stream() as answers, selections(stage, ACTIVE) as selected:
        await workload.declare("v2")
        status = await workload.stands("it is given up", lambda seen: seen["phase"] == "Failed" and seen["abort"])
        assert [each["verdict"] for each in status["analyses"]] == ["Failed"]
        assert selected == [status["stableRS"]]
        assert set(answers.versions) == {"v1"}
        samples.say(errors, 0.01)
        await workload.declare("v3")
        status = await workload.completed("v3")
        assert selected[1:] == [status["currentPodHash"]] == [await workload.selected(PREVIEW)]
    assert answers.lost == 0
    assert set(answers.versions) == {"v1", "v3"}
    assert (await stage.send(200)).versions == {"v3": 200}


async def test_preview_is_seen_before_users_get_it(workload: Workload) -> None:
    """Who asks for the preview gets the new version while all others get the old one, until somebody promotes it."""
    stage = workload.stage
    await workload.services(ACTIVE, PREVIEW)
    await routes(stage)
    await workload.first("v1", {"blueGreen": {**SERVICES, "autoPromotionEnabled": False, "previewReplicaCount": 1}})
    await workload.declare("v2")
    await workload.stands("it waits for a promotion", lambda status: bool(status.get("pauseConditions")))
    await stage.answers("the preview is served", lambda seen: set(seen.versions) == {"v2"}, LOOK)
    assert (await stage.send(300)).versions == {"v1": 300}
    async with stage.stream() as answers, stage.stream(LOOK) as looks:
        await workload.promote("preview")
        await workload.completed("v2")
    assert answers.lost == looks.lost == 0
    assert (await stage.send(200)).versions == {"v2": 200}
