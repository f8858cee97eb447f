"""Experiments that are ended, stopped, listed and drawn; and agents."""

import json
import threading
import time
from typing import Any

import pytest
from fabctl.asking import Asking
from fabctl.commands.chaos.abort import abort
from fabctl.commands.chaos.agents import agents
from fabctl.commands.chaos.get import get
from fabctl.commands.chaos.list import list as list_
from fabctl.commands.chaos.stop import stop
from fabctl.errors import Denied, UnknownPLC, UsageError
from fabctl.options import Anywhere, Format, Looking, Scope

from .plant import AT, CHAOS, ENDED, POLICY, SOURCED, Play, agent, experiment, obeying, policy, raised

YES = Asking(yes=True)


async def test_abort_ends_some_or_all(play: Play, capsys: Any) -> None:
    """Without asking; each says how it ended; those that are over are left alone."""
    there = [experiment("Running"), experiment("Running", "other"), experiment("Completed", "done", verdict="Passed")]
    world, here = play(*((CHAOS, each) for each in there))
    obeying(world)
    scope = Scope(kubeconfig=here.kubeconfig)
    assert await abort("chaos/kill", "done", scope=scope) == 0
    out = capsys.readouterr().out
    assert "done: it is over already, Completed, Passed" in out
    assert "kill: over, Aborted, Inconclusive: it was ended by spec.abort; nothing of it is left" in out
    assert await abort(all_=True, dry_run=True, scope=scope) == 0
    assert "nothing was ended (--dry-run)" in capsys.readouterr().out
    assert await abort(all_=True, scope=scope) == 0
    assert sorted(path for path, _ in world.patches) == [f"{CHAOS}/kill", f"{CHAOS}/other"]
    assert await abort(all_=True, scope=scope) == 0
    assert capsys.readouterr().err == "None of them is going on.\n"
    assert isinstance(await raised(abort("non", scope=scope)), UnknownPLC)


async def test_abort_says_when_nobody_answers(play: Play, capsys: Any) -> None:
    """Exit code 6, and that it ends by itself all the same; --no-wait only asks."""
    _, here = play((CHAOS, experiment("Running")))
    scope = Scope(kubeconfig=here.kubeconfig)
    assert await abort("kill", timeout=0.2, scope=scope) == 6
    assert "ends 30 s after its last renewal, whoever is away" in capsys.readouterr().err
    assert await abort("kill", wait=False, scope=scope) == 0
    assert capsys.readouterr().out == "kill: asked to end\n"


async def test_stop_switches_off_and_ends_all(play: Play, capsys: Any) -> None:
    """The policy first, then each experiment of each namespace; it says how to allow it again."""
    there = [experiment("Running"), experiment("Pending", "other"), experiment("Completed", "done")]
    there[1]["metadata"]["namespace"] = "line-2"
    world, here = play(POLICY, *((CHAOS, each) for each in there))
    obeying(world)
    assert await stop(asking=Asking(dry_run=True), connection=here) == 0
    out = capsys.readouterr().out
    assert ("ChaosPolicy:  enabled: true, will be false" in out, "To be ended (2)" in out) == (True, True)
    assert "nothing was stopped (--dry-run)" in out
    assert world.patches == []
    assert await stop(asking=YES, connection=here) == 0
    first, *others = [path for path, _ in world.patches]
    assert (first, sorted(others)) == ("chaospolicies/default", [f"{CHAOS}/kill", f"{CHAOS}/other"])
    out = capsys.readouterr().out
    assert "line-2/other: over, Aborted" in out
    assert "all chaos is over" in out
    assert "kubectl patch chaospolicy default" in out
    assert await stop(asking=YES, connection=here) == 0
    assert "enabled: false already" in capsys.readouterr().out
    assert isinstance(await raised(stop(connection=here)), UsageError)


async def test_stop_ends_what_begins_meanwhile(play: Play, capsys: Any) -> None:
    """One that was made while somebody looked is ended like the others."""
    world, here = play(POLICY)
    obeying(world)
    obey = world.after

    def begin(body: Any) -> None:
        if "enabled" in body["spec"]:
            world.objects[CHAOS, "late"] = experiment("Running", "late")
        obey(body)

    world.after = begin
    assert await stop(asking=YES, connection=here) == 0
    assert "plant/late: over, Aborted" in capsys.readouterr().out


async def test_stop_does_what_is_allowed(play: Play, capsys: Any) -> None:
    """Who may not touch the policy ends the experiments all the same, is told so, and gets exit code 4."""
    world, here = play(POLICY, (CHAOS, experiment("Running")))
    obeying(world)
    world.denied = {"chaospolicies"}
    assert await stop(asking=YES, connection=here) == 4
    told = capsys.readouterr()
    assert "kill: over, Aborted" in told.out
    assert "the ChaosPolicy stays as it is, so that experiments may begin: me may not patch" in told.err
    assert "to allow it again" not in told.out


@pytest.mark.parametrize("names", [("kill",), ("kill", "other")])
async def test_stop_of_what_the_policy_ends(play: Play, capsys: Any, names: tuple[str, ...]) -> None:
    """Where experiments may not be told to end, the policy ends them: why is said, it is waited for, exit code 0."""
    world, here = play(POLICY, *((CHAOS, experiment("Running", name)) for name in names))
    world.sourced = set(names)

    def end() -> None:
        while "watch chaosexperiments" not in world.asked:
            time.sleep(0.01)
        for name in names:
            world.stands("Aborted", name, **ENDED)

    threading.Thread(target=end, daemon=True).start()
    assert await stop(asking=YES, connection=here) == 0
    told = capsys.readouterr()
    for name in names:
        assert f"plant/{name}: over, Aborted" in told.out
        assert f"plant/{name}: not told to end, but ends, for no ChaosPolicy allows it: " in told.err
    assert ("all chaos is over" in told.out, SOURCED in told.err) == (True, True)
    assert "not all of it" not in told.err


async def test_stop_of_what_the_policy_ends_may_not_be_waited_for(play: Play, capsys: Any) -> None:
    """With --no-wait nothing is said to be asked that was not."""
    world, here = play(POLICY, (CHAOS, experiment("Running")))
    world.sourced = {"kill"}
    assert await stop(asking=YES, wait=False, connection=here) == 0
    assert "asked to end" not in capsys.readouterr().out


async def test_abort_of_what_may_not_be_ended_says_why(play: Play) -> None:
    """What the API server says of it, where that is no missing right; exit code 4."""
    world, here = play((CHAOS, experiment("Running")))
    world.sourced = {"kill"}
    error = await raised(abort("kill", scope=Scope(kubeconfig=here.kubeconfig)))
    assert (error.code, SOURCED in str(error), "ask for a role" in str(error)) == (4, True, False)


async def test_stop_of_who_may_not_see_experiments(play: Play, capsys: Any) -> None:
    """The policy is switched off, which ends them; that they were not told to end is said, exit code 4."""
    world, here = play(POLICY, (CHAOS, experiment("Running")))
    world.denied = {CHAOS}
    assert await stop(asking=YES, connection=here) == 4
    told = capsys.readouterr()
    assert "Experiments:  not known: me may not list" in told.out
    assert "nothing begins any more" in told.out
    assert "nothing was told to end: me may not list" in told.err


async def test_stop_tells_what_is_over_and_what_is_not(play: Play, capsys: Any) -> None:
    """Where an operator does not answer: exit code 6; and that Git would switch the policy on again is said before."""
    kept = policy()
    kept["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "chaos:x"}
    world, here = play(("chaospolicies", kept), (CHAOS, experiment("Running")), (CHAOS, experiment("Running", "other")))

    def obey(body: Any) -> None:
        if body["metadata"]["name"] == "other":
            body["status"] = {"phase": "Aborted", **ENDED}

    world.after = obey
    assert await stop(asking=YES, timeout=0.4, connection=here) == 6
    told = capsys.readouterr()
    assert "Argo CD, application chaos keeps it as Git has it: set enabled: false there, too" in told.out
    assert ("plant/other: over" in told.out, "plant/kill: asked to end" in told.err) == (True, True)
    assert "all chaos is over" not in told.out


async def test_stop_without_anything_to_stop(play: Play, capsys: Any) -> None:
    """No policy and no experiment: that is said."""
    _, here = play()
    assert await stop(asking=YES, connection=here) == 0
    out = capsys.readouterr().out
    assert ("there is none, so nothing begins" in out, "no chaos was going on" in out) == (True, True)
    assert "to allow it again" not in out


async def test_experiments_are_listed_and_drawn(play: Play, capsys: Any) -> None:
    """As a table, a tree, and for programs; where there is none that is said."""
    _, here = play((CHAOS, experiment("Running", endsAt="2026-01-01T00:01:00Z", selected="1/3")))
    scope = Looking(kubeconfig=here.kubeconfig)
    assert await list_(scope=scope) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["kill", "podKiller", "Running", "-", "1/3"]
    assert await list_(output=Format.NAME, scope=scope) == 0
    assert capsys.readouterr().out == "chaosexperiment.fabgitops.io/kill\n"
    assert await get("kill", connection=here) == 0
    assert "experiment kill  Running" in capsys.readouterr().out
    assert await get("kill", output=Format.JSON, connection=here) == 0
    assert json.loads(capsys.readouterr().out)["metadata"]["name"] == "kill"
    error = await raised(get("kil", connection=here))
    assert (type(error), "did you mean kill?" in str(error)) == (UnknownPLC, True)


async def test_agents_are_listed(play: Play, capsys: Any) -> None:
    """By their Leases, of whichever namespace; none is no error, and no right is one."""
    world, here = play(("leases", agent("n1", AT, networkDelay="nfqueue")))
    where = Anywhere(kubeconfig=here.kubeconfig)
    assert await agents(connection=where) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["n1", "silent"]
    assert await agents(output=Format.NAME, connection=where) == 0
    assert capsys.readouterr().out == "lease.coordination.k8s.io/fabgitops-agent-n1\n"
    world.objects.pop(("leases", "fabgitops-agent-n1"))
    assert await agents(connection=where) == 0
    assert "no agent has said anything" in capsys.readouterr().err
    world.denied = {"leases"}
    assert isinstance(await raised(agents(connection=where)), Denied)
