"""Commands about rollouts where there are those of workloads, on an API server that has some."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fabctl.asking import Asking
from fabctl.commands.rollout.abort import abort
from fabctl.commands.rollout.approve import approve
from fabctl.commands.rollout.get import get
from fabctl.commands.rollout.history import history
from fabctl.commands.rollout.list import list as list_
from fabctl.commands.rollout.pause import pause
from fabctl.commands.rollout.plan import plan
from fabctl.commands.rollout.promote import promote
from fabctl.commands.rollout.resume import resume
from fabctl.commands.rollout.retry import retry
from fabctl.commands.rollout.status import status
from fabctl.commands.rollout.undo import undo
from fabctl.commands.tree import tree
from fabctl.errors import Denied, FabctlError, Late, Unhandled, UnknownPLC, UsageError
from fabctl.options import Connection, Format, Looking, Printing, Scope

from .workload import AT, HASH, MARK, Body, World, pod, replica_set, rollout, served, template, waiting

YES = Asking(yes=True)
Play = Callable[..., tuple[World, Connection]]


def recipe(name: str = "recipe", **status: Any) -> Body:
    """Return a rollout of set-points that is done."""
    metadata = {"name": name, "namespace": "plant", "uid": "s", "resourceVersion": "3"}
    told = {
        "phase": "Done",
        "observedGeneration": 1,
        "releasedText": "5/5",
        "conditions": [{"type": "Ready"}],
        **status,
    }
    return {"kind": "SetpointRollout", "metadata": metadata, "spec": {"selector": {}}, "status": told}


@pytest.fixture
def play(serving: Callable[..., Any], tmp_path: Path) -> Iterator[Play]:
    """Return what serves a Rollout with two revisions, and whatever else there is."""
    opened: list[Any] = []

    def begin(body: Body | None = None, *more: tuple[str, Body]) -> tuple[World, Connection]:
        sets = [("replicasets", replica_set(1, "aa11", 4)), ("replicasets", replica_set(2, "bb22", 1))]
        pods = [("pods", pod("hmi-bb22-y", "bb22", **waiting("CrashLoopBackOff", 3)))]
        world = World(("rollouts", body or rollout()), *sets, *pods, *more)
        opened.append(served(world, serving, tmp_path))
        return world, Connection(kubeconfig=opened[-1].__enter__())

    yield begin
    for each in opened:
        each.__exit__(None, None, None)


async def raised(work: Awaitable[Any]) -> FabctlError:
    """Return the error that something ends with."""
    with pytest.raises(FabctlError) as error:
        await work
    return error.value


async def test_a_name_is_found_of_whichever_kind_has_it(play: Play, capsys: Any) -> None:
    """Without saying of which; where both have one the error says how to say it, and saying it does."""
    world, here = play(None, ("setpointrollouts", recipe()))
    assert await status("hmi", connection=here) == 0
    assert await status("recipe", connection=here) == 0
    out = capsys.readouterr().out
    assert ("Rollout:        plant/hmi" in out, "plant/recipe" in out) == (True, True)
    world.objects["setpointrollouts", "hmi"] = recipe("hmi")
    error = await raised(status("hmi", connection=here))
    assert isinstance(error, UsageError)
    assert "there is a SetpointRollout and a Rollout hmi" in str(error)
    assert "rollout/hmi" in str(error)
    assert "setpointrollout/hmi" in str(error)
    assert await status("setpointrollout/hmi", connection=here) == 0
    assert "Phase:     Done" in capsys.readouterr().out
    assert await status("rollout/hmi", connection=here) == 0
    assert "Strategy:" in capsys.readouterr().out


async def test_a_name_that_nobody_has_brings_near_ones_of_both(play: Play) -> None:
    """Not found, exit code 3; a kind that may not be seen hides nothing of the other."""
    world, here = play(None, ("setpointrollouts", recipe()))
    error = await raised(status("recip", connection=here))
    assert isinstance(error, UnknownPLC)
    assert 'no SetpointRollout or Rollout "recip" in namespace plant: did you mean recipe?' in str(error)
    world.denied = {"rollouts"}
    assert await status("recipe", connection=here) == 0
    world.denied |= {"setpointrollouts"}
    assert isinstance(await raised(status("recipe", connection=here)), Denied)


async def test_both_kinds_stand_in_one_list(play: Play, capsys: Any) -> None:
    """With what fits both; by name each as kubectl calls it; what the cluster has not is left out."""
    world, here = play(None, ("setpointrollouts", recipe()))
    scope = Looking(kubeconfig=here.kubeconfig)
    assert await list_(scope=scope) == 0
    rows = [line.split()[:6] for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [
        ["recipe", "SetpointRollout", "Done", "-", "5/5", "-"],
        ["hmi", "Rollout", "Paused", "1/5", "20%", "5/5"],
    ]
    assert await list_(output=Format.NAME, scope=scope) == 0
    assert capsys.readouterr().out == "setpointrollout.fabgitops.io/recipe\nrollout.fabgitops.io/hmi\n"
    assert await list_(output=Format.CSV, scope=scope) == 0
    assert capsys.readouterr().out.splitlines()[2].startswith("hmi,Rollout,Paused,1/5,20%,5/5,")
    world.served -= {"setpointrollouts"}
    assert await list_(scope=scope) == 0
    assert "recipe" not in capsys.readouterr().out


async def test_both_kinds_of_several_clusters_stand_in_one_list(play: Play, capsys: Any) -> None:
    """Each row with its context, and one list for programs."""
    _, here = play(None, ("setpointrollouts", recipe()))
    assert here.kubeconfig is not None
    config = json.loads(here.kubeconfig.read_text())
    config["contexts"].append({**config["contexts"][0], "name": "y"})
    here.kubeconfig.write_text(json.dumps(config))
    scope = Looking(kubeconfig=here.kubeconfig, all_contexts=True)
    assert await list_(scope=scope) == 0
    rows = [line.split()[:3] for line in capsys.readouterr().out.splitlines()[1:]]
    kinds = (("recipe", "SetpointRollout"), ("hmi", "Rollout"))
    assert rows == [[context, *each] for context in ("x", "y") for each in kinds]
    assert await list_(output=Format.NAME, scope=scope) == 0
    assert capsys.readouterr().out.splitlines()[1] == "rollout.fabgitops.io/hmi"


async def test_a_list_says_what_it_may_not_see(play: Play, capsys: Any) -> None:
    """But not of a kind that the cluster has not: the API server refuses that as well."""
    world, here = play(None, ("setpointrollouts", recipe()))
    world.denied = {"rollouts"}
    assert await list_(scope=Looking(kubeconfig=here.kubeconfig)) == 0
    shown = capsys.readouterr()
    assert ("recipe" in shown.out, "Rollouts are left out: me may not list" in shown.err) == (True, True)
    world.served -= {"rollouts"}
    assert await list_(scope=Looking(kubeconfig=here.kubeconfig)) == 0
    assert capsys.readouterr().err == ""


async def test_it_is_drawn_with_what_it_owns(play: Play, capsys: Any) -> None:
    """By get and by tree; what may not be listed is said in its place."""
    world, here = play()
    for draw in (get("hmi", connection=here), tree("hmi", connection=here), tree("rollout/hmi", connection=here)):
        await draw
        assert "pod hmi-bb22-y  CrashLoopBackOff, 0/1 ready, 3 restarts" in capsys.readouterr().out
    await tree("rollout/hmi", output=Format.NAME, connection=here)
    names = ["rollout.fabgitops.io/hmi", "replicaset.apps/hmi-bb22", "replicaset.apps/hmi-aa11", "pod/hmi-bb22-y"]
    assert capsys.readouterr().out.splitlines() == names
    world.denied = {"pods"}
    await get("hmi", connection=here)
    out = capsys.readouterr().out
    assert ("revision #2" in out, "pods  me may not list pods" in out) == (True, True)


async def test_plan_and_history_of_a_workload(play: Play, capsys: Any) -> None:
    """Steps as the spec says them; revisions and decisions; for a spreadsheet the decisions."""
    _, here = play()
    await plan("hmi", connection=here)
    assert "2   under way   pause until promoted" in capsys.readouterr().out
    await history("hmi", connection=here)
    out = capsys.readouterr().out
    assert ("registry/hmi:1" in out, "StepDone" in out) == (True, True)
    await history("hmi", printing=Printing(no_headers=True), connection=here)
    assert capsys.readouterr().out.splitlines()[0].split()[:3] == ["2", "bb22", "canary"]
    await history("hmi", output=Format.CSV, connection=here)
    assert capsys.readouterr().out.splitlines()[0] == "At,Stage,Step,Rule,Input,Outcome,Revision"


def obeying(world: World, **status_: Any) -> Callable[[Body], None]:
    """Return an operator that makes this of a word."""

    def obey(body: Body) -> None:
        body["status"] = {**body["status"], **status_}

    return obey


COLOURS: Body = {"strategy": {"blueGreen": {"activeService": "hmi"}}, "currentStepIndex": None}
SWITCHED = {"blueGreen": {"activeSelector": "bb22"}, "pauseConditions": []}
DONE = {"stableRS": "bb22", "phase": "Completed"}


@pytest.mark.parametrize(
    ("given", "say", "annotation", "value", "then"),
    [
        (rollout(), promote, "promote", "bb22/1", {"currentStepIndex": 2, "phase": "Progressing"}),
        (rollout(blueGreen={"activeSelector": "aa11"}, **COLOURS), promote, "promote", "bb22/preview", SWITCHED),
        (rollout(blueGreen={"activeSelector": "bb22"}, **COLOURS), promote, "promote", "bb22/active", DONE),
        (rollout("Progressing"), abort, "abort", "bb22", {"abort": True, "phase": "Failed"}),
        (rollout("Failed", abort=True, abortedAt=AT), retry, "retry", f"bb22/{AT}", {"abort": False}),
    ],
)
async def test_a_word_names_what_it_is_about(
    play: Play, capsys: Any, given: Body, say: Any, annotation: str, value: str, then: Body
) -> None:
    """Revision and step, or when it was given up; it is waited for until the operator has heard of it."""
    world, here = play(given)
    world.after = obeying(world, **then)
    assert await say("hmi", asking=YES, connection=here) == 0
    ((_, patch),) = world.patches
    assert patch["metadata"]["annotations"] == {f"{MARK}/{annotation}": value}
    assert patch["metadata"]["uid"] == "u"
    assert capsys.readouterr().out.splitlines()[-1].startswith("hmi: ")


async def test_where_it_waits_is_said_once(play: Play, capsys: Any) -> None:
    """Not the step, and then the step again in what the rollout says of itself; for promote as for pause."""
    world, here = play()
    assert await promote("hmi", asking=YES, wait=False, connection=here) == 0
    assert capsys.readouterr().out.count("step 2 of 5: ") == 1
    world.after = obeying(world, phase="Paused", pauseConditions=[], message="step 2 of 5: paused by annotation: hot")
    assert await pause("hmi", reason="hot", scope=Scope(kubeconfig=here.kubeconfig)) == 0
    assert "hmi: paused, step 2 of 5: paused by annotation: hot" in capsys.readouterr().out


async def test_all_that_is_left_is_skipped(play: Play, capsys: Any) -> None:
    """By promote --full, also of what was given up."""
    world, here = play(rollout("Failed", abort=True, abortedAt=AT))
    assert await promote("hmi", full=True, asking=YES, wait=False, connection=here) == 0
    assert world.patches[0][1]["metadata"]["annotations"] == {f"{MARK}/promote": "bb22/full"}
    assert "it was given up, and begins again; it gets everything" in capsys.readouterr().out


GIVEN_UP: Body = {"abort": True, "abortedAt": AT}
PAUSED = {f"{MARK}/pause": "hot"}
LOST: Body = {
    "message": "the ReplicaSet of the proven revision aa11 is gone: fabctl rollout promote hmi --full",
    "conditions": [{"type": "Stalled", "status": "True", "reason": "StableLost"}],
}


async def test_what_is_lost_is_done_without(play: Play, capsys: Any) -> None:
    """Who promotes in full what has lost its proven version reads that beforehand."""
    world, here = play(rollout("Failed", **LOST))
    world.after = lambda body: body["status"].update(stableRS="")
    assert await promote("hmi", full=True, asking=YES, connection=here) == 0
    assert world.patches[0][1]["metadata"]["annotations"] == {f"{MARK}/promote": "bb22/full"}
    assert "the proven version, which is lost, is done without; it gets everything" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "say", "said"),
    [
        (rollout("Completed", stableRS="bb22"), promote, "nothing is under way, it is Completed"),
        (rollout("Completed", stableRS="bb22"), abort, "nothing is under way"),
        (rollout("Initializing", stableRS=""), abort, "its first version has nothing to go back to"),
        (rollout("Progressing"), promote, "it waits for nobody, it is Progressing"),
        (rollout("Failed", abort=True, abortedAt=AT), abort, "it was given up already"),
        (rollout(), retry, "nothing was given up, it is Paused"),
    ],
)
async def test_what_makes_no_sense_is_told_and_not_said(
    play: Play, capsys: Any, given: Body, say: Any, said: str
) -> None:
    """As with set-points: exit code 0, and nothing is written."""
    world, here = play(given)
    assert await say("hmi", asking=YES, connection=here) == 0
    assert said in capsys.readouterr().out
    assert world.patches == []


@pytest.mark.parametrize(
    ("given", "say", "said"),
    [
        (rollout("Failed", abort=True, abortedAt=AT), promote, "fabctl rollout retry hmi, or promote it with --full"),
        (rollout(annotations={f"{MARK}/pause": "hot"}), promote, "it is paused: fabctl rollout resume hmi"),
        (rollout(spec={"paused": True}), promote, "set spec.paused to false in Git"),
        (rollout(observedGeneration=1), abort, "has not looked at it since it changed"),
        (rollout("Failed", **LOST), promote, "is gone: fabctl rollout promote hmi --full"),
        (rollout("Failed", **LOST), abort, "is gone: fabctl rollout promote hmi --full"),
        (rollout("Failed", **GIVEN_UP, **LOST), retry, "is gone: fabctl rollout promote hmi --full"),
        (rollout("Failed", **GIVEN_UP, **LOST), promote, "is gone: fabctl rollout promote hmi --full"),
        (rollout("Failed", **GIVEN_UP, annotations=PAUSED), retry, "it is paused: fabctl rollout resume hmi"),
        (rollout("Failed", **GIVEN_UP, annotations=PAUSED), promote, "it is paused: fabctl rollout resume hmi"),
        (rollout("Failed", **GIVEN_UP, spec={"paused": True}), retry, "set spec.paused to false in Git"),
        (rollout(), approve, "hmi is a Rollout: its template is agreed to in Git"),
    ],
)
async def test_what_has_to_wait_is_refused(play: Play, given: Body, say: Any, said: str) -> None:
    """With what is to be done first, and exit code 1."""
    world, here = play(given)
    error = await raised(say("hmi", asking=YES, connection=here))
    assert isinstance(error, Unhandled)
    assert said in str(error)
    assert world.patches == []


async def test_a_word_for_another_revision_is_not_said(play: Play, monkeypatch: Any) -> None:
    """While somebody looks, Git wants something else: nothing is written."""
    world, here = play()

    def slow(*_: Any) -> None:
        world.objects["rollouts", "hmi"] = rollout(currentPodHash="cc33")

    monkeypatch.setattr(Asking, "declined", slow)
    error = await raised(abort("hmi", asking=YES, connection=here))
    assert "it changed while you looked at it, now it is Paused, step 2 of 5" in str(error)
    assert world.patches == []


async def test_an_operator_that_knows_better_is_believed(play: Play, capsys: Any) -> None:
    """A word that came too late, or is for what is no more, is exit code 1."""
    world, here = play()
    world.after = obeying(world, heard=["promote=bb22/1"])
    assert await promote("hmi", asking=YES, connection=here) == 1
    assert "it came too late" in capsys.readouterr().out
    world.after = obeying(world, currentPodHash="cc33")
    assert await abort("hmi", asking=YES, connection=here) == 1
    assert "Git wants something else by now, revision cc33" in capsys.readouterr().out


async def test_both_kinds_are_paused_and_go_on(play: Play, capsys: Any) -> None:
    """By name and all of them; what is paused says why, and what was not is not touched."""
    world, here = play(rollout("Progressing"), ("setpointrollouts", recipe()))
    world.after = obeying(world, phase="Paused", message="paused by annotation: hot")
    scope = Scope(kubeconfig=here.kubeconfig)
    assert await pause(all_=True, reason="hot", scope=scope) == 0
    assert sorted(name for name, _ in world.patches) == ["rollouts/hmi", "setpointrollouts/recipe"]
    assert {patch["metadata"]["annotations"][f"{MARK}/pause"] for _, patch in world.patches} == {"hot"}
    assert "hmi: paused, step 2 of 5: paused by annotation: hot" in capsys.readouterr().out
    world.patches.clear()
    world.after = obeying(world, phase="Progressing", message="goes on")
    assert await resume("hmi", asking=YES, scope=scope) == 0
    assert world.patches == [("rollouts/hmi", {"metadata": {"annotations": {f"{MARK}/pause": None}}})]
    assert "hmi: goes on, Progressing: goes on" in capsys.readouterr().out


async def test_what_waits_at_a_step_is_not_said_to_go_on(play: Play, capsys: Any) -> None:
    """A pause on top of that of a step, and its end, change nothing by themselves: what was said before is not told."""
    _, here = play()
    scope = Scope(kubeconfig=here.kubeconfig)
    assert await pause("hmi", reason="hot", scope=scope) == 0
    assert "hmi: it waits already, step 2 of 5; and then until fabctl rollout resume" in capsys.readouterr().out
    assert await resume("hmi", asking=YES, scope=scope) == 0
    told = capsys.readouterr().out
    assert "hmi: resumed; it waits at step 2 of 5 all the same: fabctl rollout promote hmi ends that" in told
    assert "goes on, Paused" not in told


@pytest.mark.parametrize("command", [get, status, promote, undo, history])
async def test_a_rollout_of_argo_rollouts_is_told_from_none(play: Play, command: Any) -> None:
    """Somebody changes the controller and keeps the manifests: it is said what shows those, not that there is none."""
    world, here = play()
    world.argos = {"panel"}
    error = await raised(command("panel", connection=here))
    assert isinstance(error, UnknownPLC)
    assert "panel in namespace plant is a Rollout of argoproj.io" in str(error)
    assert str(error).endswith("kubectl argo rollouts get rollout panel -n plant")
    assert 'no SetpointRollout or Rollout "other"' in str(await raised(command("other", connection=here)))


async def test_a_stop_of_all_says_what_it_could_not_stop(play: Play, capsys: Any) -> None:
    """What may be seen is stopped, and the exit code is that of what may not."""
    world, here = play(None, ("setpointrollouts", recipe()))
    world.denied = {"rollouts"}
    world.after = obeying(world, phase="Paused")
    assert await pause(all_=True, reason="hot", scope=Scope(kubeconfig=here.kubeconfig)) == Denied.code
    assert [name for name, _ in world.patches] == ["setpointrollouts/recipe"]
    assert "Rollouts are left out" in capsys.readouterr().err


async def test_what_waits_for_a_promotion_is_not_resumed(play: Play, capsys: Any) -> None:
    """It says what does let it go on, with exit code 1; one that Git pauses is told likewise."""
    world, here = play()
    assert await resume("hmi", asking=YES, scope=Scope(kubeconfig=here.kubeconfig)) == 1
    assert "it waits for a promotion: fabctl rollout promote hmi" in capsys.readouterr().out
    assert world.patches == []


async def test_undo_declares_the_earlier_template_whole(play: Play, capsys: Any) -> None:
    """Without the operator's label, what it had not goes as well, and only of the version that was looked at."""
    body = rollout()
    body["spec"]["template"]["spec"]["dnsPolicy"] = "Default"
    world, here = play(body)
    assert await undo("hmi", asking=YES, connection=here) == 0
    ((_, patch),) = world.patches
    assert patch["metadata"] == {"uid": "u", "resourceVersion": "7"}
    assert world.objects["rollouts", "hmi"]["spec"]["template"] == template(1)
    assert HASH not in str(patch)
    out = capsys.readouterr().out
    assert "spec.template.spec.containers[hmi].image   registry/hmi:2   registry/hmi:1" in out
    assert "template of revision #1 again: fabctl rollout status hmi -w" in out


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "line:apps/x"}}, "Argo CD, application line keeps it"),
        (
            {"labels": {"app.kubernetes.io/instance": "line"}, "managed": ["argocd-controller"]},
            "Argo CD, application line keeps it",
        ),
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "Flux, Kustomization flux-system/apps keeps it",
        ),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "hmi"}}, "Flux, a HelmRelease keeps it"),
        ({"managed": ["kustomize-controller"]}, "Flux keeps it"),
    ],
)
async def test_what_git_keeps_is_not_undone(play: Play, capsys: Any, marks: Body, said: str) -> None:
    """It is said which field goes back to which image by git revert; nothing is written."""
    world, here = play(rollout(**marks))
    error = await raised(undo("hmi", asking=YES, connection=here))
    assert said in str(error)
    assert "git revert the commit that brought revision #2; until then fabctl rollout undo hmi --hold" in str(error)
    assert "containers[hmi].image   registry/hmi:2   registry/hmi:1" in capsys.readouterr().out
    assert world.patches == []


async def test_pods_of_a_deployment_go_back_with_it(play: Play, capsys: Any) -> None:
    """The Rollout has no template of its own: the command for the Deployment is said, and nothing is written."""
    body = rollout("Completed", stableRS="bb22", proven=["aa11"], selector="app=hmi")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "old-hmi"}
    body["spec"] = {"replicas": 5, "workloadRef": reference, "strategy": body["spec"]["strategy"]}
    world, here = play(body)
    error = await raised(undo("hmi", asking=YES, connection=here))
    assert "kubectl rollout undo deployment/old-hmi -n plant --to-revision N (as kubectl rollout history" in str(error)
    assert "--hold" not in str(error)  # nothing is under way that could be rejected
    assert world.patches == []
    out = capsys.readouterr().out
    assert ("Pods of:   Deployment old-hmi" in out, "Changes" in out) == (True, False)
    await get("hmi", connection=here)
    assert "pod hmi-bb22-y" in capsys.readouterr().out  # found by the selector that the status has


async def test_a_helm_release_of_somebody_alone_is_undone(play: Play) -> None:
    """The label of an instance says nothing of GitOps by itself."""
    world, here = play(rollout(labels={"app.kubernetes.io/instance": "line"}, managed=["helm"]))
    assert await undo("hmi", asking=YES, connection=here) == 0
    assert len(world.patches) == 1


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        (abort, {}, {f"{MARK}/abort": "bb22"}),
        (retry, {"abort": True, "abortedAt": AT}, {f"{MARK}/abort": None, f"{MARK}/retry": f"bb22/{AT}"}),
    ],
)
async def test_words_of_before_are_taken_away(play: Play, command: Any, more: Body, said: Body) -> None:
    """What stands there from before counts no more, and would be told as a stale word when it waits there again."""
    before = {f"{MARK}/promote": "bb22/1", **({f"{MARK}/abort": "bb22"} if more else {})}
    world, here = play(rollout("Failed" if more else "Paused", annotations=before, **more))
    assert await command("hmi", wait=False, asking=YES, connection=here) == 0
    assert world.patches[-1][1]["metadata"]["annotations"] == {f"{MARK}/promote": None, **said}


async def test_hold_rejects_the_revision(play: Play) -> None:
    """Also where Git keeps it: the word is an annotation, and Git may go on wanting it."""
    world, here = play(rollout(managed=["argocd-controller"]))
    assert await undo("hmi", hold=True, wait=False, asking=YES, connection=here) == 0
    assert world.patches[0][1]["metadata"]["annotations"] == {f"{MARK}/abort": "bb22"}


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("hmi", 9, "there is no revision #9: there are #2, #1"),
        ("hmi", 2, "revision #2 is what is declared already"),
        ("recipe", None, "recipe is a SetpointRollout: set-points go back by Git"),
    ],
)
async def test_no_way_back_is_told(play: Play, name: str, number: int | None, said: str) -> None:
    """Which revisions there are, or what goes back otherwise; nothing is written."""
    world, here = play(None, ("setpointrollouts", recipe()))
    error = await raised(undo(name, to_revision=number, asking=YES, connection=here))
    assert said in str(error)
    assert world.patches == []


BACK = ("aa11", 1), ("bb22", 2), ("cc33", 3), ("dd44", 4)


def at_rest(**more: Any) -> Body:
    """Return a Rollout at revision 4, after 1 was proven, 2 was given up, and 3 was proven."""
    return rollout("Completed", **{"currentPodHash": "dd44", "stableRS": "dd44", "proven": ["aa11", "cc33"], **more})


@pytest.mark.parametrize(
    ("more", "number", "force", "to"),
    [
        ({}, None, False, 3),
        ({"proven": ["cc33", "aa11"]}, None, False, 1),
        ({"proven": ["aa11"]}, None, False, 1),
        ({"stableRS": "cc33", "proven": ["aa11"]}, None, False, 3),
        ({"stableRS": "", "proven": ["aa11"]}, None, False, 1),
        ({}, 1, False, 1),
        ({}, 2, True, 2),
    ],
)
async def test_undo_goes_to_what_was_proven(play: Play, more: Body, number: int | None, force: bool, to: int) -> None:
    """The last that was proven before, never one that was given up, unless somebody says so."""
    others = [("replicasets", replica_set(each, hash_, 0)) for hash_, each in BACK]
    world, here = play(at_rest(**more), *others)
    assert await undo("hmi", to_revision=number, force=force, asking=YES, connection=here) == 0
    assert world.objects["rollouts", "hmi"]["spec"]["template"] == template(to)


@pytest.mark.parametrize(
    ("more", "number", "said"),
    [
        ({}, 2, "revision #2 was never proven, or was given up since: proven are #4, #3, #1; --force goes to it all"),
        (
            {"proven": []},
            None,
            "no earlier revision that was proven; of #3, #2, #1 none is known to be: --to-revision N",
        ),
        ({"proven": ["gone"]}, None, "there is no earlier revision that was proven; of #3, #2, #1"),
    ],
)
async def test_what_was_never_proven_is_no_way_back(play: Play, more: Body, number: int | None, said: str) -> None:
    """It is refused by its number, and how to go there all the same is said; nothing is written."""
    others = [("replicasets", replica_set(each, hash_, 0)) for hash_, each in BACK]
    world, here = play(at_rest(**more), *others)
    assert said in str(await raised(undo("hmi", to_revision=number, asking=YES, connection=here)))
    assert world.patches == []


async def test_undo_of_what_changes_meanwhile_writes_nothing(play: Play, monkeypatch: Any) -> None:
    """Somebody pushes while the question stands there."""
    world, here = play()

    def slow(*_: Any) -> None:
        world.objects["rollouts", "hmi"]["spec"]["template"] = template(3)

    monkeypatch.setattr(Asking, "declined", slow)
    error = await raised(undo("hmi", asking=YES, connection=here))
    assert "it changed while you looked at it: nothing was undone" in str(error)
    assert world.patches == []


@pytest.mark.parametrize(
    ("last", "code"), [({"phase": "Completed", "stableRS": "bb22"}, 0), ({"phase": "Failed", "abort": True}, 1)]
)
async def test_status_waits_until_it_is_over(play: Play, capfd: Any, last: Body, code: int) -> None:
    """A line for each change; 0 when it is done, 1 when it has failed."""
    world, here = play()
    world.tell("rollouts", rollout("Progressing", message="step 3 of 5"))
    world.objects["rollouts", "hmi"] = rollout()
    world.watch("rollouts").put({"type": "MODIFIED", "object": rollout(**{"message": "it is over", **last})})
    assert await status("hmi", watch=True, timeout=60, connection=here) == code
    lines = [line.partition("Z   ")[2] for line in capfd.readouterr().out.splitlines()]
    assert lines[1:3] == ["Progressing   step 3 of 5", f"{last['phase']}   it is over"]


async def test_status_does_not_wait_for_ever(play: Play) -> None:
    """--timeout ends it with exit code 6, and says why it is not done."""
    _, here = play()
    error = await raised(status("hmi", watch=True, timeout=0.2, connection=here))
    assert isinstance(error, Late)
    assert "hmi: not done within 0.2 s: step 2 of 5: paused" in str(error)


def test_a_watch_is_three_watches_and_no_polling(play: Play, tmp_path: Path) -> None:
    """Of the Rollout, its ReplicaSets and its pods; in a pipe a line for each change and each decision."""
    world, here = play(rollout(message="one"))
    fabctl = str(Path(sys.executable).with_name("fabctl"))
    command = [fabctl, "rollout", "get", "hmi", "-w", "--interval", "0.1"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(here.kubeconfig)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline().endswith("   one\n")
        world.tell("pods", pod("hmi-bb22-w", "bb22"))
        decided = [{"at": AT, "stage": "Paused", "rule": "Promote", "outcome": "step 3 begins"}]
        world.tell("rollouts", rollout("Progressing", message="two", decisions=decided))
        assert ran.stdout.readline() == f"{AT}   Paused   Promote   step 3 begins\n"
        assert ran.stdout.readline().endswith("   two\n")
        ran.send_signal(signal.SIGINT)
        assert ran.communicate(timeout=60) == ("", "")
    assert ran.returncode == 130
    for plural in ("rollouts", "replicasets", "pods"):
        assert (world.asked.count(f"watch {plural}"), world.asked.count(f"list {plural}") <= 2) == (1, True)


@pytest.mark.parametrize(
    ("language", "line"), [("C.UTF-8", "│   └── pod hmi-bb22-y"), ("C", "o step 2  pause until promoted")]
)
def test_a_tree_is_drawn_as_the_terminal_can(play: Play, tmp_path: Path, language: str, line: str) -> None:
    """With lines and marks in UTF-8 and in colours where they are wanted, and in ASCII where that is all there is."""
    _, here = play()
    fabctl = str(Path(sys.executable).with_name("fabctl"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": language, "FORCE_COLOR": "1"}
    command = [fabctl, "rollout", "get", "hmi", "--kubeconfig", str(here.kubeconfig)]
    ran = subprocess.run(command, capture_output=True, check=True, env=environment)
    said = ran.stdout.decode()
    assert ("\x1b[" in said, said.isascii()) == (True, language == "C")
    assert line in re.sub("\x1b\\[[0-9;]*m", "", said)
