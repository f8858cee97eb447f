"""An operator that is killed at each stage of a canary: the next goes on, no request is lost, nothing is told twice."""

import pytest

from ..integration.planes import until  # noqa: TID252 - tests have no package
from ..integration.racks.listener import Listener  # noqa: TID252 - tests have no package
from .operating import Delivery
from .ways import CANARY, STABLE, canary, weight
from .workload import Status, Workload

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(240)]

ENDED = "Completed"


def stage_of(status: Status) -> tuple[object, ...]:
    """Return what tells a stage of a canary from the next."""
    return status["phase"], status.get("currentStepIndex"), status["stableRS"]


def told(bus: Listener, workload: Workload, what: str) -> int:
    """Return how many events of a kind were heard, each counted once."""
    return len([each for each in bus.types(workload.partition) if each.startswith(f"dev.cdevents.pipelinerun.{what}")])


async def test_killed_at_each_stage_it_ends_as_it_would_have(
    workload: Workload, delivery: Delivery, bus: Listener
) -> None:
    """SIGKILL at each stage that a canary is seen in: it is completed, with one start and one end of each version."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(workload.template, weight(25), {"pause": {"duration": 1}}, weight(50)))
    seen: list[tuple[object, ...]] = []
    async with workload.stage.stream() as answers:
        await workload.declare("v2")
        while ENDED not in {phase for phase, *_ in seen}:
            status = await workload.stands("there is another stage", lambda found: stage_of(found) not in seen)
            delivery.kill()
            seen.append(stage_of(status))
            delivery.start()
        status = await workload.completed("v2")
    assert len(seen) >= 4, "it was killed at several stages"
    assert answers.lost == 0
    assert (await workload.stage.send(200)).versions == {"v2": 200}
    assert status["stableRS"] == status["currentPodHash"]
    until(lambda: told(bus, workload, "finished") >= 2, "the bus has been told")
    assert [told(bus, workload, what) for what in ("started", "finished")] == [2, 2]
