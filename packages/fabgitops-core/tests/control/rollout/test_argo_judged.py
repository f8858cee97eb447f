"""Rollouts of Argo Rollouts that are judged: by templates of the cluster, and with arguments that speak of them."""

from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_TEMPLATE, CLUSTER_TEMPLATE, Manifest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.events import Declared
from fabgitops_core.control.rollout.argo import ArgoTemplateController
from fabgitops_core.control.templates import TemplateState

from .judged_argo import JudgedPlant
from .workshop import START, spec, template

METRIC = {
    "name": "errors",
    "successCondition": "result[0] < 1",
    "provider": {"prometheus": {"query": "q({{args.what}})"}},
}


def offered(kind: Kind, manifest: Mapping[str, Any]) -> Any:
    """Return what a template offers."""
    templates = ArgoTemplateController(kind)
    state, _ = templates.step(TemplateState(Key(kind.name, "", "errors")), declared(manifest))
    return templates.offer(state)


def declared(manifest: Mapping[str, Any]) -> Declared[Any, Any]:
    """Return the event that tells of a template."""
    return Declared(START, 1, Manifest.model_validate(manifest))


def judged_by(value: Mapping[str, Any], *, wide: bool = False) -> JudgedPlant:
    """Return a plant in which version 2 is judged at a step, by a template that is told something of it."""
    ref = {"templateName": "errors", **({"clusterScope": True} if wide else {})}
    analysis = {"analysis": {"templates": [ref], "args": [{"name": "what", **value}]}}
    plant = JudgedPlant(spec({"canary": {"steps": [{"setWeight": 25}, analysis, {"pause": {}}]}}))
    plant.labels, plant.annotations = {"line": "7"}, {"example.com/owner": "hall"}
    plant.declare()
    kind = CLUSTER_TEMPLATE if wide else ARGO_TEMPLATE
    plant.offers[kind.name, "errors"] = offered(kind, {"args": [{"name": "what"}], "metrics": [METRIC]})
    plant.answers["errors/errors"] = [0.0]
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    return plant


def asked(plant: JudgedPlant) -> str:
    """Return what was asked last."""
    assert plant.status is not None
    return plant.status.analyses[0].metrics[0].measurements[-1].query


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.labels['line']", "7"),
        ("metadata.annotations['example.com/owner']", "hall"),
        ("metadata.name", "hmi"),
    ],
)
def test_an_argument_speaks_of_the_rollout(path: str, value: str) -> None:
    """A fieldRef is the value that the Rollout's metadata has: a label, an annotation of anybody's, its name."""
    plant = judged_by({"valueFrom": {"fieldRef": {"fieldPath": path}}})
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    assert asked(plant) == f"q({value})"


def test_an_argument_speaks_of_the_revisions() -> None:
    """PodTemplateHashValue is the hash of the new version and of the proven one, of each change anew."""
    latest = judged_by({"valueFrom": {"podTemplateHashValue": "Latest"}})
    stable = judged_by({"valueFrom": {"podTemplateHashValue": "Stable"}})
    for plant, which in ((latest, "2"), (stable, "1")):
        assert plant.status is not None
        hashes = {"1": plant.status.stable_rs, "2": plant.status.current_pod_hash}
        assert asked(plant) == f"q({hashes[which]})"
    latest.declare(template=template("3"))
    latest.settle(wait=False)
    assert latest.status is not None
    assert asked(latest) == f"q({latest.status.current_pod_hash})"


def test_an_operator_that_begins_anew_knows_of_which_revisions() -> None:
    """After a restart in the middle of an analysis it asks of the same revisions as before."""
    judged = judged_by({"valueFrom": {"podTemplateHashValue": "Stable"}})
    before = asked(judged)
    judged.declare(template=template("3"))
    judged.restart()
    judged.settle(wait=False)
    assert judged.stands == ("Paused", {"1": 3, "2": 0, "3": 1})
    assert asked(judged) == before


def test_a_template_of_the_cluster_judges() -> None:
    """With clusterScope a ClusterAnalysisTemplate is consulted, and not one of the namespace with its name."""
    plant = judged_by({"value": "x"}, wide=True)
    assert plant.controller.consults(plant.state) == {(CLUSTER_TEMPLATE.name, "errors")}
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    assert asked(plant) == "q(x)"


def test_a_template_that_the_cluster_lacks_is_named() -> None:
    """A ClusterAnalysisTemplate that is not there is what the Rollout says it waits for."""
    analysis = {"analysis": {"templates": [{"templateName": "errors", "clusterScope": True}]}}
    plant = JudgedPlant(spec({"canary": {"steps": [{"setWeight": 25}, analysis]}}))
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    assert plant.found is not None
    assert "the cluster has no ClusterAnalysisTemplate of this name" in plant.found.message
    assert plant.counts()["1"] >= 3


@pytest.mark.parametrize(
    "value",
    [
        {"valueFrom": {"podTemplateHashValue": "Latest"}},
        {"valueFrom": {"podTemplateHashValue": "Stable"}},
        {"valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['line']"}}},
    ],
    ids=["latest", "stable", "label"],
)
def test_what_an_argument_speaks_of_is_no_change_of_steps(value: dict[str, Any]) -> None:
    """Another version, and another label in the middle of one, are no other steps: nothing begins anew with them."""
    plant = judged_by(value)
    plant.labels = {"line": "8"}
    plant.declare()
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    plant.patch(pauseConditions=None)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})
    assert plant.status is not None
    assert "StepsChanged" not in {each.rule for each in plant.status.decisions}
    assert [each for each in plant.measured if each == "errors/errors"] == ["errors/errors"]
    before = plant.version
    plant.restart()
    plant.settle()
    assert plant.version == before
