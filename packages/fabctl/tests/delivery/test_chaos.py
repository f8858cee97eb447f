"""Experiments that are run, followed and ended, on an API server whose operator is played."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fabctl.commands.chaos import ending, following, reading
from fabctl.commands.chaos.get import get
from fabctl.commands.chaos.run import run
from fabctl.errors import Denied, Late, NotInstalled, NotTaken, UnknownPLC, UsageError
from fabctl.options import Connection, Format

from .plant import (
    CHAOS,
    POLICY,
    SPEC,
    Play,
    experiment,
    manifest,
    obeying,
    operated,
    raised,
    target,
)

COMMAND = Path(sys.executable).with_name("fabctl")


async def test_it_is_made_and_left_alone(play: Play, file: Any, capsys: Any) -> None:
    """Without --wait it says how to follow and how to end it; the name is that of the manifest, or a given one."""
    world, here = play(POLICY)
    assert await run(file(), connection=here) == 0
    out = capsys.readouterr().out
    assert "kill: made in namespace plant: podKiller" in out
    assert "fabctl chaos get kill -n plant -w follows it, fabctl chaos abort kill -n plant ends it" in out
    assert world.objects[CHAOS, "kill"]["metadata"]["namespace"] == "plant"
    assert await run(file(), name="kill-2", output=Format.NAME, connection=here) == 0
    assert capsys.readouterr().out == "chaosexperiment.fabgitops.io/kill-2\n"


async def test_a_second_run_needs_another_name(play: Play, file: Any) -> None:
    """One that is there already is no other run: how that one stands is said, and what to do; exit code 8."""
    world, here = play(POLICY, (CHAOS, experiment("Completed", verdict="Passed")))
    error = await raised(run(file(), connection=here))
    assert (error.code, "it is Completed, Passed" in str(error), "--name kill-2" in str(error)) == (8, True, True)
    world.objects[CHAOS, "kill"] = experiment("Running")
    assert "fabctl chaos get kill -w follows it" in str(await raised(run(file(), connection=here)))


async def test_a_name_is_generated(play: Play, file: Any, capsys: Any) -> None:
    """As the API server does it, so that a file can be run again and again."""
    _, here = play(POLICY)
    body = manifest()
    body["metadata"] = {"generateName": "kill-"}
    names = set()
    for _ in range(2):
        assert await run(file(body), output=Format.NAME, connection=here) == 0
        names.add(capsys.readouterr().out.strip().rpartition("/")[2])
    assert len(names) == 2
    assert all(re.fullmatch("kill-[a-z0-9]{5}", name) for name in names)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (("Completed", {"verdict": "Passed"}), 0),
        (("Completed", {"verdict": "Failed"}), 1),
        (("Aborted", {"verdict": "Failed", "reason": "ProbeFailed"}), 1),
        (("Failed", {"verdict": "Inconclusive", "reason": "Lost"}), 7),
        (("Failed", {"verdict": "Inconclusive", "reason": "NoTargets", "startedAt": None}), 7),
        (("Failed", {"verdict": "Inconclusive", "reason": "Denied", "startedAt": None}), 8),
        (("Failed", {"verdict": "Inconclusive", "reason": "Invalid", "startedAt": None}), 8),
        (("Failed", {"verdict": "Inconclusive", "reason": "NotAMock", "startedAt": None}), 8),
        (("Failed", {"verdict": "Inconclusive", "reason": "Invalid"}), 7),
    ],
)
async def test_the_exit_code_is_the_verdict(play: Play, file: Any, capfd: Any, verdict: Any, code: int) -> None:
    """With --wait, and with get -w of one that goes on or is over; what happens is told line by line."""
    world, here = play(POLICY)
    phase, status = verdict
    hit = {"targets": [target("hmi-1")]} if "startedAt" not in status else {}
    operated(world, ("Running", {**hit, "endsAt": "2026-01-01T00:01:00Z"}), (phase, {**hit, **status}))
    assert await run(file(), wait=True, connection=here) == code
    lines = capfd.readouterr().out.splitlines()
    assert [" ".join(line.split()[1:]) for line in lines if "hmi-1" in line] == ["Running Injected hmi-1"] * bool(hit)
    assert phase in lines[-1]
    assert await get("chaos/kill", watch=True, connection=here) == code


async def test_a_program_is_given_what_it_ended_as(play: Play, file: Any, capfd: Any) -> None:
    """With -o json and --wait nothing is drawn: the object as it is when it is over."""
    world, here = play(POLICY)
    operated(world, ("Completed", {"verdict": "Passed"}))
    assert await run(file(), wait=True, output=Format.JSON, connection=here) == 0
    assert json.loads(capfd.readouterr().out)["status"]["verdict"] == "Passed"


async def test_what_is_not_over_in_time_is_ended(play: Play, file: Any, capfd: Any) -> None:
    """--timeout ends it, says so, and is exit code 6."""
    world, here = play(POLICY)
    obeying(world)
    error = await raised(run(file(), wait=True, timeout=0.3, connection=here))
    assert isinstance(error, Late)
    assert "kill: not over within 0.3 s, so it was ended" in str(error)
    assert world.patches == [(f"{CHAOS}/kill", {"metadata": {"uid": "u-kill"}, "spec": {"abort": True}})]
    assert "over, Aborted, Inconclusive: it was ended by spec.abort; nothing of it is left" in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_fabctl_ends_the_experiment(play: Play, file: Any, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM while it waits: it is told to end, which is waited for and said."""
    world, here = play(POLICY)
    obeying(world)
    words = [COMMAND, "chaos", "run", file(), "--wait", "--kubeconfig", str(here.kubeconfig)]
    streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env={**os.environ, "HOME": str(Path(file()).parent)}, **streams) as fabctl:
        assert fabctl.stdout
        assert "no operator has looked at it yet" in fabctl.stdout.readline()
        fabctl.send_signal(number)
        _, err = fabctl.communicate(timeout=60)
    assert (fabctl.returncode, world.objects[CHAOS, "kill"]["spec"]["abort"]) == (128 + number, True)
    assert "to be ended, for nobody follows it any more" in err
    assert "over, Aborted, Inconclusive" in err
    assert "Traceback" not in err


def test_a_second_ctrl_c_does_not_wait(play: Play, file: Any) -> None:
    """Where no operator answers: it was told to end, and fabctl ends at once."""
    _world, here = play(POLICY)
    words = [COMMAND, "chaos", "run", file(), "--wait", "--kubeconfig", str(here.kubeconfig)]
    streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env={**os.environ, "HOME": str(Path(file()).parent)}, **streams) as fabctl:
        assert fabctl.stdout
        assert fabctl.stderr
        fabctl.stdout.readline()
        fabctl.send_signal(signal.SIGINT)
        assert "to be ended, for nobody follows it any more" in fabctl.stderr.readline()
        assert "told to end; Ctrl-C does not wait until it is over" in fabctl.stderr.readline()
        fabctl.send_signal(signal.SIGINT)
        _, err = fabctl.communicate(timeout=60)
    assert (fabctl.returncode, err) == (130, "")


def test_a_pipe_that_nobody_reads_ends_it(play: Play, file: Any) -> None:
    """`fabctl chaos run --wait | head -1` leaves no experiment behind."""
    world, here = play(POLICY)
    obeying(world)
    words = [COMMAND, "chaos", "run", file(), "--wait", "--kubeconfig", str(here.kubeconfig)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as fabctl:
        assert fabctl.stdout
        fabctl.stdout.readline()
        fabctl.stdout.close()
        assert fabctl.wait(60) == 141
    assert world.objects[CHAOS, "kill"]["spec"]["abort"] is True


async def test_what_is_deleted_meanwhile_is_said(play: Play, file: Any, capfd: Any) -> None:
    """It is gone only when nothing of it is left; exit code 3, as of anything that is not there."""
    world, here = play(POLICY)

    def delete() -> None:
        world.made.wait(30)
        while "watch chaosexperiments" not in world.asked:
            time.sleep(0.01)
        world.tell(CHAOS, world.objects[CHAOS, "kill"], "DELETED")

    threading.Thread(target=delete, daemon=True).start()
    error = await raised(run(file(), wait=True, connection=here))
    assert (type(error), "nothing of it is left" in str(error)) == (UnknownPLC, True)


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        (
            [{"apiVersion": "fabgitops.io/v1", "kind": "ChaosSchedule", "metadata": {"name": "a"}}],
            "applied and not run",
        ),
        ([manifest(), {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}], "has also Pod"),
        ([manifest(), manifest("other")], "has 2 experiments"),
        ([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}], "has no ChaosExperiment, but Pod"),
    ],
)
async def test_a_file_has_one_experiment(play: Play, file: Any, bodies: Any, said: str) -> None:
    """Anything else is said, with the way out, and nothing is made."""
    world, here = play(POLICY)
    error = await raised(run(file(*bodies), connection=here))
    assert (type(error), said in str(error)) == (UsageError, True), str(error)
    assert (CHAOS, "kill") not in world.objects


async def test_what_is_wrong_is_said_before_anybody_is_asked(play: Play, file: Any, capsys: Any) -> None:
    """With file, line and column; exit code 8; what the operator would call Invalid as well."""
    world, here = play(POLICY)
    error = await raised(run(file(manifest(durationSecs=0)), connection=here))
    assert (type(error), error.code) == (NotTaken, 8)
    assert re.search(r"experiment.yaml:\d+:\d+: spec.durationSecs", capsys.readouterr().err)
    bad = {"name": "errors", "prometheus": {"query": "up", "condition": "result[0] <"}}
    assert (await raised(run(file(manifest(probes=[bad])), connection=here))).code == 8
    assert "spec.probes[0].prometheus.condition" in capsys.readouterr().err
    assert not any("create" in each or each.startswith("list") for each in world.asked)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_no_name_leads_elsewhere(
    play: Play, file: Any, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool
) -> None:
    """Where manifests are not judged here, a name that would be another place in a URL is refused all the same."""
    monkeypatch.setattr(reading, "is_installed", lambda: False)
    world, here = play(POLICY)
    bodies = [manifest("../pods"), manifest(), manifest(target={**SPEC["target"], "namespace": "../../v1"})]
    bodies[1]["metadata"]["namespace"] = "plant/pods"
    for body in bodies:
        assert isinstance(await raised(run(file(body), dry_run=dry_run, connection=here)), NotTaken)
    assert world.asked == []


async def test_what_a_package_brings_is_for_the_operator_to_know(play: Play, file: Any, capsys: Any) -> None:
    """An extension that is not installed here is said, and run all the same."""
    world, here = play(POLICY)
    assert await run(file(manifest(scenario={"extension": {"name": "diskFull"}})), connection=here) == 0
    assert "spec.scenario.extension.name is 'diskFull'" in capsys.readouterr().err
    assert (CHAOS, "kill") in world.objects


async def test_what_the_api_server_refuses_was_not_begun(play: Play, file: Any) -> None:
    """Exit code 8 with its words; without the definitions, and without the right, that of anything else."""
    world, here = play(POLICY)
    world.refusal = "the policy says no"
    error = await raised(run(file(), connection=here))
    assert (error.code, "the policy says no" in str(error)) == (8, True)
    world.denied = {CHAOS}
    assert isinstance(await raised(run(file(), connection=here)), Denied)
    world.served -= {CHAOS}
    error = await raised(run(file(), connection=here))
    assert (type(error), "chaos.enabled" in str(error)) == (NotInstalled, True)


async def test_options_that_contradict_each_other_are_refused(play: Play, file: Any) -> None:
    """And a namespace that is said twice, in two ways; a file that is not there."""
    _, here = play(POLICY)
    assert "give both" in str(await raised(run(file(), timeout=3, connection=here)))
    assert "drop it" in str(await raised(run(file(), wait=True, dry_run=True, connection=here)))
    body = manifest()
    body["metadata"]["namespace"] = "other"
    elsewhere = Connection(kubeconfig=here.kubeconfig, namespace="plant")
    assert "says namespace other" in str(await raised(run(file(body), connection=elsewhere)))
    assert "no file" in str(await raised(run("nowhere.yaml", connection=here)))
    assert "drop it" in str(await raised(get("kill", watch=True, output=Format.JSON, connection=here)))


async def test_an_answer_that_was_lost_is_said(play: Play, file: Any) -> None:
    """Whether it was made is not known then: exit code 5, and how to find out."""
    _, here = play(POLICY)
    assert here.kubeconfig is not None
    config = json.loads(here.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:9"
    here.kubeconfig.write_text(json.dumps(config))
    error = await raised(run(file(), connection=here))
    assert (error.code, "whether kill was made is not known: fabctl chaos get kill" in str(error)) == (5, True)


async def test_it_is_known_whether_it_was_made_before_anything_ends(play: Play, file: Any) -> None:
    """Who is cancelled in the middle of making it waits for that, and ends it."""
    world, here = play(POLICY)
    obeying(world)
    task = asyncio.ensure_future(run(file(), wait=True, connection=here))
    while not world.made.is_set():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.objects[CHAOS, "kill"]["spec"]["abort"] is True


async def test_where_no_operator_looks_it_is_told_to_end(
    play: Play, file: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time that it has to begin: exit code 6, and nothing of it was begun."""
    monkeypatch.setattr(following, "UNSEEN_SECS", -0.5)
    monkeypatch.setattr(ending, "UNSEEN_SECS", 0.1)
    world, here = play(POLICY)
    error = await raised(run(file(manifest(startDeadlineSecs=1)), wait=True, interval=0.2, connection=here))
    assert (error.code, "no operator has looked at it" in str(error)) == (6, True)
    assert world.objects[CHAOS, "kill"]["spec"]["abort"] is True
    assert "no operator has looked at it, so nothing of it was begun" in capfd.readouterr().err


async def test_who_may_not_watch_leaves_nothing_behind(play: Play, file: Any, capfd: Any) -> None:
    """What cannot be followed is ended, and why is said."""
    world, here = play(POLICY)

    world.unwatchable = True
    assert isinstance(await raised(run(file(), wait=True, connection=here)), Denied)
    assert world.objects[CHAOS, "kill"]["spec"]["abort"] is True


async def test_another_of_its_name_is_not_ended(play: Play, file: Any, capfd: Any) -> None:
    """One that was made anew meanwhile is somebody else's: ours is gone, and that is said."""
    world, here = play(POLICY)

    def replace() -> None:
        world.made.wait(30)
        while "watch chaosexperiments" not in world.asked:
            time.sleep(0.01)
        world.objects[CHAOS, "kill"]["metadata"]["uid"] = "another"

    threading.Thread(target=replace, daemon=True).start()
    await raised(run(file(), wait=True, timeout=1, connection=here))
    assert "abort" not in world.objects[CHAOS, "kill"]["spec"]
    assert "it was deleted; nothing of it is left" in capfd.readouterr().err


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_namespace_that_is_not_there_is_said(play: Play, file: Any, *, dry_run: bool) -> None:
    """And not that the kind is missing; exit code 3."""
    world, here = play(POLICY)
    world.homeless = True
    error = await raised(run(file(), dry_run=dry_run, connection=here))
    assert (type(error), "no namespace plant: make it, or give another with -n" in str(error)) == (UnknownPLC, True)


@pytest.mark.parametrize(
    ("phase", "known"),
    [
        ("Running", "Last seen Running, it is over by itself after 2026-01-01T00:01:00Z"),
        ("Pending", "Last seen Pending, it may begin until 2026-01-01T00:05:00Z, and lasts 60 s then"),
        ("", "Last seen before any operator had looked at it, it may begin until 2026-01-01T00:05:00Z"),
    ],
)
async def test_what_could_not_be_told_to_end_goes_on(
    play: Play, file: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch, phase: str, known: str
) -> None:
    """Where the API server is away then: what was seen last, when it is over by itself, and how to end it are said."""
    monkeypatch.setattr(ending, "ENDING_SECS", 0.2)
    world, here = play(POLICY)
    if phase:
        more = {"endsAt": "2026-01-01T00:01:00Z"} if phase == "Running" else {"startedAt": None}
        operated(world, (phase, {**more, "reason": "Waits", "message": f"it is {phase}"}))
    task = asyncio.ensure_future(run(file(), wait=True, interval=0.1, connection=here))
    while (f"it is {phase}" if phase else "no operator has looked") not in (out := capfd.readouterr().out):
        await asyncio.sleep(0.01)
    world.away = True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    err = capfd.readouterr().err
    assert "kill: not told to end, as far as is known: " in err, out
    assert known in err
    assert "fabctl chaos abort kill -n plant ends it" in err
    assert "nothing of it was begun" not in err


async def test_a_timeout_that_ends_nothing_says_so(
    play: Play, file: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 6, and not that it was ended, which the API server did not take; nor does who may not end it."""
    monkeypatch.setattr(ending, "ENDING_SECS", 0.2)
    world, here = play(POLICY)
    asked = world.made.set

    def leave() -> None:
        world.away = True
        asked()

    monkeypatch.setattr(world.made, "set", leave)
    error = await raised(run(file(), wait=True, timeout=0.3, connection=here))
    assert (error.code, "not over within 0.3 s, and it could not be ended" in str(error)) == (6, True)
    assert "as far as is known: http" in (err := capfd.readouterr().err), err
    assert "ends 30 s after its last renewal" not in err


async def test_a_second_ctrl_c_says_that_it_was_not_told(play: Play, file: Any, capfd: Any) -> None:
    """Who does not wait until the API server is back is told that the experiment goes on."""
    world, here = play(POLICY)
    task = asyncio.ensure_future(run(file(), wait=True, interval=0.1, connection=here))
    while "no operator has looked" not in capfd.readouterr().out:
        await asyncio.sleep(0.01)
    world.away = True
    task.cancel()
    said = ""
    while "to be ended" not in said:
        await asyncio.sleep(0.01)
        said += capfd.readouterr().err
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "not told to end" in said + capfd.readouterr().err
