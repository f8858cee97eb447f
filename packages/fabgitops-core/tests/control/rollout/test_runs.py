"""AnalysisRuns of Rollouts of Argo Rollouts: each analysis is told by one, and its result never depends on that."""

from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import ARGO_TEMPLATE, Manifest
from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Apply
from fabgitops_core.control.events import Declared, Surveyed
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.argo import REVISION, ArgoTemplateController
from fabgitops_core.control.templates import TemplateState

from .judged_argo import JudgedPlant
from .workshop import START, UID, spec, template

PROMETHEUS = {"prometheus": {"query": "q({{args.what}})"}}
METRIC = {"name": "errors", "successCondition": "result[0] < 1", "interval": "5s", "count": 3, "provider": PROMETHEUS}
ANALYSIS = {"templates": [{"templateName": "checks"}], "args": [{"name": "what", "value": "hmi"}]}
STEPS: list[dict[str, Any]] = [{"setWeight": 25}, {"analysis": ANALYSIS}, {"pause": {}}]


def judged(strategy: dict[str, Any], *values: float, **more: Any) -> JudgedPlant:
    """Return a plant in which version 1 is out, and what is measured of another one has these values."""
    plant = JudgedPlant(spec(strategy, **more))
    state, _ = ArgoTemplateController().step(
        TemplateState(Key(ARGO_TEMPLATE.name, "plant", "checks")),
        Declared(START, 1, Manifest.model_validate({"args": [{"name": "what"}], "metrics": [METRIC]})),
    )
    plant.offers[ARGO_TEMPLATE.name, "checks"] = ArgoTemplateController().offer(state)
    plant.answers["checks/errors"] = list(values)
    plant.settle()
    return plant


def goes_to(plant: JudgedPlant, version: str) -> JudgedPlant:
    """Let another version be on its way, for as long as nothing need be waited for."""
    plant.declare(template=template(version))
    plant.settle()
    return plant


def begun(plant: JudgedPlant, version: str = "2") -> str:
    """Let another version be on its way until it is judged; return the name of the run."""
    plant.declare(template=template(version))
    plant.settle(wait=False)
    return next(name for name, each in plant.runs().items() if each["status"]["phase"] == "Running")


def test_a_step_is_told_by_a_run() -> None:
    """It has Argo's name, labels and owner, what it is measured by, and each measurement, as its tools read them."""
    plant = goes_to(judged({"canary": {"steps": STEPS}}, 0.0), "2")
    assert plant.status is not None
    hash_ = plant.status.current_pod_hash
    (run,) = plant.runs().values()
    metadata, status = run["metadata"], run["status"]
    assert metadata["name"] == f"hmi-{hash_}-2-1"
    labels = {"rollout-type": "Step", "step-index": "1", marks.HASH: hash_, INSTANCE_ID: DEFAULT_ID, "app": "hmi"}
    assert labels.items() <= metadata["labels"].items()
    assert metadata["annotations"][REVISION] == "2"
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "hmi", "uid": UID, "controller": True}
    assert owner.items() <= metadata["ownerReferences"][0].items()
    args = [{"name": "what", "value": "hmi"}]
    assert run["spec"] == {"args": args, "metrics": [{**METRIC, "provider": run["spec"]["metrics"][0]["provider"]}]}
    assert run["spec"]["metrics"][0]["provider"]["prometheus"]["query"] == "q({{args.what}})"
    assert (status["phase"], status["runSummary"]["successful"], status["runSummary"]["count"]) == ("Successful", 1, 1)
    (metric,) = status["metricResults"]
    assert "message" not in status  # or Argo CD would show nothing, and not what it says of a success
    assert (metric["name"], metric["phase"], metric["count"], metric["successful"]) == ("errors", "Successful", 3, 3)
    assert [each["phase"] for each in metric["measurements"]] == ["Successful"] * 3
    assert {"value", "startedAt", "finishedAt"} <= metric["measurements"][0].keys()
    assert status["startedAt"] < status["completedAt"]
    assert plant.found is not None
    told = plant.found.canary.current_step_analysis_run_status
    assert told is None or told.name == metadata["name"]


def test_it_is_told_while_it_goes_on() -> None:
    """The run is there as soon as the analysis has begun, and each measurement is in it before the next."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    name = begun(plant)
    assert plant.runs()[name]["status"]["metricResults"][0]["count"] == 1
    assert "completedAt" not in plant.runs()[name]["status"]
    assert plant.found is not None
    assert plant.found.canary.current_step_analysis_run_status is not None
    assert plant.found.canary.current_step_analysis_run_status.name == name
    plant.stays(5)
    assert plant.runs()[name]["status"]["metricResults"][0]["count"] == 2


@pytest.mark.parametrize(
    ("strategy", "ends"),
    [
        (
            {"canary": {"steps": [{"setWeight": 25}, {"pause": {"duration": 30}}], "analysis": ANALYSIS}},
            {"2": "Background"},
        ),
        (
            {
                "blueGreen": {
                    "activeService": "active",
                    "prePromotionAnalysis": ANALYSIS,
                    "postPromotionAnalysis": ANALYSIS,
                }
            },
            {"2-pre": "PrePromotion", "2-post": "PostPromotion"},
        ),
    ],
    ids=["background", "blue-green"],
)
def test_each_analysis_has_its_name(strategy: dict[str, Any], ends: dict[str, str]) -> None:
    """That of the background has no end of its own, those of a blue-green are pre and post."""
    plant = judged(strategy, 0.0)
    plant.service("active")
    goes_to(plant, "2")
    types = {name.split("-", 2)[2]: each["metadata"]["labels"]["rollout-type"] for name, each in plant.runs().items()}
    assert types == ends
    assert plant.stands[0] == "Healthy"


def test_a_failure_is_told() -> None:
    """A run that failed says so with the reason, and the revision is given up."""
    plant = goes_to(judged({"canary": {"steps": STEPS}}, 5.0), "2")
    assert plant.stands == ("Degraded", {"1": 4, "2": 0})
    assert plant.phases() == {"2-1": "Failed"}
    (run,) = plant.runs().values()
    assert "errors" in run["status"]["message"]


def test_a_run_that_somebody_terminates_is_no_success() -> None:
    """spec.terminate ends it as Inconclusive, though all measurements were good; the Rollout waits for a word."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    plant.edit(begun(plant), terminate=True)
    plant.settle()
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    (run,) = plant.runs().values()
    assert run["status"]["phase"] == "Inconclusive"
    assert "terminated" in run["status"]["message"]
    assert run["status"]["metricResults"][0]["phase"] == "Inconclusive"
    assert plant.found is not None
    assert [each.reason for each in plant.found.pause_conditions or ()] == ["InconclusiveAnalysisRun"]
    plant.patch(pauseConditions=None, controllerPause=False)
    plant.settle(wait=False)
    assert plant.found.current_step_index == 2


@pytest.mark.parametrize("what", ["deleted", "forged"])
def test_what_becomes_of_a_run_changes_no_result(what: str) -> None:
    """One that somebody deletes, or lets say that all is well, says again how it stands; a failure stays one."""
    plant = judged({"canary": {"steps": STEPS}}, 5.0)
    goes_to(plant, "2")
    (name,) = plant.runs()
    key = Key("AnalysisRun", "plant", name)
    if what == "deleted":
        del plant.objects[key]
    else:
        body = plant.objects[key]
        plant.store(key, {**body, "status": {**body["status"], "phase": "Successful"}})
    plant.wake = 0.0
    plant.settle()
    assert plant.phases() == {"2-1": "Failed"}
    assert plant.stands == ("Degraded", {"1": 4, "2": 0})


def test_a_retry_has_a_run_of_its_own() -> None:
    """It is told by another one, with a number behind its name; that of the attempt before stays as it ended."""
    plant = goes_to(judged({"canary": {"steps": STEPS}}, 5.0), "2")
    plant.answers["checks/errors"] = [0.0]
    plant.tick(5)
    plant.patch(abort=False)
    plant.settle()
    assert plant.phases() == {"2-1": "Failed", "2-1.1": "Successful"}


def test_a_run_that_is_overtaken_is_over() -> None:
    """Another version in the middle of an analysis ends it without a verdict, and its run says so."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    begun(plant)
    goes_to(plant, "3")
    assert plant.phases() == {"2-1": "Inconclusive", "3-1": "Successful"}
    run = next(each for name, each in plant.runs().items() if name.endswith("-2-1"))
    assert "without a verdict" in run["status"]["message"]
    assert "completedAt" in run["status"]


def test_so_many_are_kept() -> None:
    """Of those that are over the last are kept, as many as analysis says for each kind of end; none is made twice."""
    limits = {"successfulRunHistoryLimit": 1, "unsuccessfulRunHistoryLimit": 0}
    plant = judged({"canary": {"steps": STEPS}}, 0.0, analysis=limits)
    for version in ("2", "3", "4", "5"):
        plant.answers["checks/errors"] = [5.0 if version == "4" else 0.0]
        goes_to(plant, version)
        plant.patch(promoteFull=True)
        plant.settle()
    assert plant.phases() == {"3-1": "Successful", "5-1": "Successful"}


def test_those_of_a_revision_that_is_gone_go_with_it() -> None:
    """When the ReplicaSet of a revision is collected, so are its runs, however few there are."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0, revisionHistoryLimit=0)
    for version in ("2", "3"):
        goes_to(plant, version)
        plant.patch(promoteFull=True)
        plant.settle()
    assert plant.phases() == {"3-1": "Successful"}


def test_what_cannot_be_told_holds_nothing_up() -> None:
    """While the API server refuses AnalysisRuns, the Rollout is judged and goes on; people are told once why."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    plant.declare(template=template("2"))
    for _ in range(120):
        plant.look()
        while plant.request is not None:
            kind = getattr(plant.request, "object", {}).get("kind")
            plant.carry_out(ObjectFailureKind.REFUSED if kind == "AnalysisRun" else None)
        plant.tick()
    assert plant.stands == ("Paused", {"1": 3, "2": 1})
    assert plant.found is not None
    assert plant.found.current_step_index == 2
    assert len([each for each in plant.notices if each.reason == "RequestRefused"]) == 1
    assert "no" not in plant.found.message.split()


def test_a_name_that_is_anothers_is_left_alone() -> None:
    """A run of that name that belongs to somebody else stays as it is; ours gets the next name."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    plant.declare(template=template("2"))
    plant.look()
    plant.carry_out()
    assert plant.status is not None
    name = f"hmi-{plant.status.current_pod_hash}-2-1"
    theirs = {"kind": "AnalysisRun", "metadata": {"name": name}, "spec": {}, "status": {"phase": "Running"}}
    plant.store(Key("AnalysisRun", "plant", name), theirs)
    plant.settle()
    assert plant.phases() == {"2-1": "Running", "2-1.1": "Successful"}


def test_where_there_is_no_such_kind_nothing_is_told() -> None:
    """In a cluster that does not define AnalysisRuns none is made, and nothing waits for one."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0)
    plant.declare(template=template("2"))
    for _ in range(60):
        offers = {each: plant.offers.get(each, (None, "")) for each in plant.controller.consults(plant.state)}
        unseen = {"AnalysisRun": "the API server does not have it"}
        plant.tell(Surveyed(plant.at, plant.children(), unseen=unseen, offers=offers))
        while plant.request is not None:
            plant.carry_out()
        plant.tick()
    assert plant.runs() == {}
    assert plant.stands == ("Paused", {"1": 3, "2": 1})


def test_at_rest_nothing_is_written() -> None:
    """A run that says how its analysis ended is not written again, after a restart of the operator neither."""
    plant = goes_to(judged({"canary": {"steps": STEPS}}, 0.0), "2")
    before = plant.version
    plant.restart()
    plant.settle()
    assert plant.version == before


def test_runs_that_argo_rollouts_has_made_are_over() -> None:
    """Taken over, one that goes on ends without a verdict, and so many of them are kept as of ours."""
    plant = judged({"canary": {"steps": STEPS}}, 0.0, analysis={"unsuccessfulRunHistoryLimit": 1})
    assert plant.status is not None
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "hmi", "uid": UID, "controller": True}
    for name, phase in (("first", "Failed"), ("second", "Running"), ("third", "Pending")):
        labels = {"rollout-type": "Step", marks.HASH: plant.status.stable_rs}
        metadata = {"name": name, "labels": labels, "ownerReferences": [owner]}
        status = {"phase": phase, "metricResults": [{"name": "errors", "phase": phase}]}
        plant.store(Key("AnalysisRun", "plant", name), {"metadata": metadata, "spec": {}, "status": status})
        plant.tick()
    plant.settle()
    assert {name: each["status"]["phase"] for name, each in plant.runs().items()} == {"third": "Inconclusive"}
    assert plant.stands == ("Healthy", {"1": 4})


def test_while_nobody_knows_which_revisions_there_are_no_run_goes() -> None:
    """When ReplicaSets cannot be listed, none of them is taken for gone, and their runs are kept."""
    plant = goes_to(judged({"canary": {"steps": STEPS}}, 0.0), "2")
    goes_to(plant, "3")
    kept = {key: child for key, child in plant.children().items() if key.kind == "AnalysisRun"}
    assert len(kept) == 2
    for _ in range(5):
        plant.tell(Surveyed(plant.at, kept, unseen={"ReplicaSet": "forbidden"}, offers={}))
        assert isinstance(plant.request, Apply)
        plant.carry_out()
