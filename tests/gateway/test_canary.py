"""A canary through a real gateway: its share of the requests is what the steps say, and no request is lost."""

from functools import partial

import pytest
from testbed.asking import ask

from .routes import FORMS, route
from .stage import ROUTE, Stage
from .ways import CANARY, STABLE, WAIT, canary, weight
from .workload import Status, Workload

pytestmark = pytest.mark.gateway

STEPS = (weight(10), WAIT, weight(50), WAIT)
SHARES = {10: (60, 150), 50: (430, 570)}
"""Of 1,000 requests; the chance of fewer or more is below one in 10,000."""


async def is_shared(workload: Workload, share: int) -> None:
    """See that the new version has just its share, of both Services each selecting one version."""
    status = await workload.paused(share)
    answers = await workload.stage.send(1000)
    low, high = SHARES[share]
    assert low <= answers.versions["v2"] <= high
    assert answers.codes == {200: 1000}
    assert await workload.selected(STABLE) == status["stableRS"]
    assert await workload.selected(CANARY) == status["currentPodHash"] != status["stableRS"]


@pytest.mark.parametrize("form", FORMS)
async def test_canary_gets_its_share_and_loses_no_request(workload: Workload, form: str) -> None:
    """10 and 50 of 100 requests are measured, none is lost up to the old pods' end, and a user's route is as it was."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(await route(workload, form), *STEPS))
    before = await workload.stage.get("HTTPRoute", ROUTE)
    async with workload.stage.stream() as answers:
        await workload.declare("v2")
        for share in SHARES:
            await is_shared(workload, share)
            await workload.promote()
        status = await workload.completed("v2")
        assert {await workload.selected(name) for name in (STABLE, CANARY)} == {status["stableRS"]}
    assert answers.lost == 0
    assert (await workload.stage.send(200)).versions == {"v2": 200}
    after = await workload.stage.get("HTTPRoute", ROUTE)
    assert after["spec"] == before["spec"]
    assert [after["metadata"].get(each) for each in ("labels", "annotations", "ownerReferences")] == [
        before["metadata"].get(each) for each in ("labels", "annotations", "ownerReferences")
    ]


async def test_abort_loses_no_request(workload: Workload) -> None:
    """Given up at half of the requests all go back to the old version: none is lost, and no Service has dead pods."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(workload.template, weight(50), WAIT))
    async with workload.stage.stream() as answers:
        await workload.declare("v2")
        await is_shared(workload, 50)
        await workload.abort()
        status = await workload.stands("it is given up", lambda seen: seen["phase"] == "Failed" and seen["abort"])
        await workload.stage.gone(4)
        assert (status.get("weight", 0), await workload.weights()) == (0, [100, 0])
        assert {await workload.selected(name) for name in (STABLE, CANARY)} == {status["stableRS"]}
    assert answers.lost == 0
    assert set((await workload.stage.send(200)).versions) == {"v1"}
    assert "RolloutAborted" in await workload.events()


def counts(count: int, status: Status) -> bool:
    """Return whether it was counted so often that somebody else has changed what is held."""
    contention = status.get("contention")
    return bool(contention and contention["count"] == count)


async def test_who_sets_weights_is_put_right_and_then_told(workload: Workload) -> None:
    """A weight that somebody else sets is put right; after the third time people are asked, and may go on."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(workload.template, weight(20), {"pause": {"duration": "1h"}}))
    await workload.declare("v2")
    for count in (1, 2, 3):
        await workload.stands(
            f"its weight is accepted, {count - 1} times put right",
            lambda seen: seen.get("weight") == 20 and "acceptedAt" in seen["canary"]["weights"],
        )
        await workload.push(100, 0)
        await workload.stands(f"it is counted {count} times", partial(counts, count))
        await workload.stage.until(workload.has(80, 20), f"the weight is put right {count} times")
    status = await workload.paused(20)
    assert "ContendedRoute" in {each["reason"] for each in status["pauseConditions"]}
    assert "ContendedRoute" in await workload.events()


async def test_nothing_is_asked_while_nothing_changes(workload: Workload) -> None:
    """From one sign of life of the Node to the next the API server is asked nothing about a Rollout that waits."""
    await workload.services(STABLE, CANARY)
    await workload.first("v1", canary(workload.template, weight(50), WAIT))
    await workload.declare("v2")
    await workload.paused(50)
    await sign_of_life(workload.stage)
    before = await asked(workload.stage)
    assert 'resource="rollouts"' in str(before)
    await sign_of_life(workload.stage)
    assert await asked(workload.stage) == before


async def sign_of_life(stage: Stage) -> None:
    """Wait until the Node has renewed its Lease, which it does every ten seconds."""
    lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1"
    first = (await ask(stage.api, "GET", lease))["spec"]["renewTime"]

    async def renewed() -> bool:
        return bool((await ask(stage.api, "GET", lease))["spec"]["renewTime"] != first)

    await stage.until(renewed, "the Node has renewed its Lease")


LED = ("rollouts", "analysistemplates", "replicasets", "services", "httproutes", "grpcroutes", "events")


async def asked(stage: Stage) -> list[str]:
    """Return how often the API server has answered about what the operator looks after, by its own metrics."""
    async with stage.api.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    counts = [line for line in lines if line.startswith("apiserver_request_total{") and 'verb="WATCH"' not in line]
    return sorted(line for line in counts if any(f'resource="{each}"' in line for each in LED))
