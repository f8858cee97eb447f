"""Versions that are no good go back by themselves, and what happened is told: to people, in Events, and to the bus."""

import pytest

from ..integration.planes import until  # noqa: TID252 - tests have no package
from ..integration.racks.listener import Listener  # noqa: TID252 - tests have no package
from .judging import judging
from .samples import Samples
from .ways import CANARY, STABLE, WAIT, canary, weight
from .workload import Workload

pytestmark = pytest.mark.gateway

END = ["testsuiterun.finished", "incident.detected", "service.rolledback", "pipelinerun.finished"]


def told(bus: Listener, workload: Workload) -> list[str]:
    """Return what events about the Rollout say has happened, in their order."""
    return [".".join(each.split(".")[2:4]) for each in bus.types(workload.partition)]


async def test_pods_that_are_never_ready_get_no_request(workload: Workload) -> None:
    """Past its deadline a version whose pods are never ready is told as failed, and has got no request."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(workload.template, weight(50)), progressDeadlineSeconds=3)
    async with workload.stage.stream() as answers:
        await workload.declare("v2", marks={"ready": "never"})
        status = await workload.stands("it is told", lambda seen: seen["phase"] == "Failed")
    assert set(answers.versions) == {"v1"}
    assert answers.lost == 0
    assert "no progress for 3 s" in status["message"]
    assert "ProgressDeadlineExceeded" in await workload.events()


async def test_version_that_is_judged_bad_goes_back(workload: Workload, samples: Samples, bus: Listener) -> None:
    """A canary that begins to fail while it waits is given up by itself, and decisions, Events and CDEvents say why."""
    stage, errors = workload.stage, f'errors{{stage="{workload.stage.name}"}}'
    await workload.services(STABLE, CANARY)
    await judging(stage, "errors", errors, interval="1s")
    samples.say(errors, 0.01)
    analysis = {"templates": [{"templateName": "errors"}]}
    await workload.first("v1", canary(workload.template, weight(20), WAIT, analysis=analysis))
    async with stage.stream() as answers:
        await workload.declare("v2")
        await workload.paused(20)
        samples.say(errors, 0.5)
        status = await workload.stands("it is given up", lambda seen: seen["phase"] == "Failed" and seen["abort"])
        await stage.gone(4)
    assert answers.lost == 0
    assert set((await stage.send(200)).versions) == {"v1"}
    assert [each["rule"] for each in status["decisions"]][-2:] == ["AnalysisFailed", "Routing"]
    assert "errors: it failed once: failureCondition holds: result[0] > 0.05" in status["cause"]
    assert {"AnalysisRunFailed", "RolloutAborted"} <= set(await workload.events())
    until(lambda: told(bus, workload)[-1] == "pipelinerun.finished", "the bus was told of the end")
    assert told(bus, workload)[-4:] == END
    assert status["cause"] in str(bus.heard(workload.partition)[-1])
