"""`fabctl init`: a folder that becomes a plant's repository; tests/docs runs the CI of one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from fabctl.planting import FILE_OF_CI, repository

COMMAND = Path(sys.executable).with_name("fabctl")
Fabctl = Callable[..., subprocess.CompletedProcess[str]]


def test_a_repository_has_what_a_plant_needs(fabctl: Fabctl, tmp_path: Path) -> None:
    """Base, a folder for each line, CI and README, and what to do next; it is a repository where git is there."""
    made = fabctl("init", tmp_path / "plant 7", "--line", "line-1", "--line", "oven-hall")
    assert (made.returncode, made.stderr) == (0, "")
    files = {
        str(each.relative_to(tmp_path / "plant 7")) for each in (tmp_path / "plant 7").rglob("*") if each.is_file()
    }
    lines = {f"lines/{line}/{name}" for line in ("line-1", "oven-hall") for name in ("kustomization.yaml", "line.yaml")}
    base = {f"base/{name}.yaml" for name in ("kustomization", "templates", "mixer")}
    assert {each for each in files if not each.startswith(".git/")} == {"README.md", FILE_OF_CI} | lines | base
    assert "a repository for 2 lines: line-1, oven-hall" in made.stdout
    assert f"next: cd '{tmp_path}/plant 7' && fabctl validate -f lines" in made.stdout
    assert (tmp_path / "plant 7/README.md").read_text().startswith("# plant 7\n")


def test_what_is_to_be_typed_next_can_be_typed(fabctl: Fabctl, tmp_path: Path) -> None:
    """A folder that begins like an option is gone into as it stands; one that commands a terminal is not made."""
    command = [str(COMMAND), "init", "--", "-plant"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "next: cd ./-plant && fabctl validate" in said
    for name in ("x\x1b[2J", "two\nlines"):
        refused = fabctl("init", tmp_path / name)
        assert (refused.returncode, "\x1b" in refused.stderr, refused.stderr.count("\n")) == (2, False, 1)
        assert not (tmp_path / name).exists()


def test_git_is_told_of_where_it_is_not_there(fabctl: Fabctl, tmp_path: Path) -> None:
    """The files are made all the same, and the first step is then to make it a repository."""
    made = fabctl("init", tmp_path / "plant", PATH=str(tmp_path))
    assert (made.returncode, made.stderr) == (0, "")
    assert "git init -b main && git add ." in made.stdout
    assert not (tmp_path / "plant/.git").exists()
    assert (tmp_path / "plant/lines/line-1/line.yaml").exists()


def test_a_git_that_fails_is_told_of(fabctl: Fabctl, tmp_path: Path) -> None:
    """In a line, with what it said; the files are there, and the first step is then to make it a repository."""
    (tmp_path / "git").write_text("#!/bin/sh\nprintf 'fatal:\\033[2J no\\nspace' >&2\nexit 128\n")
    (tmp_path / "git").chmod(0o755)
    made = fabctl("init", tmp_path / "plant", PATH=f"{tmp_path}:/bin:/usr/bin")
    assert (made.returncode, made.stderr.count("\n"), "\033" in made.stderr) == (0, 1, False)
    assert f"{tmp_path}/plant is no repository yet: git init: fatal:" in made.stderr
    assert "git init -b main && git add ." in made.stdout
    assert (tmp_path / "plant/README.md").exists()


def test_a_folder_with_something_in_it_is_left_alone(fabctl: Fabctl, tmp_path: Path) -> None:
    """What stands there is named; an empty one, and a repository that is new, will do."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    refused = fabctl("init", tmp_path / "full")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is not empty, it has notes.txt: give a folder that is, or a name that is free" in refused.stderr
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["notes.txt"]
    assert "cannot be read: Not a directory" in fabctl("init", tmp_path / "full/notes.txt").stderr
    (tmp_path / "new/.git").mkdir(parents=True)
    assert fabctl("init", tmp_path / "new").returncode == 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a", "b", "a"], "--line is given twice for one of a, b, a: give each line once"),
        (["a.b"], "--line a.b: it names a namespace, too"),
        (["x" * 64], "it names a namespace, too: at most 63"),
        (["Line_3"], "cannot be a name in Kubernetes"),
        (["../up"], "cannot be a name in Kubernetes"),
    ],
)
def test_a_line_is_a_name_of_a_namespace(fabctl: Fabctl, tmp_path: Path, lines: list[str], said: str) -> None:
    """What can be none is refused before anything is written."""
    refused = fabctl("init", tmp_path / "plant", *(word for line in lines for word in ("--line", line)))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert said in refused.stderr
    assert not (tmp_path / "plant").exists()


@pytest.mark.parametrize("line", ["3", "1e3", "null", "true", "on"])
def test_a_line_that_yaml_would_take_for_something_else_is_a_text(line: str) -> None:
    """A line called by a number has a namespace and a label of that name."""
    made = yaml.safe_load(repository("plant", [line], "1.0")[f"lines/{line}/kustomization.yaml"])
    assert (made["namespace"], made["labels"][0]["pairs"]) == (line, {"line": line})


def test_a_folder_that_cannot_be_written_is_told(fabctl: Fabctl, tmp_path: Path) -> None:
    """In one line, with the way."""
    told = fabctl("init", "/proc/plant")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("fabctl: /proc/plant")
