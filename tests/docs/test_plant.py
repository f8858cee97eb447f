"""The plant's repository (examples/plant): what kustomize makes of it, and what Argo CD and Flux make of that."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.api.rollout import marks as workload_marks
from fabgitops_core.api.setpoint.marks import ABORT, PAUSE, PROMOTE
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, Due
from fabgitops_core.control.plc import situations
from fabgitops_core.control.plc.reporting import told
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.control.rollout.saying import situations as workloads
from fabgitops_core.control.rollout.saying.reporting import situated as workload_situated
from fabgitops_core.control.rollout.table import RolloutController
from fabgitops_core.control.setpoint import situations as rollouts
from fabgitops_core.control.setpoint.reporting import situated
from fabgitops_core.control.setpoint.table import SetpointRolloutController
from fabgitops_core.control.setpoint.words import with_heard
from lupa.lua51 import LuaRuntime

from .conftest import Kubectl
from .pages import ROOT

PLANT = ROOT / "examples/plant"
LUA = PLANT / "argocd/lua"
LINES = sorted(path.name for path in (PLANT / "lines").iterdir())
REASONS = [situation.reason for situation in situations.ALL]
HEALTH = {
    "Pending": "Progressing",
    "Connecting": "Progressing",
    "InSync": "Healthy",
    "Held": "Progressing",
    "Correcting": "Progressing",
    "DriftDetected": "Degraded",
    "Observed": "Healthy",
    "NoValue": "Progressing",
    "ConnectionFailed": "Degraded",
    "AddressNotAllowed": "Degraded",
    "DeviceException": "Degraded",
    "DeviceBusy": "Progressing",
    "WriteRefused": "Degraded",
    "VerificationFailed": "Degraded",
    "Suspended": "Suspended",
    "InvalidSpec": "Degraded",
    "TemplateNotFound": "Progressing",
    "IdentityMismatch": "Degraded",
    "ContendedWriter": "Degraded",
    "Conflict": "Degraded",
    "NotLookedAfter": "Degraded",
    "InternalError": "Degraded",
}


def resource(reason: str, *, generation: int = 1) -> dict[str, Any]:
    """Return an IndustrialPLC in a situation, its status made by the controller and of generation 1."""
    situation = next(each for each in situations.ALL if each.reason == reason)
    status = told(IndustrialPLCStatus(), situation, f"because of {reason}", datetime.now(UTC), 1)
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": "line-1", "generation": generation},
        "spec": {"deviceAddress": "10.20.1.12", "suspend": reason == "Suspended"},
        "status": status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def run_lua(name: str, obj: dict[str, Any]) -> Any:
    """Run a script as Argo CD does, with the resource as the global `obj`, and return what it returns."""
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.globals()["obj"] = lua.table_from(obj, recursive=True)
    return plain(lua.execute((LUA / f"{name}.lua").read_text()))


def plain(value: Any) -> Any:
    """Return a Lua table as a dictionary."""
    return {key: plain(each) for key, each in value.items()} if hasattr(value, "items") else value


@pytest.mark.parametrize("reason", REASONS)
def test_argo_cd_sees_each_situation_for_what_it_is(reason: str) -> None:
    """health.lua has a health for every reason that Ready can have, with the operator's own message."""
    assert run_lua("health", resource(reason)) == {"status": HEALTH[reason], "message": f"because of {reason}"}


@pytest.mark.parametrize("reason", REASONS)
def test_argo_cd_waits_for_a_new_version(reason: str) -> None:
    """A status that speaks of an older generation says nothing of the new one."""
    assert run_lua("health", resource(reason, generation=2))["status"] == "Progressing"


ROLLOUT_HEALTH = {
    "Pending": "Progressing",
    "Watching": "Healthy",
    "Planning": "Progressing",
    "Releasing": "Progressing",
    "Frozen": "Progressing",
    "Baking": "Progressing",
    "Analysing": "Progressing",
    "Paused": "Suspended",
    "AwaitingApproval": "Suspended",
    "Restoring": "Progressing",
    "Aborted": "Degraded",
    "Done": "Healthy",
    "Overlap": "Degraded",
    "InvalidSpec": "Degraded",
    "AnalysisInvalid": "Degraded",
    "InternalError": "Degraded",
}
ROLLOUT_SITUATIONS = {each.reason: each for each in vars(rollouts).values() if isinstance(each, rollouts.Situation)}
FLUX = {"Healthy": "Current", "Progressing": "InProgress", "Suspended": "InProgress", "Degraded": "Failed"}


def rollout(reason: str, *, generation: int = 1) -> dict[str, Any]:
    """Return a SetpointRollout in a situation, its status made by the controller and of generation 1."""
    state = SetpointRolloutController().start(Key("SetpointRollout", "line-1", "mixers"))._replace(generation=1)
    told = situated(state, ROLLOUT_SITUATIONS[reason], f"because of {reason}", datetime.now(UTC))
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "SetpointRollout",
        "metadata": {"name": "mixers", "namespace": "line-1", "generation": generation},
        "spec": {"selector": {"matchLabels": {"machine": "mixer"}}},
        "status": told.status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


@pytest.mark.parametrize("reason", ROLLOUT_SITUATIONS)
def test_argo_cd_sees_where_a_rollout_stands(reason: str) -> None:
    """A rollout is Progressing while it is under way, Suspended while it waits for a word, Degraded when it failed."""
    assert run_lua("rollout", rollout(reason)) == {
        "status": ROLLOUT_HEALTH[reason],
        "message": f"because of {reason}",
    }
    assert run_lua("rollout", rollout(reason, generation=2))["status"] == "Progressing"


def test_argo_cd_waits_for_a_rollout_without_a_status() -> None:
    """One that the operator has not seen yet is in progress."""
    new = rollout("Pending")
    del new["status"]
    assert run_lua("rollout", new)["status"] == "Progressing"


def test_a_plc_that_a_rollout_holds_is_healthy() -> None:
    """It holds what it must now; what Git wants beyond that is the rollout's to tell."""
    held = resource("InSync")
    released = {"type": "Released", "status": "False", "reason": "HeldByRollout", "message": "wants speed 2600"}
    held["status"]["conditions"].append({**held["status"]["conditions"][0], **released})
    assert run_lua("health", held)["status"] == "Healthy"


@pytest.mark.parametrize(("problem", "health"), [("", "Healthy"), ("registers: Field required", "Degraded")])
def test_argo_cd_sees_whether_a_template_is_valid(problem: str, health: str) -> None:
    """The same script judges templates, whose status has the same two conditions."""
    controller, at = TemplateController(), datetime.now(UTC)
    nothing = controller.start(Key("IndustrialPLCTemplate", "line-1", "em"))
    state, _ = controller.step(nothing, Declared(at, 1, None, problem))
    _, (command, *_) = controller.step(state, Due(at, PASS))
    assert isinstance(command, Publish)
    template = {**resource("Pending"), "status": command.status.model_dump(mode="json", by_alias=True)}
    assert run_lua("health", template)["status"] == health


def test_argo_cd_waits_for_a_status() -> None:
    """A resource that the operator has not seen yet is in progress."""
    new = resource("Pending")
    del new["status"]
    assert run_lua("health", new)["status"] == "Progressing"


def test_actions_fit_the_state() -> None:
    """What is suspended can be resumed; what is not can be suspended and synced."""

    def offered(obj: dict[str, Any]) -> set[str]:
        return {name for name, action in run_lua("discovery", obj).items() if not action["disabled"]}

    assert offered(resource("Suspended")) == {"resume"}
    assert offered(resource("DriftDetected")) == {"suspend", "sync"}
    bare = resource("InSync")
    del bare["spec"]["suspend"]
    assert offered(bare) == {"suspend", "sync"}
    bare["metadata"]["annotations"] = {"fabgitops.io/suspend": "belt is changed"}
    assert offered(bare) == {"resume"}


def test_actions_change_what_they_say() -> None:
    """Suspend and resume set one field, resume ends what fabctl suspended; sync asks for a pass, and keeps the rest."""
    plc = resource("InSync")
    assert run_lua("suspend", plc)["spec"] == {**plc["spec"], "suspend": True}
    assert run_lua("resume", resource("Suspended"))["spec"]["suspend"] is False
    plc["metadata"]["annotations"] = {"fabgitops.io/suspend": "belt is changed", "owner": "shift-1"}
    assert run_lua("resume", plc)["metadata"]["annotations"] == {"owner": "shift-1"}
    del plc["metadata"]["annotations"]
    annotations = run_lua("sync", plc)["metadata"]["annotations"]
    assert list(annotations) == ["reconcile.fabgitops.io/requestedAt"]
    plc["metadata"]["annotations"] = {"owner": "shift-1"}
    assert run_lua("sync", plc)["metadata"]["annotations"]["owner"] == "shift-1"


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ({}, {"pause"}),
        ({"phase": "Done", "revision": "8f1c"}, {"pause"}),
        ({"phase": "Baking", "revision": "8f1c", "wave": 2}, {"pause", "abort"}),
        ({"phase": "Paused", "pausedBy": "Wave", "revision": "8f1c", "wave": 2}, {"pause", "abort", "promote"}),
        ({"phase": "Paused", "pausedBy": "Asked", "revision": "8f1c", "wave": 2}, {"pause", "abort"}),
        ({"phase": "Aborted", "revision": "8f1c", "wave": 2}, {"pause"}),
    ],
)
def test_words_to_a_rollout_fit_where_it_stands(status: dict[str, Any], offered: set[str]) -> None:
    """To promote is offered where a wave waits for that, to abort what is under way, and neither if it was heard."""

    def found(obj: dict[str, Any]) -> set[str]:
        return {name for name, action in run_lua("rollout-discovery", obj).items() if not action["disabled"]}

    one = {"metadata": {"name": "mixers"}, "status": status}
    assert found(one) == offered
    marked = {**one, "metadata": {"annotations": {PAUSE: "shift change"}}}
    assert found(marked) == offered - {"pause"} | {"resume"}
    state = SetpointRolloutController().start(Key("SetpointRollout", "line-1", "mixers"))
    heard = with_heard(with_heard(state, "promote", "8f1c/2"), "abort", "8f1c").status.heard
    assert found({**one, "status": {**status, "heard": list(heard)}}) == {"pause"}


def test_words_to_a_rollout_are_those_that_it_understands() -> None:
    """Each word is the annotation that the operator looks for, and names revision and wave; others stay."""
    status = {"phase": "Paused", "revision": "8f1c", "wave": 2}
    one = {"metadata": {"name": "mixers"}, "status": status}
    assert run_lua("rollout-pause", one)["metadata"]["annotations"] == {PAUSE: "by Argo CD"}
    assert run_lua("rollout-promote", one)["metadata"]["annotations"] == {PROMOTE: "8f1c/2"}
    assert run_lua("rollout-abort", one)["metadata"]["annotations"] == {ABORT: "8f1c"}
    paused = {**one, "metadata": {"annotations": {PAUSE: "shift change", "owner": "shift-1"}}}
    assert run_lua("rollout-resume", paused)["metadata"]["annotations"] == {"owner": "shift-1"}
    assert run_lua("rollout-abort", paused)["metadata"]["annotations"]["owner"] == "shift-1"


WORKLOAD_HEALTH = {
    "Pending": "Progressing",
    "Initializing": "Progressing",
    "Progressing": "Progressing",
    "Preview": "Progressing",
    "Experimenting": "Progressing",
    "Paused": "Suspended",
    "Concluded": "Suspended",
    "Completed": "Healthy",
    "PodsUnavailable": "Progressing",
    "ContendedRoute": "Progressing",
    "Aborting": "Progressing",
    "RolloutAborted": "Degraded",
    "ProgressDeadlineExceeded": "Degraded",
    "StableLost": "Degraded",
    "Conflict": "Degraded",
    "ReferenceNotFound": "Degraded",
    "RequestRefused": "Degraded",
    "ApiServerAway": "Progressing",
    "InvalidSpec": "Degraded",
    "InternalError": "Degraded",
}
WORKLOAD_SITUATIONS = {each.reason: each for each in vars(workloads).values() if isinstance(each, workloads.Situation)}


def workload(reason: str, *, generation: int = 1) -> dict[str, Any]:
    """Return a Rollout in a situation, its status made by the controller and of generation 1."""
    state = RolloutController().start(Key("Rollout", "line-1", "hmi"))._replace(generation=1)
    told = workload_situated(state, WORKLOAD_SITUATIONS[reason], f"because of {reason}", datetime.now(UTC))
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "Rollout",
        "metadata": {"name": "hmi", "namespace": "line-1", "generation": generation},
        "spec": {"strategy": {"canary": {}}},
        "status": told.status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


@pytest.mark.parametrize("reason", WORKLOAD_SITUATIONS)
def test_argo_cd_sees_where_a_workload_stands(reason: str) -> None:
    """A new version is Progressing, Suspended while it waits for a word, Degraded when it failed or gets nowhere."""
    found = run_lua("rollout", workload(reason))
    assert found == {"status": WORKLOAD_HEALTH[reason], "message": f"because of {reason}"}
    assert run_lua("rollout", workload(reason, generation=2))["status"] == "Progressing"


SINCE = "2026-03-04T09:00:00Z"
GOING = {"currentPodHash": "b2", "stableRS": "a1", "currentStepIndex": 1}
WAITING = {**GOING, "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": SINCE}]}
GIVEN_UP = {**GOING, "abort": True, "abortedAt": "2026-03-04T10:00:00Z"}


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ({}, {"pause"}),
        ({"currentPodHash": "b2", "stableRS": "b2"}, {"pause"}),
        ({"currentPodHash": "b2", "stableRS": ""}, {"pause"}),
        (GOING, {"pause", "abort"}),
        (WAITING, {"pause", "abort", "promote"}),
        ({**WAITING, "heard": [f"promote=b2/1/{SINCE}", "abort=b2"]}, {"pause"}),
        ({**WAITING, "heard": ["promote=b2/1/2026-03-04T08:00:00Z", "abort=b2"]}, {"pause", "promote"}),
        ({**WAITING, "heard": ["promote=b2/0"]}, {"pause", "abort", "promote"}),
        (GIVEN_UP, {"pause", "retry"}),
        ({**GIVEN_UP, "heard": ["retry=b2/2026-03-04T10:00:00Z"]}, {"pause"}),
    ],
)
def test_words_to_a_workload_fit_where_it_stands(status: dict[str, Any], offered: set[str]) -> None:
    """To promote is offered where it waits, to abort what is under way, to retry what was given up, each once."""
    one = {"metadata": {"name": "hmi"}, "spec": {"strategy": {"canary": {}}}, "status": status}
    found = {name for name, action in run_lua("workload-discovery", one).items() if not action["disabled"]}
    assert found == offered


def test_words_to_a_workload_are_those_that_it_understands() -> None:
    """Each word is the annotation that the operator looks for, and names the revision and where that waits."""

    def said(name: str, strategy: str, status: dict[str, Any]) -> dict[str, str]:
        one = {"metadata": {"name": "hmi"}, "spec": {"strategy": {strategy: {}}}, "status": status}
        annotations: dict[str, str] = run_lua(f"workload-{name}", one)["metadata"]["annotations"]
        return annotations

    assert said("promote", "canary", WAITING) == {workload_marks.PROMOTE: f"b2/1/{SINCE}"}
    assert said("promote", "blueGreen", {**WAITING, "blueGreen": {}}) == {workload_marks.PROMOTE: f"b2/preview/{SINCE}"}
    gone_over = {**WAITING, "blueGreen": {"activeSelector": "b2"}}
    assert said("promote", "blueGreen", gone_over) == {workload_marks.PROMOTE: f"b2/active/{SINCE}"}
    assert said("abort", "canary", WAITING) == {workload_marks.ABORT: "b2"}
    assert said("retry", "canary", GIVEN_UP) == {workload_marks.RETRY: "b2/2026-03-04T10:00:00Z"}
    assert workload_marks.PAUSE == PAUSE  # by which rollout-pause.lua and rollout-resume.lua are for both kinds


def test_the_config_map_has_the_tested_lua() -> None:
    """argocd-cm.yaml holds the very scripts of the folder lua."""
    data = yaml.safe_load((PLANT / "argocd/argocd-cm.yaml").read_text())["data"]
    actions = yaml.safe_load(data["resource.customizations.actions.fabgitops.io_IndustrialPLC"])
    scripts = {each["name"]: each["action.lua"] for each in actions["definitions"]}
    scripts |= {"discovery": actions["discovery.lua"]}
    scripts |= {"health": data["resource.customizations.health.fabgitops.io_IndustrialPLC"]}
    scripts |= {"rollout": data["resource.customizations.health.fabgitops.io_SetpointRollout"]}
    words = yaml.safe_load(data["resource.customizations.actions.fabgitops.io_SetpointRollout"])
    scripts |= {f"rollout-{each['name']}": each["action.lua"] for each in words["definitions"]}
    scripts |= {"rollout-discovery": words["discovery.lua"]}
    assert data["resource.customizations.health.fabgitops.io_Rollout"] == scripts["rollout"]
    words = yaml.safe_load(data["resource.customizations.actions.fabgitops.io_Rollout"])
    same = {name: scripts[f"rollout-{name}"] for name in ("pause", "resume")}
    own = {each["name"]: each["action.lua"] for each in words["definitions"]}
    assert {name: own.pop(name) for name in same} == same
    scripts |= {f"workload-{name}": text for name, text in own.items()}
    scripts |= {"workload-discovery": words["discovery.lua"]}
    for kind in ("IndustrialPLCTemplate", "AnalysisTemplate"):
        assert data[f"resource.customizations.health.fabgitops.io_{kind}"] == scripts["health"]
    assert scripts == {path.stem: path.read_text() for path in LUA.glob("*.lua")}


def test_the_role_of_the_project_may_run_each_action() -> None:
    """Whatever argocd-cm.yaml offers for a kind, the role shift-lead may do, as the guide says."""
    data = yaml.safe_load((PLANT / "argocd/argocd-cm.yaml").read_text())["data"]
    kinds = {name.rpartition("_")[2] for name in data if ".actions." in name}
    (role,) = yaml.safe_load((PLANT / "argocd/project.yaml").read_text())["spec"]["roles"]
    granted = {policy.split(", ")[3] for policy in role["policies"]}
    assert granted - {"get"} == {f"action/fabgitops.io/{kind}/*" for kind in kinds}


@pytest.mark.docs
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_applied(line: str, kubectl: Kubectl, namespaces: None) -> None:
    """Each line's overlay is accepted by the API server, with templates, an address for each PLC, and labels."""
    kubectl("apply", "--server-side", "-k", PLANT / "lines" / line)
    listed = json.loads(kubectl("get", "plc", "-n", line, "-l", f"line={line}", "-o", "json"))["items"]
    assert sorted(each["metadata"]["name"] for each in listed) == ["conveyor", "mixer", "oven"]
    assert {each["spec"]["deviceAddress"].rsplit(".", 1)[0] for each in listed} == {f"10.20.{line[-1]}"}
    templates = kubectl("get", "industrialplctemplates", "-n", line, "-o", "name").split()
    assert len(templates) == 2


@pytest.mark.docs
def test_no_two_plcs_have_the_same_address(kubectl: Kubectl) -> None:
    """No address is named by two lines, and none is left at the placeholder."""
    rendered = [kubectl("kustomize", PLANT / "lines" / line) for line in LINES]
    plcs = [each for text in rendered for each in yaml.safe_load_all(text) if each["kind"] == "IndustrialPLC"]
    addresses = [each["spec"]["deviceAddress"] for each in plcs]
    assert len(set(addresses)) == len(addresses) == 3 * len(LINES)
    assert not any("invalid" in address for address in addresses)


@pytest.mark.docs
@pytest.mark.parametrize(
    "file", ["argocd/project.yaml", "argocd/applications.yaml", "flux/source.yaml", "flux/lines.yaml"]
)
def test_argo_cd_and_flux_accept_their_wiring(file: str, foreign: Kubectl) -> None:
    """The resources of Argo CD and Flux pass the schemas that those projects ship, unknown fields included."""
    for name in ("argocd", "flux-system"):
        foreign(
            "apply", "-f", "-", text=f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{name}"}}}}'
        )
    foreign("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", PLANT / file)


@pytest.mark.docs
def test_each_line_is_wired_to_both() -> None:
    """Each line has an Application and a Kustomization for its folder, and a namespace."""
    applications = yaml.safe_load_all((PLANT / "argocd/applications.yaml").read_text())
    assert [each["spec"]["source"]["path"] for each in applications] == [f"lines/{line}" for line in LINES]
    kustomizations = yaml.safe_load_all((PLANT / "flux/lines.yaml").read_text())
    assert [each["spec"]["path"] for each in kustomizations] == [f"./lines/{line}" for line in LINES]
    namespaces = yaml.safe_load_all((PLANT / "flux/namespaces.yaml").read_text())
    assert [each["metadata"]["name"] for each in namespaces] == LINES


def seen_by_flux(program: Path, objects: list[dict[str, Any]], *arguments: str | Path) -> list[str]:
    """Return the status that Flux gives each object."""
    done = subprocess.run([program, *arguments], input=json.dumps(objects), capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.docs
def test_flux_judges_each_situation(flux_health: Path, tmp_path: Path) -> None:
    """Flux fails what is stalled, is done with what is in sync, only observed or suspended, and waits for the rest."""
    expressions = expressions_of("IndustrialPLC")
    file = tmp_path / "expressions.json"
    file.write_text(json.dumps(expressions))
    found = seen_by_flux(flux_health, [resource(reason) for reason in REASONS], file)
    stalled = {situation.reason for situation in situations.ALL if situation.stalled}
    wanted = dict.fromkeys(("InSync", "Observed", "Suspended"), "Current") | dict.fromkeys(stalled, "Failed")
    assert dict(zip(REASONS, found, strict=True)) == {reason: wanted.get(reason, "InProgress") for reason in REASONS}
    assert seen_by_flux(flux_health, [resource("InSync", generation=2)], file) == ["InProgress"]


def expressions_of(kind: str) -> dict[str, str]:
    """Return by which expressions Flux judges a kind, the same in each line."""
    lines = list(yaml.safe_load_all((PLANT / "flux/lines.yaml").read_text()))
    checks: list[dict[str, str]] = lines[0]["spec"]["healthCheckExprs"]
    assert all(each["spec"]["healthCheckExprs"] == checks for each in lines)
    return next(each for each in checks if each["kind"] == kind)


@pytest.mark.docs
def test_flux_judges_each_situation_of_a_rollout(flux_health: Path, tmp_path: Path) -> None:
    """Flux fails one that failed at once, is done with one that is done, and waits for one that waits for a word.

    By kstatus alone it sees the same, and takes one that nobody has looked at for done.
    """
    wanted = {reason: FLUX[health] for reason, health in ROLLOUT_HEALTH.items()}
    all_of_them = [rollout(reason) for reason in wanted]
    file = tmp_path / "expressions.json"
    file.write_text(json.dumps(expressions_of("SetpointRollout")))
    for arguments in ((file,), ()):
        assert dict(zip(wanted, seen_by_flux(flux_health, all_of_them, *arguments), strict=True)) == wanted
        assert seen_by_flux(flux_health, [rollout("Done", generation=2)], *arguments) == ["InProgress"]
    new = rollout("Pending")
    del new["status"]
    assert seen_by_flux(flux_health, [new]) == ["Current"]


@pytest.mark.docs
def test_flux_judges_each_situation_of_a_workload(flux_health: Path, tmp_path: Path) -> None:
    """Flux fails a Rollout that failed, is done with one whose pods are all of the declared version, else waits.

    By kstatus alone it sees the same.
    """
    wanted = {reason: FLUX[health] for reason, health in WORKLOAD_HEALTH.items()}
    file = tmp_path / "expressions.json"
    file.write_text(json.dumps(expressions_of("Rollout")))
    all_of_them = [workload(reason) for reason in wanted]
    for arguments in ((file,), ()):
        assert dict(zip(wanted, seen_by_flux(flux_health, all_of_them, *arguments), strict=True)) == wanted
        assert seen_by_flux(flux_health, [workload("Completed", generation=2)], *arguments) == ["InProgress"]


@pytest.mark.docs
def test_what_flux_makes_of_it_without_expressions(flux_health: Path) -> None:
    """By kstatus alone a suspended PLC is never done, and one that nobody has looked at is."""
    new = resource("Pending")
    del new["status"]
    found = seen_by_flux(flux_health, [*(resource(each) for each in ("InSync", "Suspended", "Conflict")), new])
    assert found == ["Current", "InProgress", "Failed", "Current"]
