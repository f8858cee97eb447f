"""What of a Rollout of Argo Rollouts is taken as it is, and what is refused in which words."""

from typing import Any

import pytest
from fabgitops_core.api.argo.reading import UNKNOWN
from fabgitops_core.api.argo.rollout import taken

from .manifests import HASHES, METADATA, PLUGIN, SERVICES, SPEC, canary, refused, refused_canary, routed

STEPS = [
    {"setCanaryScale": {"replicas": 1}},
    {"setHeaderRoute": {"name": "qa", "match": [{"headerName": "X-QA", "headerValue": {"exact": "1"}}]}},
    {"setWeight": 20},
    {"pause": {"duration": "1h"}},
    {"analysis": {"templates": [{"templateName": "errors"}], "args": [{"name": "limit", "value": "0.05"}]}},
    {"pause": {}},
]

REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hmi"}
BY_REF: dict[str, Any] = {"strategy": {"canary": {}}, "template": None, "workloadRef": REF}


@pytest.mark.parametrize("more", [{}, {"scaleDown": "progressively"}])
@pytest.mark.parametrize("selector", [None, SPEC["selector"]])
def test_the_pods_may_be_those_of_a_deployment(selector: Any, more: dict[str, str]) -> None:
    """A reference to a Deployment stands instead of the template, with or without a selector, and means the same."""
    spec = taken({**SPEC, **BY_REF, "selector": selector, "workloadRef": {**REF, **more}}, METADATA).spec
    assert spec.workload_ref is not None
    assert spec.workload_ref.model_dump(mode="json", by_alias=True) == {**REF, "scaleDown": "never", **more}


def test_a_canary_over_routes_is_taken_as_it_is_written() -> None:
    """Steps, Services, routes by name and delays of a manifest of Argo Rollouts mean the same here."""
    traffic = {"plugins": {PLUGIN: {"httpRoute": "hmi", "namespace": "line-1"}}, "managedRoutes": [{"name": "qa"}]}
    said = {**SERVICES, "maxSurge": "50%", "scaleDownDelaySeconds": 60, "steps": STEPS, "trafficRouting": traffic}
    way = canary(**said, minPodsPerReplicaSet=0, maxUnavailable=0).spec.strategy.canary
    assert way is not None
    told = way.model_dump(mode="json", by_alias=True, exclude_unset=True)
    routes = {"gatewayAPI": {"routes": [{"kind": "HTTPRoute", "name": "hmi"}]}, "managedRoutes": [{"name": "qa"}]}
    assert told == {**said, "maxUnavailable": 0, "trafficRouting": routes}


def test_several_routes_of_both_kinds_are_taken() -> None:
    """A canary may name several HTTPRoutes and GRPCRoutes; all of them carry its weights."""
    way = canary(**routed(httpRoutes=[{"name": "a"}, {"name": "b"}], grpcRoutes=[{"name": "c"}])).spec.strategy.canary
    assert way is not None
    assert way.traffic_routing is not None
    assert [(route.kind, route.name) for route in way.traffic_routing.gateway_api.routes] == [
        ("HTTPRoute", "a"),
        ("HTTPRoute", "b"),
        ("GRPCRoute", "c"),
    ]


def test_a_blue_green_is_taken_as_it_is_written() -> None:
    """A blue-green keeps its Services, waits and analyses; what is not given has Argo Rollouts' defaults."""
    analysis = {"templates": [{"templateName": "smoke"}]}
    said = {"activeService": "hmi", "previewService": "preview", "prePromotionAnalysis": analysis}
    spec = taken({**SPEC, "strategy": {"blueGreen": {**said, "autoPromotionEnabled": False}}}, METADATA).spec
    way = spec.strategy.blue_green
    assert way is not None
    assert way.model_dump(by_alias=True, exclude_unset=True, mode="json") == {**said, "autoPromotionEnabled": False}
    assert (way.scale_down_delay_seconds, way.abort_scale_down_delay_seconds) == (30, 30)


def test_limits_of_what_is_never_made_change_nothing() -> None:
    """A manifest that limits how many AnalysisRuns are kept is taken: none are made here."""
    limits = {"analysis": {"successfulRunHistoryLimit": 1, "unsuccessfulRunHistoryLimit": 2}}
    assert taken({**SPEC, **limits, "strategy": {"canary": {}}}, METADATA).spec.replicas == 3


def test_arguments_take_their_values_from_the_rollout() -> None:
    """An argument may be a field of the Rollout's metadata, or the hash of the new or the proven revision."""
    args = [
        {"name": "plant", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['plant']"}}},
        {"name": "namespace", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "new", "valueFrom": {"podTemplateHashValue": "Latest"}},
        {"name": "old", "valueFrom": {"podTemplateHashValue": "Stable"}},
    ]
    way = canary(analysis={"templates": [{"templateName": "t"}], "args": args}).spec.strategy.canary
    assert way is not None
    assert way.analysis is not None
    assert [each.value for each in way.analysis.args] == ["north", "line-1", HASHES.latest, HASHES.stable]


def test_cluster_wide_templates_are_told_apart() -> None:
    """Of the templates that a Rollout names it is known which are ClusterAnalysisTemplates."""
    templates = [{"templateName": "ours"}, {"templateName": "all", "clusterScope": True}]
    found = canary(steps=[{"setWeight": 20}, {"analysis": {"templates": templates}}])
    assert found.cluster_templates == {"all"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"antiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}, "antiAffinity: pods are as the"),
        ({"canaryMetadata": {"labels": {"a": "b"}}}, "canaryMetadata: pods are as the template says"),
        ({"stableMetadata": {"labels": {"a": "b"}}}, "stableMetadata: pods are as the template says"),
        ({"pingPong": {"pingService": "a", "pongService": "b"}}, "pingPong: the selectors of the two Services"),
        ({"scaleDownDelayRevisionLimit": 0}, "scaleDownDelayRevisionLimit is 0: old pods stay"),
        ({"replicaProgressThreshold": {"type": "Pods", "value": 1}}, "replicaProgressThreshold: a step is over when"),
        ({"maxSurges": 1}, f"maxSurges is 1: {UNKNOWN}"),
        ({"steps": [{"setWeights": 20}]}, f"steps[0].setWeights is 20: {UNKNOWN}"),
        ({"steps": [{"setWeight": 20, "pause": {}}]}, "steps[0] is 'setWeight, pause': a step does exactly one thing"),
        ({"steps": [{}]}, "steps[0] is '': a step does one thing"),
        ({"steps": [{"pause": None}]}, "steps[0] is '': a step does one thing"),
        ({"steps": [{"pause": {"until": "monday"}}]}, f"steps[0].pause.until is 'monday': {UNKNOWN}"),
        (
            {"steps": [{"analysis": {"templates": [{"templateName": "a"}]}}]},
            "steps[0].analysis: the new version has no",
        ),
        ({"steps": [{"setWeight": 120}]}, "steps[0].setWeight is 120: Input should be less than or equal to 100"),
        ({"steps": [{"experiment": {"templates": []}}]}, "steps[0].experiment: experiments are not run"),
        ({"steps": [{"setMirrorRoute": {"name": "m"}}]}, "steps[0].setMirrorRoute: requests are not mirrored"),
        ({"steps": [{"plugin": {"name": "p"}}]}, "steps[0].plugin: step plugins are not run"),
        ({"steps": {"setWeight": 20}}, "steps: it must be a list"),
        ({**SERVICES, "trafficRouting": {}}, "trafficRouting: it says nobody who shares out requests"),
        (
            {"trafficRouting": {"plugins": {"other/consul": {}}}},
            "trafficRouting.plugins.other/consul: of plugins there is argoproj-labs/gatewayAPI alone",
        ),
        (routed(), f"trafficRouting.plugins.{PLUGIN}: it names no route"),
        (routed(tcpRoute="t"), f"trafficRouting.plugins.{PLUGIN}.tcpRoute is 't': only HTTPRoute and GRPCRoute"),
        (routed(tlsRoutes=[{"name": "t"}]), f"trafficRouting.plugins.{PLUGIN}.tlsRoutes is "),
        (
            routed(httpRouteSelector={"matchLabels": {"a": "b"}}),
            f"trafficRouting.plugins.{PLUGIN}.httpRouteSelector: routes are not chosen by labels",
        ),
        (
            routed(httpRoute="hmi", namespace="other"),
            f"trafficRouting.plugins.{PLUGIN}.namespace is 'other': a route must be in the namespace of the Rollout",
        ),
        (routed(httpRoute="HMI"), f"trafficRouting.plugins.{PLUGIN}.httpRoute is 'HMI': String should match"),
        (
            {**routed(httpRoutes=[{"name": "hmi"}]), "steps": [{"setHeaderRoute": {"name": "qa"}}]},
            f"trafficRouting.plugins.{PLUGIN}.httpRoutes[0].useHeaderRoutes: a step makes header routes in every route",
        ),
        ({"analysis": {"templates": [], "dryRun": [{"metricName": "a"}]}}, "analysis.dryRun is [{'metricName': 'a'}]"),
        ({"analysis": {"templates": [{"templateName": "a", "x": 1}]}}, f"analysis.templates[0].x is 1: {UNKNOWN}"),
    ],
)
def test_what_is_not_done_in_a_canary_is_refused_by_name(said: dict[str, Any], told: str) -> None:
    """Each field that is not done, or not known, is named with the reason, at its place in the manifest."""
    assert refused_canary(said).startswith(f"spec.strategy.canary.{told}")


@pytest.mark.parametrize("provider", ["alb", "ambassador", "apisix", "appMesh", "istio", "nginx", "smi", "traefik"])
def test_who_else_shares_out_requests_is_refused_by_name(provider: str) -> None:
    """A mesh or an ingress controller of its own is refused, and it is said what to use instead."""
    told = refused_canary({**SERVICES, "trafficRouting": {provider: {}}})
    assert told.startswith(f"spec.strategy.canary.trafficRouting.{provider}: {provider} is not spoken here")
    assert "name an HTTPRoute under plugins" in told


@pytest.mark.parametrize(
    ("value_from", "told"),
    [
        ({"podTemplateHashValue": "Newest"}, "podTemplateHashValue is 'Newest': it must be Stable or Latest"),
        ({"fieldRef": {"fieldPath": "status.phase"}}, "fieldRef.fieldPath is 'status.phase': it must be metadata.name"),
        (
            {"fieldRef": {"fieldPath": "metadata.labels['line']"}},
            """fieldRef.fieldPath is "metadata.labels['line']": the Rollout has no such field""",
        ),
        ({"secretKeyRef": {}}, f"secretKeyRef: {UNKNOWN}"),
    ],
)
def test_an_argument_without_a_value_is_refused(value_from: dict[str, Any], told: str) -> None:
    """An argument that is taken from something else, or from nothing, is named: nothing is asked with a gap in it."""
    said = {"analysis": {"templates": [{"templateName": "t"}], "args": [{"name": "a", "valueFrom": value_from}]}}
    assert refused_canary(said).startswith(f"spec.strategy.canary.analysis.args[0].valueFrom.{told}")


def test_a_hash_that_is_not_known_is_refused() -> None:
    """While nobody knows the hashes of revisions no analysis asks about one."""
    args = [{"name": "new", "valueFrom": {"podTemplateHashValue": "Latest"}}]
    way = {"analysis": {"templates": [{"templateName": "t"}], "args": args}}
    told = refused(lambda: taken({**SPEC, "strategy": {"canary": way}}, METADATA))
    assert "the hashes of revisions are not known here" in told


def test_one_name_for_two_templates_is_refused() -> None:
    """A name that stands for a template of the namespace and for a cluster-wide one is refused."""
    wide = {"templateName": "errors", "clusterScope": True}
    steps = [{"analysis": {"templates": [each]}} for each in (wide, {"templateName": "errors"})]
    assert "give the two different names" in refused_canary({"steps": steps})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"strategy": {}}, "spec.strategy: say the way by exactly one of canary and blueGreen"),
        ({"strategy": {"canary": {}, "blueGreen": {}}}, "spec.strategy: say the way by exactly one of"),
        ({"strategy": {"canary": None}}, "spec.strategy: say the way by exactly one of canary and blueGreen"),
        ({"strategy": {"simple": {}}}, "spec.strategy.simple: it is a way of a Rollout of fabgitops.io/v1"),
        ({"strategy": {"rolling": {}}}, "spec.strategy: say the way by exactly one of canary and blueGreen"),
        ({}, "spec.strategy is missing"),
        ({"workloadRef": {"apiVersion": "v1", "kind": "PodTemplate", "name": "hmi"}}, "spec.workloadRef"),
        ({"workloadRef": {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "hmi"}}, "spec.workloadRef"),
        ({**BY_REF, "workloadRef": {**REF, "scaleDown": "soon"}}, "spec.workloadRef.scaleDown is 'soon'"),
        ({**BY_REF, "template": SPEC["template"]}, "spec.template: say either template, or workloadRef"),
        ({**BY_REF, "workloadRef": None}, "spec.template: say either template, or workloadRef"),
        ({"strategy": {"canary": {}}, "selector": None}, "spec.selector: say which pods are its own"),
        ({"restartAt": "2026-01-01T00:00:00Z"}, "spec.restartAt is '2026-01-01T00:00:00Z': pods are not restarted"),
        ({"revisions": 3}, f"spec.revisions is 3: {UNKNOWN}"),
        ({"selector": {"matchLabel": {}}}, f"spec.selector.matchLabel: {UNKNOWN}"),
        ({"strategy": {"blueGreen": {"activeService": "a", "activeMetadata": {}}}}, "spec.strategy.blueGreen.active"),
    ],
)
def test_what_is_not_done_elsewhere_is_refused_by_name(said: dict[str, Any], told: str) -> None:
    """The rest of a spec is held to the same: known and done, or refused with the reason."""
    assert refused(lambda: taken({**SPEC, **said}, METADATA)).startswith(told)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Whoever moves a manifest over sees everything that has to be changed in one message."""
    said = {"pingPong": {}, "steps": [{"experiment": {}}, {"setWeight": 1, "pause": {}}]}
    told = refused_canary(said)
    assert [part in told for part in ("pingPong", "steps[0].experiment", "steps[1]")] == [True, True, True]
