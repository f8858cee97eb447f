"""CI runs what a contributor runs, leaves out nothing that a change needs, and is not green by what was not run."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT, Repository

WORKFLOWS = ROOT / ".github" / "workflows"

# Sessions of a person: what they do is no check, or is a part of what a job runs by another name.
BY_HAND = {"fix", "unit", "unit-all", "test", "demo", "bench", "pictures", "release"}


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow's jobs by name."""
    return dict(yaml.safe_load((WORKFLOWS / name).read_text())["jobs"])


def commands(job: dict[str, Any]) -> str:
    """Return all that a job runs in its shell."""
    return "\n".join(step.get("run", "") for step in job["steps"])


def sessions() -> set[str]:
    """Return the sessions of the noxfile, without their parameters."""
    command = [sys.executable, "-m", "nox", "--list", "--noxfile", str(ROOT / "noxfile.py")]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^[*-] ([a-z0-9.-]+)(?:\(.*\))? -> ", listed, re.MULTILINE))


def changes(repository: Repository, *arguments: str) -> dict[str, Any]:
    """Return what tools/changes.py says has to run."""
    lines = repository.run("changes", *arguments).stdout.splitlines()
    return {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}


def touched(repository: Repository, *paths: str) -> set[str]:
    """Return what has to run after a commit that touches some files."""
    for path in paths:
        file = repository.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("changed\n")
    repository.git("add", "--all", "--force")
    repository.git("commit", "--quiet", "--message", "Change")
    found = changes(repository, "HEAD~1")
    return {*found["sessions"], *(name for name in ("unit", "e2e") if found[name])}


def test_each_session_has_a_job(repository: Repository) -> None:
    """Whatever the noxfile can check, CI checks: by a job of its own, as one that changes.py names, or at night."""
    jobs = workflow("ci.yaml") | workflow("night.yaml")
    run = "\n".join(map(commands, jobs.values()))
    named = set(re.findall(r"\./dev ([a-z0-9-]+)", run)) | set(changes(repository)["sessions"])
    named |= {f"unit-{python}" for python in jobs["unit"]["strategy"]["matrix"]["python"]}
    assert sessions() - BY_HAND == named - BY_HAND


def test_the_pythons_are_the_supported_ones() -> None:
    """Both workflows try each Python that the noxfile and the packages name."""
    unit, tried = workflow("ci.yaml")["unit"], workflow("release.yaml")["try"]
    pythons = unit["strategy"]["matrix"]["python"]
    assert pythons == tried["strategy"]["matrix"]["python"]
    assert {f"unit-{each}" for each in pythons} == {each for each in sessions() if re.fullmatch(r"unit-3\.\d+", each)}
    for project in ROOT.glob("packages/*/pyproject.toml"):
        assert re.findall(r"Python :: (3\.\d+)", project.read_text()) == pythons


def test_all_green_waits_for_everything() -> None:
    """The check that a branch requires knows each job, and lets only those be skipped that may be without need."""
    jobs = workflow("ci.yaml")
    green = jobs.pop("all-green")
    skippable = set(re.split(r",\s*", green["steps"][0]["with"]["allowed-skips"]))
    assert green["if"] == "always()"
    assert set(green["needs"]) == set(jobs)
    assert skippable == {name for name, job in jobs.items() if "if" in job}


def test_a_release_is_told_of_last() -> None:
    """The release on GitHub waits for all the jobs that publish, so that none which failed is told as done."""
    jobs = workflow("release.yaml")
    tell = jobs.pop("tell")
    assert set(tell["needs"]) == set(jobs) - {"try"}
    assert "try" in jobs["publish"]["needs"]


@pytest.mark.parametrize("name", sorted(path.name for path in WORKFLOWS.iterdir()))
def test_rights_stay_where_they_are_needed(name: str) -> None:
    """No job may do anything by default, and one that may write runs nothing of ours but the tool of releases."""
    assert yaml.safe_load((WORKFLOWS / name).read_text())["permissions"] == {}
    for job in workflow(name).values():
        if "write" in job["permissions"].values():
            run = commands(job)
            assert "./dev" not in run
            assert set(re.findall(r"tools/\w+\.py", run)) <= {"tools/publish.py"}


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        (["SECURITY.md"], {"docs"}),
        ([".github/CODEOWNERS"], set()),
        (["docs/devices.md"], {"docs", "unit"}),
        (["tests/chart/test_new.py"], {"chart"}),
        (["charts/fabgitops/values.yaml"], {"chart", "docs", "e2e", "observability", "unit"}),
        (["tests/interop/new.c", "tests/e2e/test_new.py"], {"interop", "e2e"}),
    ],
)
def test_only_what_reads_a_file_runs(repository: Repository, paths: list[str], wanted: set[str]) -> None:
    """A change runs the sessions that read what it touches."""
    assert touched(repository, *paths) == wanted


@pytest.mark.parametrize(
    "path", ["uv.lock", "packages/fabgitops-core/src/fabgitops_core/new.py", "new/thing", ".github/workflows/ci.yaml"]
)
def test_what_is_not_known_runs_everything(repository: Repository, path: str) -> None:
    """A file that everything reads, or that nobody thought of, runs everything."""
    everything = changes(repository)
    assert touched(repository, path) == {*everything["sessions"], "unit", "e2e"}


@pytest.mark.parametrize("base", ["", "0" * 40, "no-such-branch"])
def test_without_a_base_everything_runs(repository: Repository, base: str) -> None:
    """A scheduled run, a new branch and one that was forced run everything."""
    assert changes(repository, base) == changes(repository)
    assert changes(repository)["unit"]


def test_what_main_got_meanwhile_is_no_change(repository: Repository) -> None:
    """A branch is compared with where it left main, and a file that was moved is changed in both places."""
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.git("mv", "docs/devices.md", "docs/adr/devices.md")
    repository.git("commit", "--quiet", "--message", "Move")
    repository.git("checkout", "--quiet", "main")
    touched(repository, "uv.lock")
    repository.git("checkout", "--quiet", "branch")
    found = changes(repository, "main")
    assert (found["sessions"], found["unit"], found["e2e"]) == (["docs"], True, False)


def test_every_pattern_is_of_files_that_are_there() -> None:
    """No rule of tools/changes.py is left of files that have moved."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    text = Path(ROOT / "tools/changes.py").read_text()
    patterns = re.findall(r'^    \(r"(.*?)", ', text, re.MULTILINE)
    assert len(patterns) > 10
    for pattern in patterns:
        for part in re.split(r"\|(?![^()]*\))", pattern):
            assert any(re.fullmatch(part, path) for path in tracked), part
