"""What requests see of a canary by routes: each goes to the version that it is to go to, and none is lost."""

from typing import Any

import pytest
from fabgitops_core.api.rollout.status import Phase
from testbed.traffic import Answers

from .leading import Leading
from .stage import PORT, Stage

pytestmark = pytest.mark.gateway

BETA = {"setHeaderRoute": {"name": "beta", "match": [{"headerName": "x-user", "headerValue": {"prefix": "be.ta"}}]}}
TESTER = {"X-User": "be.ta-7"}


async def services(stage: Stage) -> None:
    """Make the two Services of a user, which select all pods."""
    for name in ("app", "app-canary"):
        ports = [{"port": 80, "targetPort": PORT, "protocol": "TCP"}]
        await stage.apply("Service", name, {"selector": {"app": "app"}, "ports": ports})


def spec(stage: Stage, route: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a Rollout of four pods."""
    routing: dict[str, Any] = {
        "gatewayAPI": {"routes": [route], "propagationSeconds": 1},
        "managedRoutes": [{"name": "beta"}],
    }
    canary = {
        "stableService": "app",
        "canaryService": "app-canary",
        "trafficRouting": routing,
        "scaleDownDelaySeconds": 2,
        "abortScaleDownDelaySeconds": 2,
        "steps": list(steps),
    }
    selector = {"matchLabels": {"app": "app"}}
    return {"replicas": 4, "selector": selector, "template": template(stage, "v1"), "strategy": {"canary": canary}}


def template(stage: Stage, version: str) -> dict[str, Any]:
    """Return the pods of a version."""
    found = stage.template(version)
    return {"metadata": {"labels": {"app": "app"}}, "spec": found["spec"]}


def only(version: str) -> Any:
    """Return whether all requests are answered by a version."""

    def so(seen: Answers) -> bool:
        return seen.lost == 0 and set(seen.versions) == {version}

    return so


async def test_a_canary_by_a_route_of_its_own_loses_no_request(stage: Stage) -> None:
    """From the first step until the old pods are gone each request is answered, and at rest nothing is written."""
    await services(stage)
    own = {"template": {"parentRefs": [stage.parent], "hostnames": [stage.host]}}
    leading = Leading(stage, spec(stage, own, BETA, {"setWeight": 50}, {"pause": {}}))
    await leading.begin()
    await leading.until(lambda status: status.phase is Phase.COMPLETED, "the first version is out")
    await stage.answers("the first version is served", only("v1"))
    async with stage.stream() as answers:
        leading.declare(template=template(stage, "v2"))
        await leading.until(lambda status: status.phase is Phase.PAUSED, "the canary has its half")
        half = await stage.send(400)
        assert 150 <= half.versions["v2"] <= 250  # the chance of less or more is below one in 100,000
        assert set((await stage.send(100, TESTER)).versions) == {"v2"}
        at_rest = len(leading.done)
        for _ in range(5):
            await leading.look()
        assert len(leading.done) == at_rest
        leading.promote()
        await leading.until(lambda status: status.phase is Phase.COMPLETED, "the second version is out")
        await stage.answers("the second version is served", only("v2"))
        await leading.until(lambda status: status.replicas == 4, "the old pods are gone")
        await stage.gone(4)
    assert answers.codes == {200: answers.total}


async def test_an_abort_by_a_route_of_the_users_loses_no_request(stage: Stage) -> None:
    """All goes back to the proven version; of the user's route nothing is left changed but two weights."""
    await services(stage)
    backends = [{"name": "app", "port": 80}, {"name": "app-canary", "port": 80}]
    header = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "x-by", "value": "app"}]}}
    await stage.route({"backendRefs": backends, "filters": [header]})
    before = (await stage.get("HTTPRoute", "app"))["spec"]
    leading = Leading(stage, spec(stage, {"name": "app"}, BETA, {"setWeight": 25}, {"pause": {}}))
    await leading.begin()
    await leading.until(lambda status: status.phase is Phase.COMPLETED, "the first version is out")
    await stage.answers("the first version is served", only("v1"))
    async with stage.stream() as answers:
        leading.declare(template=template(stage, "v2"))
        await leading.until(lambda status: status.phase is Phase.PAUSED, "the canary has its share")
        assert set((await stage.send(100, TESTER)).versions) == {"v2"}
        leading.abort()
        await leading.until(lambda status: status.replicas == 4, "the pods of the canary are gone")
        await stage.answers("the first version is served", only("v1"))
        await stage.answers("testers have it, too", only("v1"), TESTER)
        await stage.gone(4)
    assert answers.codes == {200: answers.total}
    after = (await stage.get("HTTPRoute", "app"))["spec"]
    weights = {each["name"]: each.pop("weight") for each in after["rules"][0]["backendRefs"]}
    for each in before["rules"][0]["backendRefs"]:
        del each["weight"]
    assert (weights, after) == ({"app": 100, "app-canary": 0}, before)
