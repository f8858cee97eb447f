"""What a Rollout may say, and what is refused with which words."""

from typing import Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.refusals import sentences
from fabgitops_core.api.rollout.amounts import count_of, seconds_of
from fabgitops_core.api.rollout.rollout import ROLLOUT, RolloutSpec, containers
from pydantic import ValidationError

POD = {"metadata": {"labels": {"app": "hmi"}}, "spec": {"containers": [{"name": "hmi", "image": "hmi:1"}]}}
SPEC: dict[str, Any] = {"selector": {"matchLabels": {"app": "hmi"}}, "template": POD}
ROUTES = {"gatewayAPI": {"routes": [{"name": "hmi"}]}}
SERVICES = {"stableService": "hmi", "canaryService": "hmi-canary"}
AB = {**SERVICES, "trafficRouting": ROUTES, "match": {"cookie": {"name": "variant", "value": "b"}}}

ONE = "a step does exactly one of setWeight, pause, setCanaryScale, setHeaderRoute and analysis"
LONG = "it must be seconds, or a duration such as 1h30m, of at most 30 days"


def with_way(**strategy: Any) -> dict[str, Any]:
    """Return a spec with a strategy."""
    return {**SPEC, "strategy": strategy}


def refused(spec: dict[str, Any]) -> str:
    """Return in which words a spec is refused."""
    with pytest.raises(ValidationError) as error:
        RolloutSpec.model_validate(spec)
    return sentences(error.value)


@pytest.mark.parametrize(
    "strategy",
    [
        {"simple": {}},
        {"canary": {}},
        {"canary": {"maxSurge": 1, "maxUnavailable": "0", "steps": [{"setWeight": 20}, {"pause": {}}]}},
        {"canary": {**SERVICES, "trafficRouting": ROUTES, "steps": [{"setCanaryScale": {"replicas": 1}}]}},
        {"blueGreen": {"activeService": "hmi", "previewService": "hmi-preview"}},
        {"abTesting": AB},
    ],
)
def test_each_way_can_be_said(strategy: dict[str, Any]) -> None:
    """Every strategy is taken with as little as it needs."""
    spec = RolloutSpec.model_validate(with_way(**strategy))
    assert (spec.replicas, containers(spec)) == (1, [("hmi", "hmi:1")])


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ({}, "spec.strategy: say the way by exactly one of simple, canary, blueGreen and abTesting"),
        (
            {"canary": {}, "blueGreen": {"activeService": "a"}},
            "spec.strategy: say the way by exactly one of simple, canary, blueGreen and abTesting",
        ),
        (
            {"canary": {"maxSurge": 0, "maxUnavailable": "0%"}},
            "spec.strategy.canary.maxUnavailable is '0%': not both may be 0: no pod could be replaced",
        ),
        (
            {"canary": {"maxSurge": "a few"}},
            "spec.strategy.canary.maxSurge is 'a few': it must be a whole number from 0, or a share such as 25%",
        ),
        (
            {"canary": {"steps": [{"setWeight": 20, "pause": {}}]}},
            f"spec.strategy.canary.steps[0]: {ONE}",
        ),
        (
            {"canary": {"steps": [{"setCanaryScale": {"weight": 20}}]}},
            "spec.strategy.canary.steps[0].setCanaryScale: only with trafficRouting",
        ),
        (
            {"canary": {"steps": [{"pause": {"duration": "a day"}}]}},
            f"spec.strategy.canary.steps[0].pause.duration is 'a day': {LONG}",
        ),
        (
            {"canary": {"trafficRouting": ROUTES}},
            "spec.strategy.canary.trafficRouting: trafficRouting needs canaryService and stableService",
        ),
        (
            {"canary": {**SERVICES, "trafficRouting": ROUTES, "steps": [{"setHeaderRoute": {"name": "qa"}}]}},
            "spec.strategy.canary.steps[0].setHeaderRoute.name is 'qa': it is not in trafficRouting.managedRoutes",
        ),
        (
            {"blueGreen": {"activeService": "hmi", "previewService": "hmi"}},
            "spec.strategy.blueGreen.previewService is 'hmi': activeService and previewService must be two",
        ),
        (
            {"abTesting": {**AB, "match": {}}},
            "spec.strategy.abTesting.match: say who takes part by exactly one of headers and cookie",
        ),
    ],
)
def test_what_cannot_work_is_refused(strategy: dict[str, Any], told: str) -> None:
    """What no rollout could go by is refused, with the field, its value, the reason and the way out."""
    assert refused(with_way(**strategy)) == told


STAFF = {"name": "staff", "match": [{"headerName": "X-Line", "headerValue": {"exact": "7"}}]}
MANAGED = {"name": "staff"}
JUDGED = {"analysis": {"templates": [{"templateName": "checks"}]}}
NO_POD = "the new version has no pod at this step, so that it would prove nothing"
SOME = f"{NO_POD}: put a setWeight above 0 before it"
ROUNDED = (
    "of maxTrafficWeight 10 this is less than 1, so the new version gets no request, and the analysis after it would"
    " prove nothing: say at least 10, or a greater maxTrafficWeight"
)
OF_NOTHING: list[tuple[list[dict[str, Any]], dict[str, Any] | None, str]] = [
    ([JUDGED], None, f"steps[0].analysis: {SOME}"),
    ([{"setWeight": 0}, JUDGED], None, f"steps[1].analysis: {SOME}"),
    ([{"setWeight": 30}, {"setWeight": 0}, JUDGED], None, f"steps[2].analysis: {SOME}"),
    ([JUDGED], {}, f"steps[0].analysis: {SOME}, or a setCanaryScale for a version without requests"),
    (
        [{"setCanaryScale": {"replicas": 0}}, {"setWeight": 50}, JUDGED],
        {},
        f"steps[2].analysis: {NO_POD}: let the setCanaryScale before it ask for some",
    ),
    (
        [{"setWeight": 50}, {"setCanaryScale": {"weight": 0}}, JUDGED],
        {},
        f"steps[2].analysis: {NO_POD}: let the setCanaryScale before it ask for some",
    ),
    (
        [{"setHeaderRoute": STAFF}, {"setHeaderRoute": {"name": "staff"}}, JUDGED],
        {},
        f"steps[2].analysis: {SOME}, or a setCanaryScale for a version without requests",
    ),
    (
        [{"setWeight": 5}, {"pause": {}}, JUDGED],
        {"maxTrafficWeight": 10},
        f"steps[0].setWeight is 5: {ROUNDED}",
    ),
]
OF_SOMETHING: list[tuple[list[dict[str, Any]], dict[str, Any] | None]] = [
    ([{"setWeight": 1}, JUDGED], None),
    ([{"setWeight": 0}, {"pause": {}}, {"setWeight": 1}, {"pause": {}}, JUDGED], None),
    ([{"setCanaryScale": {"replicas": 1}}, JUDGED], {}),
    (
        [
            {"setCanaryScale": {"replicas": 0}},
            {"setWeight": 9},
            {"setCanaryScale": {"matchTrafficWeight": True}},
            JUDGED,
        ],
        {},
    ),
    ([{"setHeaderRoute": STAFF}, JUDGED], {}),
    ([{"setWeight": 5}, {"setHeaderRoute": STAFF}, JUDGED], {"maxTrafficWeight": 10}),
    ([{"setWeight": 10}, JUDGED], {"maxTrafficWeight": 10}),
    ([{"setWeight": 5}, {"pause": {}}], {"maxTrafficWeight": 10}),
]


def stepped(steps: list[dict[str, Any]], routing: dict[str, Any] | None) -> dict[str, Any]:
    """Return the spec of a canary with steps, with routes or without."""
    more = {} if routing is None else {**SERVICES, "trafficRouting": {**ROUTES, "managedRoutes": [MANAGED], **routing}}
    return with_way(canary={"steps": steps, **more})


@pytest.mark.parametrize(("steps", "routing", "told"), OF_NOTHING)
def test_an_analysis_that_has_nothing_to_judge_is_refused(
    steps: list[dict[str, Any]], routing: dict[str, Any] | None, told: str
) -> None:
    """A step whose analysis could never see the new version would pass whatever that is like: it is refused."""
    assert refused(stepped(steps, routing)) == f"spec.strategy.canary.{told}"


@pytest.mark.parametrize(("steps", "routing"), OF_SOMETHING)
def test_an_analysis_that_has_something_to_judge_is_taken(
    steps: list[dict[str, Any]], routing: dict[str, Any] | None
) -> None:
    """Pods are enough, with whatever weight; and who judges nothing may round a share away."""
    assert RolloutSpec.model_validate(stepped(steps, routing)).strategy.canary is not None


def test_pods_that_nobody_selects_are_refused() -> None:
    """A template whose labels the selector does not select would make pods without end."""
    spec = {**with_way(simple={}), "selector": {"matchLabels": {"app": "other"}}}
    assert refused(spec) == (
        "spec.template.metadata.labels: spec.selector does not select the pods that it makes: give them its labels"
    )


def test_a_deadline_that_no_pod_could_meet_is_refused() -> None:
    """A pod counts as available after minReadySeconds, so the deadline must be longer."""
    spec = {**with_way(simple={}), "minReadySeconds": 60, "progressDeadlineSeconds": 60}
    assert refused(spec) == (
        "spec.progressDeadlineSeconds is 60: it must be longer than minReadySeconds, or no pod could ever be in time"
    )


@pytest.mark.parametrize(
    ("raw", "seconds"), [(30, 30), ("30", 30), ("1h30m", 5400), ("1m30s", 90), ("500ms", 0.5), ("", None), ("1d", None)]
)
def test_durations(raw: object, seconds: float | None) -> None:
    """A duration is seconds, or hours, minutes and seconds as Go writes them."""
    assert seconds_of(raw) == seconds


@pytest.mark.parametrize(("amount", "up", "down"), [(3, 3, 3), ("25%", 3, 2), ("25", 3, 2), ("0%", 0, 0)])
def test_amounts(amount: int | str, up: int, down: int) -> None:
    """A share of ten pods is rounded as it is said, with or without its sign."""
    assert (count_of(amount, 10, up=True), count_of(amount, 10, up=False)) == (up, down)


def test_nothing_of_a_template_is_pruned() -> None:
    """The API server keeps a template as it is, whatever of Kubernetes stands in it."""
    spec = definition(ROLLOUT)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert spec["properties"]["template"]["x-kubernetes-preserve-unknown-fields"] is True
