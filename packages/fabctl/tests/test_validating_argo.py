"""Manifests of Argo Rollouts judged without a cluster: as the operator judges them, and only those that it leads."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.offline.rules import Rules
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT, ARGO_TEMPLATE, CLUSTER_TEMPLATE
from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.intake import declared
from fabgitops_core.control.rollout.argo import ArgoRolloutController, ArgoTemplateController

Fabctl = Callable[..., subprocess.CompletedProcess[str]]
Body = dict[str, Any]

JUDGE = Rules()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
POD = {"metadata": {"labels": {"app": "hmi"}}, "spec": {"containers": [{"name": "hmi", "image": "hmi:1"}]}}
SPEC: Body = {"replicas": 3, "selector": {"matchLabels": {"app": "hmi"}}, "template": POD}
SERVICES = {"stableService": "hmi", "canaryService": "hmi-canary"}
PLUGINS = {"argoproj-labs/gatewayAPI": {"httpRoute": "hmi", "namespace": "line-1"}}
QUERY = {"name": "errors", "successCondition": "result[0] < 1", "provider": {"prometheus": {"query": "q"}}}
JUDGED = {"templates": [{"templateName": "errors"}]}


def _of(kind: Kind, spec: Body, name: str = "hmi", **metadata: Any) -> Body:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, **metadata}, "spec": spec}


def canary(**said: Any) -> Body:
    """Return a Rollout with a canary that says so."""
    labels = {INSTANCE_ID: DEFAULT_ID, "line": "7"}
    return _of(ARGO_ROLLOUT, {**SPEC, "strategy": {"canary": said}}, namespace="line-1", labels=labels)


def spec(**said: Any) -> Body:
    """Return a Rollout whose spec says something else."""
    return _of(ARGO_ROLLOUT, {**SPEC, "strategy": {"canary": {}}, **said}, namespace="line-1")


def deployed(**ref: Any) -> Body:
    """Return a Rollout whose pods another object has."""
    return _of(ARGO_ROLLOUT, {"replicas": 3, "strategy": {"canary": {}}, "workloadRef": ref}, namespace="line-1")


def argument(**value_from: Any) -> Body:
    """Return a Rollout that is judged with an argument of this value."""
    return canary(analysis={**JUDGED, "args": [{"name": "a", "valueFrom": value_from}]})


def metric(**said: Any) -> Body:
    """Return a template with one metric."""
    return _of(ARGO_TEMPLATE, {"metrics": [{**QUERY, **said}]}, namespace="line-1")


MANIFESTS: list[tuple[Body, str]] = [
    (canary(steps=[{"setWeight": 20}, {"pause": {"duration": "1h"}}, {"analysis": JUDGED}]), ""),
    (canary(**SERVICES, trafficRouting={"plugins": PLUGINS}), ""),
    (spec(strategy={"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False}}), ""),
    (argument(podTemplateHashValue="Latest"), ""),
    (argument(fieldRef={"fieldPath": "metadata.labels['line']"}), ""),
    (argument(fieldRef={"fieldPath": "metadata.uid"}), ""),
    (argument(fieldRef={"fieldPath": "metadata.labels['site']"}), "args[0].valueFrom.fieldRef.fieldPath"),
    (argument(secretKeyRef={"name": "s", "key": "k"}), "args[0].valueFrom.secretKeyRef"),
    (canary(steps=[{"experiment": {}}, {"setWeight": 1, "pause": {}}]), "steps[0].experiment: experiments are not run"),
    (canary(steps=[{"setMirrorRoute": {"name": "m"}}]), "steps[0].setMirrorRoute: requests are not mirrored"),
    (canary(steps=[{"plugin": {"name": "p"}}]), "steps[0].plugin: step plugins are not run"),
    (canary(steps=[{"setWeight": 120}]), "steps[0].setWeight is 120"),
    (canary(pingPong={}, antiAffinity={}), "antiAffinity: pods are as the template says"),
    (canary(**SERVICES, trafficRouting={"istio": {}}), "trafficRouting.istio: istio is not spoken here"),
    (canary(**SERVICES, trafficRouting={"plugins": {"a/b": {}}}), "plugins.a/b: of plugins there is"),
    (
        canary(**SERVICES, trafficRouting={"plugins": {"argoproj-labs/gatewayAPI": {"namespace": "other"}}}),
        "namespace is 'other': a route must be in the namespace of the Rollout",
    ),
    (canary(maxSurges=1), "maxSurges is 1: argoproj.io/v1alpha1 has no such field"),
    (spec(restartAt="2026-01-01T00:00:00Z"), "spec.restartAt is"),
    (deployed(apiVersion="apps/v1", kind="Deployment", name="hmi"), ""),
    (
        deployed(apiVersion="apps/v1", kind="ReplicaSet", name="hmi"),
        "spec.workloadRef: pods are taken from a Deployment",
    ),
    (spec(workloadRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "hmi"}), "workloadRef"),
    (spec(strategy={}), "spec.strategy: say the way by exactly one of canary and blueGreen"),
    (spec(selector={"matchLabels": {"app": "plc"}}), "selector"),
    (_of(ARGO_ROLLOUT, {**SPEC, "strategy": {"canary": {}}}, name="h" * 64, namespace="line-1"), "has 64 characters"),
    (metric(), ""),
    (metric(provider={"job": {}}), "spec.metrics[0].provider.job: Jobs are not run"),
    (metric(provider={"datadog": {}}), "spec.metrics[0].provider.datadog: a metric comes from prometheus or web"),
    (metric(successCondition="result[0] <"), "spec.metrics[0].successCondition"),
    (metric(consecutiveSuccessLimit=3), "spec.metrics[0].consecutiveSuccessLimit"),
    (_of(CLUSTER_TEMPLATE, {"metrics": [{**QUERY, "provider": {"kayenta": {}}}]}), "provider.kayenta"),
    (_of(ARGO_TEMPLATE, {"metrics": [QUERY], "dryRun": [{"metricName": "errors"}]}), "]: a metric always counts here"),
]
"""Manifests, and what of each is refused."""


def operator(body: Body) -> str:
    """Return what the operator says is wrong with a manifest."""
    metadata = {"generation": 1, "uid": "u-1", **body["metadata"]}
    kind = next(each for each in (ARGO_ROLLOUT, ARGO_TEMPLATE, CLUSTER_TEMPLATE) if each.kind == body["kind"])
    key = Key(kind.name, metadata.get("namespace", ""), metadata["name"])
    controller: Any = ArgoRolloutController() if kind is ARGO_ROLLOUT else ArgoTemplateController(kind)
    event = declared(controller.kind, {**body, "metadata": metadata}, NOW)
    state, _ = controller.step(controller.start(key), event)
    return str(state.inner.problem if kind is ARGO_ROLLOUT else controller.offer(state)[1])


@pytest.mark.parametrize(("body", "refused"), MANIFESTS, ids=[said or "taken" for _, said in MANIFESTS])
def test_it_says_what_the_operator_says(body: Body, refused: str) -> None:
    """Each field that is not done is refused in the operator's own words, and nothing else is."""
    assert JUDGE.refused(body) == []
    found = JUDGE.doubted(body, lambda _: None)
    assert "; ".join(message for _, message in found) == operator(body)
    assert refused in operator(body)
    assert bool(found) == bool(refused)


def _file(folder: Path, *bodies: Body) -> Path:
    file = folder / "argo.yaml"
    file.write_text(yaml.safe_dump_all(bodies))
    return file


def test_a_refusal_is_told_with_its_place(fabctl: Fabctl, tmp_path: Path) -> None:
    """It is a warning, as the API server takes it, at the very field; --strict makes it an error."""
    file = _file(tmp_path, canary(steps=[{"experiment": {}}]))
    ran = fabctl("validate", "-f", file)
    (line,) = (number for number, text in enumerate(file.read_text().splitlines(), 1) if "experiment" in text)
    assert ran.returncode == 0
    assert ran.stdout.startswith(f"{file}:{line}:")
    assert "warning: Rollout line-1/hmi: spec.strategy.canary.steps[0].experiment: experiments" in ran.stdout
    assert ran.stderr == "1 object in 1 file: 0 errors, 1 warning\n"
    assert fabctl("validate", "-f", file, "--strict").returncode == 1


def test_what_others_look_after_is_left_alone(fabctl: Fabctl, tmp_path: Path) -> None:
    """Without the label it is Argo Rollouts' own, as is a template that only such a Rollout names; an id says whose."""
    ours, theirs = canary(analysis=JUDGED), canary(analysis={"templates": [{"templateName": "jobs"}]}, pingPong={})
    theirs["metadata"] = {"name": "theirs", "namespace": "line-1"}
    job = {"metrics": [{**QUERY, "provider": {"job": {}}}]}
    templates = [_of(ARGO_TEMPLATE, job, name, namespace="line-1") for name in ("errors", "jobs")]
    file = _file(tmp_path, ours, theirs, *templates, _of(ARGO_TEMPLATE, job, "errors", namespace="line-2"))

    def told(*flags: str) -> list[str]:
        ran = fabctl("validate", "-f", file, *flags)
        assert "; " in ran.stderr
        return [line.split("warning: ")[1].split(": ")[0] for line in ran.stdout.splitlines()]

    assert told() == ["AnalysisTemplate line-1/errors"]
    assert sorted(told("--argo-instance-id", "")) == ["AnalysisTemplate line-1/jobs", "Rollout line-1/theirs"]
    assert told("--argo-instance-id", "two") == []


def test_a_template_of_the_cluster_is_judged_where_it_is_named(fabctl: Fabctl, tmp_path: Path) -> None:
    """It has no namespace, whatever -n says, and counts only for who says clusterScope."""
    wide = canary(analysis={"templates": [{"templateName": "all", "clusterScope": True}]})
    template = _of(CLUSTER_TEMPLATE, {"metrics": [{**QUERY, "provider": {"job": {}}}]}, "all")
    ran = fabctl("validate", "-n", "line-9", "-f", _file(tmp_path, wide, template))
    assert "warning: ClusterAnalysisTemplate all: spec.metrics[0].provider.job" in ran.stdout


def test_a_rollout_of_ours_of_the_same_name_is_another_one(fabctl: Fabctl, tmp_path: Path) -> None:
    """Two groups have a Rollout: one beside the other is not the same that stands twice."""
    ours = {**canary(), "apiVersion": "fabgitops.io/v1"}
    ran = fabctl("validate", "-f", _file(tmp_path, ours, canary()))
    assert (ran.stdout, ran.stderr) == ("", "2 objects in 1 file: 0 errors, 0 warnings\n")


@pytest.mark.parametrize(("namespace", "warnings"), [("line-1", 0), ("line-9", 1)])
def test_a_route_is_where_the_rollout_goes(fabctl: Fabctl, tmp_path: Path, namespace: str, warnings: int) -> None:
    """Of a Rollout without a namespace its route must be where -n says that it is applied."""
    body = canary(**SERVICES, trafficRouting={"plugins": PLUGINS})
    del body["metadata"]["namespace"]
    ran = fabctl("validate", "-n", namespace, "-f", _file(tmp_path, body))
    assert ran.stdout.count("a route must be in the namespace of the Rollout") == warnings
