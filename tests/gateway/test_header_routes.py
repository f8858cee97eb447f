"""Who gets a new version by what their requests say, through a real gateway: those all do, and nobody else does."""

from collections.abc import Mapping
from typing import Any

import pytest

from .routes import FORMS, route
from .stage import ROUTE
from .ways import CANARY, STABLE, WAIT, canary, routing
from .workload import Workload

pytestmark = pytest.mark.gateway

BY_HEADER: dict[str, Any] = {"headers": [{"headerName": "X-Line", "headerValue": {"exact": "4"}}]}
BY_COOKIE: dict[str, Any] = {"cookie": {"name": "variant", "value": "b"}}
LINE = {"X-Line": "4"}
PREFIX = {"prefix": "be.ta"}
TESTER = {"X-User": "be.ta-7"}


async def are_apart(workload: Workload, whose: Mapping[str, str], *others: Mapping[str, str]) -> None:
    """See that all requests that match get the new version, and all others the old one."""
    assert (await workload.stage.send(1000, whose)).versions == {"v2": 1000}
    for headers in ({}, *others):
        assert (await workload.stage.send(1000, headers)).versions == {"v1": 1000}


@pytest.mark.parametrize("form", FORMS)
async def test_header_route_of_a_step(workload: Workload, form: str) -> None:
    """From its step on all requests with the header get the new version, at a weight of 0, until it is given up."""
    await workload.services(STABLE, CANARY)
    header = {"setHeaderRoute": {"name": "testers", "match": [{"headerName": "x-user", "headerValue": PREFIX}]}}
    steps = ({"setCanaryScale": {"replicas": 2}}, header, WAIT)
    await workload.first("v1", canary(await route(workload, form), *steps))
    before = await workload.stage.get("HTTPRoute", ROUTE)
    async with workload.stage.stream(TESTER) as answers:
        await workload.declare("v2")
        await workload.paused(0)
        await are_apart(workload, TESTER, {"X-User": "be-ta-7"})
        await workload.abort()
        await workload.stage.answers("all are alike again", lambda seen: set(seen.versions) == {"v1"}, TESTER)
        await workload.stage.gone(4)
    assert answers.lost == 0
    assert (await workload.stage.get("HTTPRoute", ROUTE))["spec"] == before["spec"]


@pytest.mark.parametrize(
    ("match", "whose", "other"),
    [
        (BY_HEADER, LINE, {"X-Line": "5"}),
        (BY_COOKIE, {"Cookie": "seen=1; variant=b; theme=dark"}, {"Cookie": "variant=bc; otherwise=variant=b"}),
    ],
    ids=["header", "cookie"],
)
async def test_some_users_try_a_version(
    workload: Workload, match: Mapping[str, Any], whose: Mapping[str, str], other: Mapping[str, str]
) -> None:
    """In an A/B test who matches always gets the new version and nobody else does, until it is promoted to all."""
    await workload.services(STABLE, CANARY)
    services = {"stableService": STABLE, "canaryService": CANARY, "trafficRouting": routing(workload.template)}
    await workload.first("v1", {"abTesting": {**services, "match": match, "replicas": 1}}, replicas=4)
    await workload.declare("v2")
    await workload.stands("users take part", lambda status: status["phase"] == "Experimenting")
    await workload.stage.answers("they get it", lambda seen: set(seen.versions) == {"v2"}, whose)
    await are_apart(workload, whose, other)
    async with workload.stage.stream(whose) as answers, workload.stage.stream() as others:
        await workload.promote()
        await workload.stands("it is for all", lambda status: status["phase"] == "Completed")
    assert answers.lost == others.lost == 0
    assert (await workload.stage.send(200)).versions == {"v2": 200}
