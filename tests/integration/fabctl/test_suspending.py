"""Suspending and resuming beside Git, on both planes; the tests play the operator."""

import subprocess
from typing import Any

import pytest

from ..planes import MERGE, Reason, only_kubernetes, until

pytestmark = pytest.mark.integration

SUSPEND = "fabgitops.io/suspend"


def annotations(plant: Any, name: str) -> dict[str, str]:
    """Return the annotations of a PLC."""
    return dict(plant.get(name)["metadata"].get("annotations") or {})


def annotated(plant: Any, name: str, reason: str | None) -> None:
    """Wait until a PLC is suspended for a reason, or no more."""
    until(lambda: annotations(plant, name).get(SUSPEND) == reason, f"{name} is suspended for {reason}")


def over(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for the end of a program, and return exit code, standard output and standard error."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def start(plant: Any, *arguments: str) -> "subprocess.Popen[str]":
    """Start fabctl in the namespace."""
    process: subprocess.Popen[str] = plant.start(*arguments, "-n", plant.namespace)
    return process


def let_go(plant: Any, name: str, reason: str) -> None:
    """Answer as the operator does that leaves a PLC alone."""
    annotated(plant, name, reason)
    plant.report(name, "Suspended", "Unknown", message=f"suspended: {reason}")


def test_a_suspension_is_there_when_the_operator_says_so(plant: Any) -> None:
    """What will be done is shown, and the command ends when the operator leaves the PLC alone; everybody sees why."""
    plant.create("mixer")
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    process = start(plant, "suspend", "plc/mixer", "--reason", " belt is\nchanged ", "--yes")
    annotated(plant, "mixer", "belt is changed")
    assert process.poll() is None
    let_go(plant, "mixer", "belt is changed")
    code, out, err = over(process)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "NAME    ENDPOINT       STATUS   THEN",
        "mixer   10.0.0.7:502   SYNCED   neither read nor written",
        "mixer: suspended: belt is changed",
    ]
    assert plant.get("mixer")["spec"].get("suspend") in {None, False}
    assert "suspended: belt is changed" in plant.fabctl("get-status", "mixer")[1]
    assert "Suspended for:    belt is changed (fabctl resume mixer ends it)" in plant.fabctl("describe", "mixer")[1]
    assert plant.fabctl("list")[1].splitlines()[1].split()[7] == "yes"


def test_without_a_terminal_it_takes_a_yes(plant: Any) -> None:
    """Neither command does anything without --yes, nor in a dry run, and the command that would is told."""
    plant.create("mixer")
    code, out, err = plant.fabctl("suspend", "mixer", "--reason", "belt is changed")
    assert (code, out.splitlines()[1].split()[0]) == (2, "mixer")
    assert "fabctl suspend mixer --reason 'belt is changed' --yes does what is shown" in err
    code, out, _ = plant.fabctl("suspend", "mixer", "--reason", "belt is changed", "--yes", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "nothing was suspended (--dry-run)")
    assert SUSPEND not in annotations(plant, "mixer")
    code, out, _ = plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--no-wait")
    assert (code, out.splitlines()[-1]) == (0, "mixer: asked to be suspended")
    assert plant.fabctl("resume", "mixer")[0] == 2
    assert plant.fabctl("resume", "mixer", "--dry-run")[0] == 0
    assert annotations(plant, "mixer") == {SUSPEND: "belt"}


@pytest.mark.parametrize(("answer", "done"), [(b"y\n", True), (b"\n", False)])
def test_on_a_terminal_it_asks(plant: Any, terminal: Any, answer: bytes, done: bool) -> None:
    """Only a yes suspends."""
    plant.create("mixer")
    screen = terminal("suspend", "mixer", "--reason", "belt", "--no-wait")
    screen.until(rf"Suspend mixer in namespace {plant.namespace}\? \[y/N\] ")
    screen.press(answer)
    assert screen.end() == (0 if done else 1)
    assert (SUSPEND in annotations(plant, "mixer")) is done


def test_resuming_says_what_the_operator_finds(plant: Any) -> None:
    """It waits until the PLC was looked at, and says how it stands; one that is not suspended is told, and no more."""
    plant.create("mixer")
    plant.create("oven")
    plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--no-wait")
    plant.report("mixer", "Suspended", "Unknown", message="suspended: belt")
    process = start(plant, "resume", "mixer", "oven", "--yes")
    annotated(plant, "mixer", None)
    plant.report("mixer", "Pending", "Unknown", message="not looked at yet")
    plant.report("mixer", "DriftDetected", "False", inSync=False, message="register 4001 holds 7, Git wants 2500")
    code, out, _ = over(process)
    assert (code, out.splitlines()) == (
        0,
        [
            "oven: it is not suspended",
            "NAME    ENDPOINT       SUSPENDED FOR   THEN",
            "mixer   10.0.0.7:502   belt            read again, and what differs corrected",
            "mixer: resumed, DRIFT: register 4001 holds 7, Git wants 2500",
        ],
    )


def test_what_git_suspends_stays_so(plant: Any) -> None:
    """A resumed PLC whose spec.suspend is true is told to be suspended still, with where to end it, and fails."""
    plant.create("mixer", suspend=True)
    code, out, _ = plant.fabctl("resume", "mixer", "--yes")
    assert (code, out) == (1, "mixer: suspended by Git: set spec.suspend to false there\n")
    plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--no-wait")
    code, out, _ = plant.fabctl("resume", "mixer", "--yes")
    assert code == 1
    assert out.splitlines()[-1] == "mixer: still suspended by Git: set spec.suspend to false there"
    assert SUSPEND not in annotations(plant, "mixer")


def test_many_are_suspended_and_resumed(plant: Any) -> None:
    """By labels those that have them; a resume of all is about those that fabctl suspended."""
    for name, line in (("mixer", "3"), ("oven", "3"), ("press", "4")):
        plant.create(name, labels={"line": line})
    process = start(plant, "suspend", "--all", "-l", "line=3", "--reason", "audit", "--yes")
    for name in ("mixer", "oven"):
        let_go(plant, name, "audit")
    code, out, _ = over(process)
    assert code == 0
    assert sorted(out.splitlines()[-2:]) == ["mixer: suspended: audit", "oven: suspended: audit"]
    assert SUSPEND not in annotations(plant, "press")
    process = start(plant, "resume", "--all", "--yes")
    for name in ("mixer", "oven"):
        annotated(plant, name, None)
        plant.report(name, "InSync", "True", inSync=True, message="in sync")
    code, out, _ = over(process)
    assert code == 0
    assert "press" not in out
    assert plant.fabctl("resume", "--all", "--yes") == (0, "", "Nothing is suspended by fabctl there.\n")


def test_an_operator_that_does_not_hear_is_told(plant: Any) -> None:
    """After its time the command says that nobody answered, and fails: the device may be written still."""
    plant.create("mixer")
    code, _, err = plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--timeout", "0.5")
    assert (code, err) == (
        6,
        "fabctl: mixer: asked to be suspended, but the operator did not answer within 0.5 s: is it running?\n",
    )


@only_kubernetes(Reason.RIGHTS)
def test_who_may_not_is_told(plant: Any) -> None:
    """The right that is missing is named, with its verb."""
    plant.create("mixer")
    reader = plant.grant("suspend-reader", ("fabgitops.io", "industrialplcs", ["get", "list"]))
    code, _, err = plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", kubeconfig=reader)
    assert code == 4
    assert "may not patch industrialplcs.fabgitops.io" in err


@only_kubernetes(Reason.FIELDS)
def test_git_does_not_undo_it(plant: Any) -> None:
    """Who applies the manifest again, as Argo CD and Flux do, leaves the suspension as it is."""
    body: dict[str, Any] = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer"},
        "spec": {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500, "suspend": False},
    }
    place = f"/apis/fabgitops.io/v1/namespaces/{plant.namespace}/industrialplcs/mixer"
    how = {"params": {"fieldManager": "argocd-controller", "force": "true"}}
    apply = {**MERGE, "Content-Type": "application/apply-patch+yaml"}
    plant.api.patch(place, json=body, headers=apply, **how).raise_for_status()
    plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--no-wait")
    body["spec"]["targetValue"] = 2600
    plant.api.patch(place, json=body, headers=apply, **how).raise_for_status()
    assert annotations(plant, "mixer")[SUSPEND] == "belt"
