"""Rollouts of Argo Rollouts: the same canary, by their manifests, and led by what their tools patch into the status."""

import copy
from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT, ARGO_TEMPLATE, Manifest
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Command, Publish
from fabgitops_core.control.events import Declared, Faulted, Surveyed
from fabgitops_core.control.intake import declared, looked_at
from fabgitops_core.control.rollout.argo import REVISION, ArgoRolloutController, ArgoTemplateController
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.templates import TemplateState

from .workshop import START, UID, Plant, defaulted, spec, template

KEY = Key(ARGO_ROLLOUT.name, "plant", "hmi")
STEPS = [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]


class ArgoPlant(Plant):
    """A plant whose Rollout is one of Argo Rollouts."""

    found: ArgoRolloutStatus | None = None
    rival: str = ""

    def __post_init__(self) -> None:
        """Declare the Rollout."""
        self.controller: Any = ArgoRolloutController()
        self.state: Any = self.controller.start(KEY)
        self.declare()

    def restart(self) -> None:
        """Kill the controller, and start another one that knows what is stored."""
        self.state, self.request = self.controller.start(KEY), None
        self.declare()

    def declare(self, **changes: Any) -> None:
        """Change the spec, and tell the controller."""
        if changes:
            self.spec = {**self.spec, **changes}
            self.generation += 1
        model = Manifest.model_validate(self.spec)
        about = dict(self.annotations)
        found, rival = self.found, self.rival
        self.tell(Declared(self.at, self.generation, model, status=found, uid=UID, rival=rival, annotations=about))

    def patch(self, **status: Any) -> None:
        """Let a tool patch the status, and tell the controller."""
        assert self.found is not None
        body = self.found.model_dump(mode="json", by_alias=True, exclude_none=True) | status
        self.found = ArgoRolloutStatus.model_validate({name: each for name, each in body.items() if each is not None})
        self.declare()

    def _take(self, command: Command) -> None:
        if isinstance(command, Publish):
            assert isinstance(command.status, ArgoRolloutStatus)
            self.found, self.status = command.status, command.status.fabgitops
        else:
            super()._take(command)

    @property
    def stands(self) -> tuple[str, dict[str, int]]:
        """Return the phase that tools see, and how many pods each version has."""
        assert self.found is not None
        return self.found.phase, self.counts()


@pytest.fixture
def plant() -> ArgoPlant:
    """Return a plant in which version 2 is on its way, and paused."""
    plant = ArgoPlant(spec({"canary": {"steps": STEPS}}))
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 4})
    plant.declare(template=template("2"))
    plant.settle()
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    return plant


def test_promote_goes_on(plant: ArgoPlant) -> None:
    """To clear the pause conditions, as `promote` does, goes past the pause, one step after the other."""
    plant.patch(pauseConditions=None)
    plant.settle(wait=False)
    assert plant.stands == ("Paused", {"1": 2, "2": 2})
    plant.patch(pauseConditions=None)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})


def test_promote_goes_past_a_step_that_does_not_come_up() -> None:
    """`promote` and `skip-current-step` make the step the next one where nothing waits: whatever it does is skipped."""
    plant = ArgoPlant(spec({"canary": {"steps": STEPS}}), bad={"2"})
    plant.settle()
    plant.declare(template=template("2"))
    plant.stays(5)
    assert plant.found is not None
    assert (plant.found.phase, plant.found.current_step_index) == ("Progressing", 0)
    plant.patch(pauseConditions=None, currentStepIndex=1)
    plant.stays(5)
    assert (plant.stands[0], plant.found.current_step_index) == ("Paused", 1)
    assert plant.counts()["1"] >= 3
    for index in (2, 3, 4, 5):
        plant.patch(pauseConditions=None, currentStepIndex=index)
        plant.stays(5)
    assert (plant.stands[0], plant.found.current_step_index) == ("Progressing", 4)


def test_promote_goes_past_an_analysis_that_is_under_way() -> None:
    """An analysis that goes on is over when it is promoted, and counts for nothing."""
    plant = judged({"interval": "10s", "count": 1000})
    plant.answers["errors/errors"] = [0.0]
    plant.declare(template=template("2"))
    plant.stays(30)
    assert plant.found is not None
    assert (plant.found.phase, plant.found.current_step_index) == ("Progressing", 1)
    plant.patch(pauseConditions=None, currentStepIndex=2)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})


def test_promote_in_full_skips_the_rest(plant: ArgoPlant) -> None:
    """promoteFull, as `promote --full` sets it, brings all pods to the new version."""
    plant.patch(promoteFull=True)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})


def test_abort_and_retry_as_often_as_one_likes(plant: ArgoPlant) -> None:
    """Abort goes back, and to clear it begins again: each time that somebody says so, not only the first."""
    for _ in range(3):
        plant.patch(abort=True)
        plant.settle()
        assert plant.stands == ("Degraded", {"1": 4, "2": 0})
        assert plant.found is not None
        assert plant.found.aborted_at is not None
        plant.patch(abort=False)
        plant.settle()
        assert plant.stands == ("Paused", {"1": 3, "2": 1})


def test_a_word_outlives_a_restart(plant: ArgoPlant) -> None:
    """What somebody patched is heard also when the operator ends right after it has been told."""
    plant.patch(abort=True)
    assert plant.found is not None
    assert plant.found.abort
    plant.restart()
    plant.settle()
    assert plant.stands == ("Degraded", {"1": 4, "2": 0})


def test_what_is_patched_besides_changes_nothing(plant: ArgoPlant) -> None:
    """A message or a count that somebody writes is no word: the Rollout stays where it is."""
    plant.patch(message="all is well", replicas=77)
    plant.settle()
    assert plant.stands == ("Paused", {"1": 3, "2": 1})


def test_revisions_have_their_numbers_where_tools_look(plant: ArgoPlant) -> None:
    """The plugin shows each ReplicaSet under its number, also when going back has made an old one the newest."""
    plant.declare(template=template("1"))
    plant.settle()
    annotations = {version: each["metadata"]["annotations"] for version, each in plant.revisions().items()}
    assert {version: each[REVISION] for version, each in annotations.items()} == {"1": "3", "2": "2"}
    assert all(each[REVISION] == each[marks.REVISION] for each in annotations.values())


@pytest.mark.parametrize(
    ("labels", "phase", "counts"),
    [({}, "Healthy", {"2": 4}), ({marks.ROLLOUT: "hmi"}, "Paused", {"1": 3, "2": 1})],
    ids=["left", "handed over"],
)
def test_what_argo_rollouts_had_is_gone_on_from(labels: dict[str, str], phase: str, counts: dict[str, int]) -> None:
    """A ReplicaSet of Argo Rollouts with our label is the proven revision; of one without, new pods take the place."""
    plant = ArgoPlant.__new__(ArgoPlant)
    status = {"phase": "Healthy", "currentPodHash": "7bd9", "stableRS": "7bd9", "currentStepIndex": 4}
    plant.found = ArgoRolloutStatus.model_validate(status)
    Plant.__init__(plant, spec({"canary": {"steps": STEPS}}, version="2"))
    if labels:
        pods = {"replicas": 4, "selector": {}, "template": template("1")}
        marked = {"app": "hmi", marks.HASH: "7bd9", **labels}
        owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "hmi", "uid": UID, "controller": True}
        metadata = {"name": "hmi-7bd9", "labels": marked, "ownerReferences": [owner]}
        plant.store(Key("ReplicaSet", "plant", "hmi-7bd9"), {"kind": "ReplicaSet", "metadata": metadata, "spec": pods})
    plant.tick()
    plant.settle()
    assert plant.stands == (phase, counts)


def test_what_undo_declares_is_the_revision_of_before(plant: ArgoPlant) -> None:
    """`undo` writes into the Rollout what the API server has made of an old template: its pods are those of before."""
    for key, body in list(plant.objects.items()):
        pods = defaulted(body["spec"]["template"])
        plant.store(key, {**body, "spec": {**body["spec"], "template": pods}})
    undone = copy.deepcopy(plant.revisions()["1"]["spec"]["template"])
    del undone["metadata"]["labels"][marks.HASH]
    plant.declare(template=undone)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 4, "2": 0})
    assert len(plant.objects) == 2
    plant.declare(template=template("1"))
    plant.settle()
    assert (plant.stands, len(plant.objects)) == (("Healthy", {"1": 4, "2": 0}), 2)


def test_a_pause_is_shown_also_where_nothing_is_under_way() -> None:
    """Tools show one that people have paused as Paused, though all pods are there, and Healthy when it goes on."""
    plant = ArgoPlant(spec({"canary": {"steps": STEPS}}))
    plant.settle()
    plant.declare(paused=True)
    plant.settle()
    assert plant.found is not None
    assert plant.found.pause_conditions is None
    assert (plant.stands, plant.found.message) == (
        ("Paused", {"1": 4}),
        "spec.paused is true: 4 of 4 pods are of this revision, 4 are available",
    )
    plant.restart()
    plant.declare(paused=False)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 4})


def test_nobody_waits_for_the_generation_of_a_workload() -> None:
    """What an annotation of Argo Rollouts says of the workload is said in the status: Argo CD waits until it is."""
    plant = ArgoPlant(spec({"canary": {"steps": STEPS}}))
    plant.annotations["rollout.argoproj.io/workload-generation"] = "7"
    plant.declare()
    plant.settle()
    assert plant.found is not None
    assert plant.found.workload_observed_generation == "7"


def test_its_replica_sets_are_its_own(plant: ArgoPlant) -> None:
    """The cluster collects them with the Rollout of Argo Rollouts, not with one of ours of that name."""
    owners = [each["metadata"]["ownerReferences"][0] for each in plant.revisions().values()]
    assert {(each["apiVersion"], each["kind"]) for each in owners} == {("argoproj.io/v1alpha1", "Rollout")}
    assert {each.owner_kind for each in ArgoRolloutController().owns()} == {ARGO_ROLLOUT.name}


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ({"canary": {"steps": [{"experiment": {}}]}}, "spec.strategy.canary.steps[0].experiment: experiments are not"),
        (
            {"canary": {"analysis": {"templates": [{"templateName": "all", "clusterScope": "yes"}]}}},
            "spec.strategy.canary.analysis.templates[0].clusterScope",
        ),
    ],
)
def test_what_is_not_done_is_said_in_the_status(strategy: dict[str, Any], told: str) -> None:
    """A manifest with something that is not done is Degraded with the reason, and no pod is touched."""
    plant = ArgoPlant(spec(strategy))
    plant.settle()
    assert plant.found is not None
    assert (plant.found.phase, plant.objects) == ("Degraded", {})
    assert plant.found.message.startswith(told)
    assert [each.status for each in plant.found.conditions if each.type == "InvalidSpec"] == ["True"]


def judged(more: dict[str, Any]) -> ArgoPlant:
    """Return a plant whose version 1 is out, and whose second step is an analysis with one metric."""
    metric = {"name": "errors", "successCondition": "result[0] < 1", "provider": {"prometheus": {"query": "q"}}}
    templates, state = ArgoTemplateController(), TemplateState(Key(ARGO_TEMPLATE.name, "plant", "errors"))
    state, _ = templates.step(state, Declared(START, 1, Manifest.model_validate({"metrics": [metric | more]})))
    analysis = {"analysis": {"templates": [{"templateName": "errors"}]}}
    plant = ArgoPlant(spec({"canary": {"steps": [{"setWeight": 25}, analysis]}}))
    plant.offers[ARGO_TEMPLATE.name, "errors"] = templates.offer(state)
    plant.settle()
    return plant


def test_a_canary_is_judged_by_templates_of_argo_rollouts() -> None:
    """A step analysis asks the AnalysisTemplate of its own group, and goes on when that is satisfied."""
    plant = judged({})
    plant.answers["errors/errors"] = [0.0]
    plant.declare(template=template("2"))
    plant.settle()
    assert (plant.measured, plant.stands) == (["errors/errors"], ("Healthy", {"1": 0, "2": 4}))


def test_a_template_that_is_not_done_says_why() -> None:
    """Whoever is judged by a template with another provider is told which, and nothing goes on."""
    templates, state = ArgoTemplateController(), TemplateState(Key(ARGO_TEMPLATE.name, "plant", "errors"))
    body = {"metrics": [{"name": "a", "provider": {"job": {}}}]}
    state, _ = templates.step(state, Declared(START, 1, Manifest.model_validate(body)))
    assert templates.offer(state)[1].startswith("spec.metrics[0].provider.job: Jobs are not run")


def test_a_blue_green_is_promoted_and_given_up() -> None:
    """A blue-green that waits goes over when its pause conditions are cleared, and back when it is given up."""
    plant = ArgoPlant(
        spec({"blueGreen": {"activeService": "hmi", "previewService": "preview", "autoPromotionEnabled": False}})
    )
    plant.service("hmi")
    plant.service("preview")
    plant.settle()
    for version, patch in (("2", {"pauseConditions": None}), ("3", {"abort": True})):
        plant.declare(template=template(version))
        plant.settle()
        assert plant.stands[0] == "Paused"
        assert plant.selected("preview") == version
        plant.patch(**patch)
        plant.settle()
    assert (plant.stands[0], plant.selected("hmi")) == ("Degraded", "2")


def test_what_another_controller_is_at_work_on_is_left_alone(plant: ArgoPlant) -> None:
    """Whatever happens meanwhile, nothing is written of it, its status neither; people are told once, and why."""
    before, said, plant.rival = plant.counts(), plant.found, "rollouts-controller"
    plant.declare(template=template("3"))
    plant.declare(paused=True)
    plant.patch(abort=True)
    plant.settle()
    assert plant.request is None
    for event in (Faulted(plant.at, 3, "a bug"), Surveyed(plant.at, {})):
        assert plant.controller.step(plant.state, event)[1] == ()
    assert said is not None
    assert (plant.counts(), plant.status) == (before, said.fabgitops)
    (told,) = [each for each in plant.notices if each.reason is RolloutReason.FOREIGN]
    assert told.reason.warning
    assert told.message.startswith("left alone: rollouts-controller has written its status after us")
    assert plant.controller.regards(plant.state) == frozenset()


def test_a_request_is_not_sent_when_another_controller_turns_out_to_be_at_work(plant: ArgoPlant) -> None:
    """What was about to be changed is not, when it turns out meanwhile that somebody else looks after the Rollout."""
    plant.patch(promoteFull=True)
    plant.look()
    request, plant.rival = plant.request, "rollouts-controller"
    assert request is not None
    assert plant.controller.wants(plant.state, request)
    plant.declare()
    assert not plant.controller.wants(plant.state, request)


def test_it_is_led_again_when_the_other_controller_is_gone(plant: ArgoPlant) -> None:
    """With nobody else at work it goes on from what stands in its status, and hears people."""
    plant.rival = "rollouts-controller"
    plant.declare()
    plant.rival = ""
    plant.declare()
    plant.settle()
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    plant.patch(promoteFull=True)
    plant.settle()
    assert plant.stands == ("Healthy", {"1": 0, "2": 4})


@pytest.mark.parametrize(("instance_id", "asked"), [("", True), ("fabgitops", False)])
def test_who_else_is_at_work_is_asked_where_no_label_says_it(instance_id: str, asked: bool) -> None:
    """With an id a Rollout that Argo Rollouts had goes over by its label; without one its entry keeps us away."""
    kind = ArgoRolloutController(instance_id).kind
    entry = {"manager": "rollouts-controller", "subresource": "status", "time": "2026-03-04T05:06:07Z"}
    body = {"metadata": {"generation": 1, "managedFields": [entry]}, "spec": {}}
    assert declared(kind, body, START).rival == ("rollouts-controller" if asked else "")
    assert (looked_at(kind, body) != looked_at(kind, {"metadata": {"generation": 1}, "spec": {}})) is asked
