"""What a shell is told where somebody presses Tab."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.app import app
from fabctl.commands.tree import ROOTS
from fabctl.completing import VALUES, Wanted, fitting, place
from fabctl.leading import GROUPS
from fabctl.names import BMC, EXPERIMENT, PLC, RACK, ROLLOUT, TEMPLATE, WORKLOAD

Fabctl = Callable[..., subprocess.CompletedProcess[str]]


def completed(fabctl: Fabctl, *words: str | Path, **environment: str) -> list[str]:
    """Return what may stand in the place of the last word."""
    run = fabctl("__candidates", "--", *words, **environment)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.split()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], Wanted.COMMANDS),
        (["sy"], Wanted.COMMANDS),
        (["-n", "line-3", ""], Wanted.COMMANDS),
        (["-n", ""], Wanted.NAMESPACES),
        (["sync", "--namespace", "li"], Wanted.NAMESPACES),
        (["sync", "--namespace=li"], Wanted.NAMESPACES),
        (["--context", ""], Wanted.CONTEXTS),
        (["sync", "--t"], Wanted.OPTIONS),
        (["get-status", "-o", ""], Wanted.CHOICES),
        (["rack", ""], Wanted.COMMANDS),
        (["suspend", "mixer", "--reason", ""], Wanted.NOTHING),
        (["list", ""], Wanted.NOTHING),
        (["completion", ""], Wanted.SHELLS),
        (["chaos", ""], Wanted.COMMANDS),
        (["chaos", "scenarios", "plc"], Wanted.SCENARIOS),
        (["chaos", "run", ""], Wanted.NOTHING),
        (["chaos", "run", "x.yaml", "--name", ""], Wanted.NOTHING),
    ],
)
def test_each_place_has_what_belongs_there(words: list[str], wanted: Wanted) -> None:
    """Commands, options, the values of options, names, or what only the user knows."""
    assert place(words).wanted is wanted


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["sync", ""], PLC),
        (["sync", "--force", "mixer", ""], PLC),
        (["suspend", "--reason", "x", ""], PLC),
        (["templates", ""], TEMPLATE),
        (["rack", "approve", ""], RACK),
        (["rack", "-n", "hall", "locate", ""], BMC),
        (["tree", "plct/"], TEMPLATE),
        (["rollout", "promote", "spr/"], ROLLOUT),
        (["rollout", "pause", "recipe", "rollout/"], WORKLOAD),
        (["rollout", "undo", ""], WORKLOAD),
        (["rollout", "release", ""], PLC),
        (["chaos", "get", "chaos/"], EXPERIMENT),
        (["chaos", "abort", "freeze", ""], EXPERIMENT),
    ],
)
def test_names_are_of_what_a_command_is_about(words: list[str], kind: Any) -> None:
    """PLCs, but for the commands that are about something else."""
    assert (place(words).wanted, place(words).kinds) == (Wanted.OBJECTS, (kind,))


def test_names_behind_tree_are_of_all_that_is_drawn() -> None:
    """Of racks, templates, PLCs and rollouts, or of what stands before the name."""
    assert place(["tree", ""]).kinds == (*ROOTS,)
    assert place(["tree", "spr/re"]).kinds == (ROLLOUT,)
    assert fitting(place(["tree", "spr/re"]), ["recipe", "x"]) == ["spr/recipe"]
    assert place(["rollout", "get", ""]).kinds == (ROLLOUT, WORKLOAD)
    assert place(["tree", "pod/"]).wanted is Wanted.NOTHING


def test_what_stands_there_already_counts() -> None:
    """Names keep their plc/ before them; `--namespace=` is kept where the shell takes it for a part of the word."""
    assert fitting(place(["sync", "mi"]), ["mixer", "oven"]) == ["mixer"]
    assert fitting(place(["sync", "plc/mi"]), ["mixer", "oven"]) == ["plc/mixer"]
    assert fitting(place(["sync", "pod/mi"]), ["mixer", "oven"]) == []
    assert fitting(place(["sync", "--namespace=li"]), ["line-3", "x"]) == ["--namespace=line-3"]
    assert fitting(place(["sync", "--namespace", "=", "li"]), ["line-3", "x"]) == ["line-3"]
    assert fitting(place(["sync", "--namespace", "="]), ["line-3"]) == ["line-3"]
    assert place(["-n", "line-3", "sync", ""]).value("--namespace", "-n") == "line-3"
    assert place(["--namespace=line-3", "sync", ""]).value("--namespace", "-n") == "line-3"


def commands() -> list[str]:
    """Return all commands there are."""
    every = [name for name in app if not name.startswith(("-", "_"))]
    grouped = [f"{group} {name}" for group in sorted(GROUPS) for name in app[group] if not name.startswith("-")]
    return [*(name for name in every if name not in GROUPS), *grouped]


def test_groups_are_known() -> None:
    """Options before the command stand behind both of its words."""
    assert {name for name in app if name[0] not in "-_" and app[name].default_command is None} == GROUPS


@pytest.mark.parametrize("command", commands())
def test_every_option_with_a_value_is_known(command: str) -> None:
    """A word behind one is its value and not a name: an option that takes one is in the table, no other is."""
    found: Any = app
    for word in command.split():
        found = found[word]
    for each in found.assemble_argument_collection():
        for name in each.names:
            if name.startswith("-") and name != "--help":
                assert (name in VALUES) is (each.hint is not bool), name


def test_commands_options_and_choices_are_completed(fabctl: Fabctl) -> None:
    """Without any cluster; what nobody knows completes to nothing, and no error is seen."""
    assert {"sync", "suspend", "rack"} <= set(completed(fabctl, ""))
    assert completed(fabctl, "sus") == ["suspend"]
    assert completed(fabctl, "rack", "lo") == ["locate"]
    assert completed(fabctl, "brake", "-") == ["--help"]
    assert completed(fabctl, "get-status", "--so") == ["--sort-by"]
    assert completed(fabctl, "get-status", "--sort-by", "dr") == ["drifts", "drifted-since"]
    assert completed(fabctl, "events", "-o", "") == ["table", "wide", "json", "yaml", "name", "csv"]
    assert completed(fabctl, "list", "-o", "c") == ["csv"]
    assert completed(fabctl, "wait", "--for", "s") == ["synced"]
    assert completed(fabctl, "nonsense", "--x") == []
    assert completed(fabctl, "sync", "") == []


def test_contexts_are_those_of_the_kubeconfig(fabctl: Fabctl, tmp_path: Path) -> None:
    """Of the file that is named before, too; one that is none completes to nothing."""
    contexts = [{"name": name, "context": {"cluster": "x"}} for name in ("line-1", "line-2")]
    (tmp_path / "config").write_text(yaml.safe_dump({"contexts": contexts}))
    assert completed(fabctl, "--context", "", KUBECONFIG=str(tmp_path / "config")) == ["line-1", "line-2"]
    assert completed(fabctl, "--kubeconfig", tmp_path / "config", "--context", "line-2") == ["line-2"]
    (tmp_path / "config").write_text("a: [")
    assert completed(fabctl, "--context", "", KUBECONFIG=str(tmp_path / "config")) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(fabctl: Fabctl, shell: str) -> None:
    """It asks fabctl for candidates, and defines nothing else."""
    script = fabctl("completion", shell)
    assert (script.returncode, script.stderr) == (0, "")
    assert "fabctl __candidates -- " in script.stdout
    assert fabctl("completion", "csh").returncode == 2
