"""Rollouts that Argo Rollouts has led until now: their pods stay as they are, and they go on from where they were."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Draft, Patch
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout import records

from .junction import Junction
from .test_argo import STEPS, ArgoPlant
from .workshop import KEY, START, UID, defaulted, spec, template

OLD, NEW = "7bd9f8c6d4", "66f5d9b7c8"
CANARY = {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS}}
BLUE_GREEN = {"blueGreen": {"activeService": "hmi", "autoPromotionEnabled": False}}
PAUSE = [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]


def left(plant: ArgoPlant, hash_: str, version: str, number: int, pods: int, **annotations: str) -> Key:
    """Let a ReplicaSet be there as Argo Rollouts makes one: without any of our marks."""
    key, labels = Key("ReplicaSet", KEY.namespace, f"{KEY.name}-{hash_}"), {"app": "hmi", marks.HASH: hash_}
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": KEY.name, "uid": UID, "controller": True}
    noted = {"rollout.argoproj.io/revision": str(number), "rollout.argoproj.io/desired-replicas": "4", **annotations}
    pod = defaulted(template(version))
    body = {
        "kind": "ReplicaSet",
        "metadata": {"name": key.name, "labels": dict(labels), "annotations": noted, "ownerReferences": [owner]},
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": dict(labels)},
            "template": {**pod, "metadata": {"labels": labels}},
        },
        "status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods},
    }
    plant.store(key, body)
    return key


def at_rest() -> ArgoPlant:
    """Return a plant whose version 1 is out, as Argo Rollouts leaves it."""
    plant = ArgoPlant(spec(CANARY))
    left(plant, "5c9f7d8b6c", "0", 1, 0)
    left(plant, OLD, "1", 2, 4)
    found = {"phase": "Healthy", "currentPodHash": OLD, "stableRS": OLD, "currentStepIndex": 4}
    plant.found = ArgoRolloutStatus.model_validate(found)
    plant.restart()
    return plant


def on_its_way() -> ArgoPlant:
    """Return a plant whose version 2 waits at its first pause, as Argo Rollouts leaves it."""
    plant = ArgoPlant(spec(CANARY, "2"))
    left(plant, OLD, "1", 1, 3)
    left(plant, NEW, "2", 2, 1)
    found = {"phase": "Paused", "currentPodHash": NEW, "stableRS": OLD, "currentStepIndex": 1, "pauseConditions": PAUSE}
    plant.found = ArgoRolloutStatus.model_validate({**found, "controllerPause": True})
    plant.restart()
    return plant


def given_up() -> ArgoPlant:
    """Return a plant whose version 2 was aborted, as Argo Rollouts leaves it."""
    plant = ArgoPlant(spec(CANARY, "2"))
    left(plant, OLD, "1", 1, 4)
    left(plant, NEW, "2", 2, 0)
    found = {"phase": "Degraded", "currentPodHash": NEW, "stableRS": OLD, "currentStepIndex": 0, "abort": True}
    plant.found = ArgoRolloutStatus.model_validate({**found, "abortedAt": "2026-01-01T00:00:00Z"})
    plant.restart()
    return plant


class ArgoJunction(ArgoPlant, Junction):
    """A plant of Argo Rollouts whose route shares requests out."""

    def __post_init__(self) -> None:
        """Make Services and a route first, and declare the Rollout."""
        for name in ("hmi", "hmi-canary"):
            self.service(name)
        self.route("hmi")
        super().__post_init__()


def over_routes() -> ArgoJunction:
    """Return a plant whose version 2 has a quarter of the requests and waits, as the plugin for routes leaves it."""
    traffic = {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "hmi", "namespace": KEY.namespace}}}
    services = {"stableService": "hmi", "canaryService": "hmi-canary"}
    plant = ArgoJunction(spec({"canary": {"steps": STEPS, **services, "trafficRouting": traffic}}, "2"))
    left(plant, OLD, "1", 1, 4)
    left(plant, NEW, "2", 2, 1)
    sides = {}
    for side, name, hash_, weight in (("stable", "hmi", OLD, 75), ("canary", "hmi-canary", NEW, 25)):
        plant.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"][marks.HASH] = hash_
        sides[side] = {"weight": weight, "serviceName": name, "podTemplateHash": hash_}
    plant.set_weights(75, 25)
    found = {"phase": "Paused", "currentPodHash": NEW, "stableRS": OLD, "currentStepIndex": 1, "pauseConditions": PAUSE}
    plant.found = ArgoRolloutStatus.model_validate({**found, "canary": {"weights": {**sides, "verified": True}}})
    plant.restart()
    return plant


@pytest.mark.parametrize("kill_at", [-6, -4, -2, 0, 1, 3, 5])
def test_requests_go_on_where_they_go(kill_at: int) -> None:
    """Neither a weight nor a selector nor a pod is touched when the controller changes in the middle of a canary."""
    plant = over_routes()
    before = plant.weights(), plant.counts(), [plant.selected(name) for name in ("hmi", "hmi-canary")]
    for each in asked(plant, kill_at):
        assert isinstance(each, Draft | Patch)
        assert isinstance(each, Draft) or all(step["path"].startswith("/metadata/") for step in each.steps)
    assert (plant.weights(), plant.counts(), [plant.selected(name) for name in ("hmi", "hmi-canary")]) == before
    assert plant.stands[0] == "Paused"
    plant.patch(promoteFull=True)
    plant.settle()
    assert plant.stands[0] == "Healthy"
    assert (plant.weights(), plant.counts()["2"], plant.selected("hmi")) == ((100, 0), 4, "2")


def asked(plant: ArgoPlant, kill_at: int = -1) -> list[Any]:
    """Let the controller work until it rests, killed after so many requests, and return all that it asked for."""
    found: list[Any] = []
    for _ in range(60):
        plant.look()
        while plant.request is not None:
            found.append(plant.request)
            if len(found) == kill_at:
                plant.restart()
                break
            plant.carry_out()
            if len(found) == -kill_at:
                plant.restart()
        plant.tick()
    return found


def test_a_restart_that_is_over_keeps_nobody_out() -> None:
    """`spec.restartAt` stays for ever where Argo Rollouts has restarted pods: only one that is new is refused."""
    plant, over = at_rest(), "2026-01-02T03:04:05Z"
    assert plant.found is not None
    plant.found = plant.found.model_copy(update={"restarted_at": datetime.fromisoformat(over)})
    plant.declare(restartAt=over)
    for _ in range(2):
        asked(plant)
        assert plant.stands == ("Healthy", {"0": 0, "1": 4})
        plant.restart()
    plant.declare(restartAt="2026-01-02T03:04:06Z")
    asked(plant)
    assert plant.stands == ("Degraded", {"0": 0, "1": 4})
    plant.declare(restartAt="2026-01-02T04:04:05+01:00")
    asked(plant)
    assert plant.stands == ("Healthy", {"0": 0, "1": 4})


@pytest.mark.parametrize("kill_at", [-4, -3, -2, -1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    ("leave", "stands"),
    [
        (at_rest, ("Healthy", {"0": 0, "1": 4})),
        (on_its_way, ("Paused", {"1": 3, "2": 1})),
        (given_up, ("Degraded", {"1": 4, "2": 0})),
    ],
)
def test_whoever_changes_the_controller_keeps_the_pods(
    leave: Callable[[], ArgoPlant], stands: tuple[str, dict[str, int]], kill_at: int
) -> None:
    """Nothing is made, scaled or deleted, the Rollout stands where it stood, and a kill anywhere changes nothing."""
    plant = leave()
    before = plant.counts()
    for each in asked(plant, kill_at):
        assert isinstance(each, Draft | Patch)
        paths = {step["path"].split("/")[1] for step in each.steps} if isinstance(each, Patch) else {"metadata"}
        assert paths == {"metadata"}, "only what is noted is changed"
        assert plant.counts() == before
    assert plant.stands == stands
    assert plant.status is not None
    assert [each.rule for each in plant.status.decisions].count("Adopted") == 1
    assert plant.status.revision == 2
    assert bool(plant.happenings) is (leave is on_its_way), "of what is over nothing is told"
    assert asked(plant) == [], "all is known from then on"


def test_a_new_image_goes_on_as_a_canary() -> None:
    """After the change the next version begins beside the pods of before, which are the proven ones."""
    plant = at_rest()
    plant.settle()
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"0": 0, "1": 3, "2": 1})
    assert plant.status is not None
    assert (plant.status.stable_rs, plant.status.revision) == (OLD, 3)
    plant.patch(abort=True)
    plant.settle()
    assert plant.stands == ("Degraded", {"0": 0, "1": 4, "2": 0})


def test_a_canary_on_its_way_goes_on() -> None:
    """A promotion after the change brings the version that Argo Rollouts had begun to all pods, with one end told."""
    plant = on_its_way()
    plant.settle(wait=False)
    plant.patch(promoteFull=True)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})
    told = [each.type.rsplit(".", 3)[0] for each in plant.happenings]
    assert [told.count(f"dev.cdevents.pipelinerun.{word}") for word in ("started", "finished")] == [1, 1]


def test_an_image_that_changes_together_with_the_controller_is_a_new_revision() -> None:
    """What was declared while nobody looked begins at its first step: it is not taken for what is out."""
    plant = at_rest()
    plant.declare(template=template("2"))
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"0": 0, "1": 3, "2": 1})


def test_a_version_of_before_is_found_again() -> None:
    """Going back to a version that Argo Rollouts had made brings back its ReplicaSet, and makes no other."""
    plant = at_rest()
    plant.settle()
    plant.declare(template=template("0"))
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"0": 1, "1": 3})
    assert len(plant.objects) == 2


def test_what_was_put_onto_pods_for_a_time_is_no_other_template() -> None:
    """Pods that carry canaryMetadata of before are those of the template all the same."""
    plant = at_rest()
    noted = '{"labels": {"role": "stable"}, "annotations": {"note": "x"}}'
    key = left(plant, OLD, "1", 2, 4, **{"rollout.argoproj.io/ephemeral-metadata": noted})
    plant.objects[key]["spec"]["template"]["metadata"]["labels"]["role"] = "stable"
    plant.objects[key]["spec"]["template"]["metadata"]["annotations"] = {"note": "x"}
    plant.settle()
    assert plant.stands == ("Healthy", {"0": 0, "1": 4})


@pytest.mark.parametrize("noted", ["[" * 100_000, "{", "[]", '{"labels": 7, "annotations": ["a"]}', "null"])
def test_what_somebody_has_noted_there_is_only_a_note(noted: str) -> None:
    """Whatever stands where Argo Rollouts notes something, its ReplicaSets are taken over, and nothing moves."""
    plant = at_rest()
    odd = {"rollout.argoproj.io/ephemeral-metadata": noted, "scale-down-deadline": noted}
    key = left(plant, OLD, "1", 2, 4, **odd)
    plant.objects[key]["metadata"]["annotations"]["rollout.argoproj.io/revision"] = noted
    plant.settle()
    assert plant.stands == ("Healthy", {"0": 0, "1": 4})


def test_a_replica_set_without_any_note_is_taken_over() -> None:
    """Where somebody has taken all annotations away its template is found all the same, and its number is a new one."""
    plant = at_rest()
    key = left(plant, OLD, "1", 2, 4)
    del plant.objects[key]["metadata"]["annotations"]
    plant.settle()
    assert plant.stands == ("Healthy", {"0": 0, "1": 4})
    assert marks.TEMPLATE in plant.objects[key]["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "hmi", "controller": True}, "hmi"),
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "hmi"}, ""),
        ({"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "name": "hmi", "controller": True}, ""),
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment", "name": "hmi", "controller": True}, ""),
        ({"apiVersion": 7, "kind": "Rollout", "name": "hmi", "controller": True}, ""),
    ],
)
def test_only_the_rollout_that_manages_it_takes_it_over(owner: dict[str, Any], name: str) -> None:
    """What another kind manages, or nobody, is left alone, whatever label it carries."""
    assert records.argo_owner({"metadata": {"ownerReferences": [owner]}}) == name


def test_pods_stay_as_long_as_argo_rollouts_has_said() -> None:
    """Old pods of a blue-green that were to stay for a while do so, and go when that is over."""
    plant = ArgoPlant(spec(BLUE_GREEN))
    plant.service("hmi")
    plant.objects[Key("Service", KEY.namespace, "hmi")]["spec"]["selector"][marks.HASH] = OLD
    until = (START + timedelta(seconds=120)).strftime("%Y-%m-%dT%H:%M:%SZ")
    left(plant, "5c9f7d8b6c", "0", 1, 4, **{"scale-down-deadline": until})
    left(plant, OLD, "1", 2, 4)
    found = {"currentPodHash": OLD, "stableRS": OLD, "blueGreen": {"activeSelector": OLD}}
    plant.found = ArgoRolloutStatus.model_validate(found)
    plant.restart()
    plant.stays(100)
    assert plant.counts() == {"0": 4, "1": 4}
    plant.stays(40)
    assert plant.counts() == {"0": 0, "1": 4}


def test_a_service_is_told_no_more_that_it_is_argo_rollouts() -> None:
    """Its mark on a Service goes, and no other's: a controller that is still there would undo the selector."""
    plant = ArgoPlant(spec({"blueGreen": {**BLUE_GREEN["blueGreen"], "previewService": "other"}}))
    for name, whose in (("hmi", KEY.name), ("other", "another")):
        plant.service(name)
        plant.objects[Key("Service", KEY.namespace, name)]["metadata"]["annotations"] = {marks.ARGO_MANAGED_BY: whose}
    left(plant, OLD, "1", 1, 4)
    plant.settle()
    assert plant.objects[Key("Service", KEY.namespace, "hmi")]["metadata"]["annotations"] == {}
    assert plant.objects[Key("Service", KEY.namespace, "other")]["metadata"]["annotations"] != {}


def test_nothing_moves_while_it_is_not_known_what_the_template_is() -> None:
    """Where the API server does not say what it makes of the template nothing is decided, and the status says why."""
    plant = at_rest()
    before = plant.counts()
    for _ in range(20):
        plant.look()
        is_draft = isinstance(plant.request, Draft)
        plant.carry_out(ObjectFailureKind.REFUSED if is_draft else None)
        plant.tick()
    assert plant.counts() == before
    assert plant.found is not None
    assert plant.found.phase == "Degraded"
    assert plant.found.message == "no"
    plant.settle()
    assert plant.stands == ("Healthy", {"0": 0, "1": 4})


def test_a_template_that_changes_while_it_is_asked_about_is_asked_about_again() -> None:
    """An answer that is about the template of before does not make the new one be taken for what is out."""
    plant = at_rest()
    while not isinstance(plant.request, Draft):
        if plant.request is not None:
            plant.carry_out()
        plant.look()
    plant.declare(template=template("2"))
    plant.carry_out()
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"0": 0, "1": 3, "2": 1})
