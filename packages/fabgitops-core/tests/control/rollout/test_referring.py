"""Rollouts whose pods a Deployment says: its template is theirs, and its own pods go as far as theirs are there."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Patch, Request
from fabgitops_core.control.events import Surveyed

from .test_adopting import OLD, left
from .test_argo import STEPS, ArgoPlant
from .workshop import KEY, Plant, defaulted, spec, template

REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hmi"}
DEPLOYMENT = Key("Deployment", KEY.namespace, "hmi")
CANARY = {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS}}


def referring(**more: Any) -> dict[str, Any]:
    """Return the spec of a Rollout that refers to a Deployment, and says no selector."""
    found = {**spec(CANARY), "workloadRef": {**REF, **more}}
    return {name: each for name, each in found.items() if name not in {"template", "selector"}}


def deploy(plant: Plant, version: str, pods: int = 4, *, generation: int = 1, **more: Any) -> None:
    """Let the Deployment be there, with pods of a version as an API server stores them."""
    pod = defaulted(template(version))
    pod = {**pod, "spec": {**pod["spec"], **more}}
    body = {
        "kind": "Deployment",
        "metadata": {"name": "hmi", "uid": "uid-of-deployment", "generation": generation},
        "spec": {"replicas": pods, "selector": {"matchLabels": {"app": "hmi"}}, "template": pod},
    }
    plant.store(DEPLOYMENT, body)


def paths(patch: Patch) -> list[str]:
    """Return the places that a patch changes."""
    return [each["path"] for each in patch.steps]


def keeps(plant: Plant) -> int:
    """Return how many pods the Deployment wants."""
    found: int = plant.objects[DEPLOYMENT]["spec"]["replicas"]
    return found


def ready(plant: Plant) -> tuple[str, str]:
    """Return in which situation the Rollout is, and the message."""
    assert plant.status is not None
    return next(each.reason for each in plant.status.conditions if each.type == "Ready"), plant.status.message


def started(plant: Plant) -> Plant:
    """Return a plant whose Deployment says version 1, which is out."""
    deploy(plant, "1")
    plant.settle()
    assert plant.counts() == {"1": 4}
    return plant


@pytest.mark.parametrize("make", [Plant, ArgoPlant])
def test_a_new_image_of_the_deployment_is_a_new_version(make: type[Plant]) -> None:
    """Who edits the Deployment begins a canary; what it says beside the template changes nothing."""
    plant = started(make(referring()))
    before = plant.counts()
    plant.objects[DEPLOYMENT]["spec"]["minReadySeconds"] = 3
    plant.settle()
    assert plant.counts() == before
    deploy(plant, "2", generation=3)
    plant.settle(wait=False)
    assert plant.counts() == {"1": 3, "2": 1}
    assert keeps(plant) == 4
    assert plant.status is not None
    assert plant.status.selector == "app=hmi"


def test_nothing_moves_without_the_deployment() -> None:
    """While it is not there, or cannot be looked at, that is told, and no pod goes; when it is back all goes on."""
    plant = Plant(referring())
    plant.settle()
    assert ready(plant)[0] == "ReferenceNotFound"
    assert "the Deployment hmi" in ready(plant)[1]
    started(plant)
    gone = plant.objects.pop(DEPLOYMENT)
    plant.declare(replicas=2)
    plant.settle()
    assert (ready(plant)[0], plant.counts()) == ("ReferenceNotFound", {"1": 4})
    plant.store(DEPLOYMENT, {**gone, "metadata": {**gone["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}})
    plant.settle()
    assert (ready(plant)[0], plant.counts()) == ("ReferenceNotFound", {"1": 4})
    del plant.objects[DEPLOYMENT]
    unseen = {"Deployment": "you may not list deployments"}
    plant.tell(Surveyed(plant.at, plant.children(), unseen=unseen))
    assert ready(plant)[1].endswith("cannot be looked at: you may not list deployments")
    plant.store(DEPLOYMENT, gone)
    plant.settle()
    assert (ready(plant)[0], plant.counts()) == ("Completed", {"1": 2})
    told = [each.message for each in plant.notices if each.reason == "ReferenceNotFound"]
    assert len(told) == len(set(told)) + 1, "it is told once each time"


@pytest.mark.parametrize(
    ("pods", "told"),
    [
        ({"labels": {"app": "other"}}, "spec.selector does not select the pods that it makes"),
        ({"labels": {"app": "hmi", marks.HASH: "x"}}, "this label is given by the operator"),
    ],
)
def test_a_deployment_whose_pods_cannot_be_made_is_told(pods: dict[str, Any], told: str) -> None:
    """Pods that the selector does not select, or with a label of ours, are not made, and it is said whose they are."""
    plant = Plant({**referring(), "selector": {"matchLabels": {"app": "hmi"}}})
    deploy(plant, "1")
    plant.objects[DEPLOYMENT]["spec"]["template"]["metadata"] = pods
    plant.settle()
    assert ready(plant)[0] == "ReferenceNotFound"
    assert "the Deployment hmi says no pods that can be made" in ready(plant)[1]
    assert told in ready(plant)[1]
    assert plant.counts() == {}


def test_another_default_of_an_api_server_is_no_new_version() -> None:
    """An upgrade of Kubernetes that fills in more of what is stored moves no pod: nobody has changed the Deployment."""
    plant = started(Plant(referring()))
    deploy(plant, "1", podReplacementPolicy="Anything")
    plant.settle()
    assert (ready(plant)[0], len(plant.objects), plant.counts()) == ("Completed", 2, {"1": 4})
    deploy(plant, "1", 0, generation=2, podReplacementPolicy="Anything")
    plant.settle()
    deploy(plant, "1", 0, generation=2, podReplacementPolicy="Anything", more="yet")
    plant.settle()
    assert (len(plant.objects), plant.counts()) == (2, {"1": 4})
    deploy(plant, "1", 0, generation=3, podReplacementPolicy="Nothing")
    plant.settle(wait=False)
    assert len(plant.objects) == 3, "what somebody changes is a new version"


def test_what_is_noted_at_a_revision_stays() -> None:
    """A Deployment that changes beside its template changes one note of a ReplicaSet, and takes none away."""
    plant = started(Plant(referring()))
    (made,) = (each for key, each in plant.objects.items() if key.kind == "ReplicaSet")
    before = dict(made["metadata"]["annotations"])
    for generation, more in ((2, {}), (2, {"podReplacementPolicy": "Anything"})):
        deploy(plant, "1", 3, generation=generation, **more)
        plant.look()
        plant.carry_out()
        plant.settle()
    (made,) = (each for key, each in plant.objects.items() if key.kind == "ReplicaSet")
    after = dict(made["metadata"]["annotations"])
    assert after.pop(marks.WORKLOAD) != before.pop(marks.WORKLOAD)
    assert after.keys() == before.keys()
    assert after[marks.REVISION] == before[marks.REVISION]
    assert not [each for each in plant.requests if isinstance(each, Patch) and "/metadata/annotations" in paths(each)]


def test_replica_sets_of_argo_rollouts_are_those_of_the_deployment() -> None:
    """Whoever changes the controller keeps the pods with a reference, too."""
    plant = ArgoPlant(referring())
    deploy(plant, "1", 0)
    left(plant, OLD, "1", 1, 4)
    plant.settle()
    assert (plant.stands, len(plant.objects)) == (("Healthy", {"1": 4}), 2)


def rolled(plant: Plant) -> list[tuple[int, int]]:
    """Return how many pods the Deployment wants and of the Rollout are available, at each request of a pass."""
    found = [(keeps(plant), plant.available())]
    for _ in range(200):
        plant.look()
        request: Request | None = plant.request
        while plant.request is not None:
            request = plant.request
            plant.carry_out()
            if isinstance(request, Patch) and request.key == DEPLOYMENT:
                assert request.part == "scale"
                deploy(plant, "1", keeps(plant), generation=len(found))
        plant.tick()
        if (now := (keeps(plant), plant.available())) != found[-1]:
            found.append(now)
    return found


def test_never_leaves_the_deployment_as_it_is() -> None:
    """Its pods stay until somebody takes them away."""
    plant = Plant(referring(scaleDown="never"))
    deploy(plant, "1")
    assert rolled(plant)[-1] == (4, 4)


def test_on_success_all_of_its_pods_go_at_the_end() -> None:
    """They go when the Rollout has all its pods, and not before: with pods that never come up they stay."""
    plant = Plant(referring(scaleDown="onsuccess"))
    plant.slow = True
    deploy(plant, "1")
    assert {keeps for keeps, available in rolled(plant) if available < 4} == {4}
    assert keeps(plant) == 0
    plant.bad = {"1"}
    plant.tick()
    deploy(plant, "1", 6, generation=90)
    assert rolled(plant)[-1] == (6, 0), "who gives it pods while those of the Rollout are ill keeps them"
    plant.bad, plant.slow = set(), False
    assert rolled(plant)[-1] == (0, 4)
    plant.declare(paused=True)
    deploy(plant, "2", 2, generation=91)
    for _ in range(20):
        plant.stays(1)
    assert (plant.available(), keeps(plant)) == (4, 2), "while a version is on its way nothing is a success"
    plant = Plant(referring(scaleDown="onsuccess"), bad={"1"})
    deploy(plant, "1")
    assert rolled(plant) == [(4, 0)]


@pytest.mark.parametrize("has", [3, 4, 6])
def test_progressively_one_goes_for_each_that_comes(has: int) -> None:
    """There are never fewer available pods than are wanted, or than there were; in the end all are the Rollout's."""
    plant = Plant(referring(scaleDown="progressively"))
    plant.slow = True
    deploy(plant, "1", has)
    seen = rolled(plant)
    assert min(keeps + available for keeps, available in seen) >= min(has, 4)
    assert [keeps for keeps, _ in seen] == sorted((keeps for keeps, _ in seen), reverse=True)
    assert seen[-1] == (0, 4)
    assert len({keeps for keeps, _ in seen}) >= 3, "not all at once"


def test_a_deployment_without_pods_gets_none() -> None:
    """Nobody is given pods that he had taken away, also when those of the Rollout do not come up."""
    plant = Plant(referring(scaleDown="progressively"), bad={"1"})
    deploy(plant, "1", 0)
    assert rolled(plant) == [(0, 0)]


def test_a_template_that_moves_into_the_deployment_is_no_new_version() -> None:
    """Who says by a reference what stood in the template keeps the pods: the API server makes the same of both."""
    plant = Plant(spec(CANARY))
    plant.settle()
    (body,) = plant.objects.values()
    body["spec"]["template"] = defaulted(body["spec"]["template"])  # as an API server has stored it
    deploy(plant, "1", 0)
    plant.spec = referring()
    plant.declare(replicas=4)
    plant.settle()
    deploy(plant, "1", 0, podReplacementPolicy="Anything")
    plant.settle()
    assert (ready(plant)[0], len(plant.objects), plant.counts()) == ("Completed", 2, {"1": 4})
