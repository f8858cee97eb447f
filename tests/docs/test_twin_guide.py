"""The workflow that docs/guides/twin.md gives a plant's repository: what it runs is run here, in such a repository."""

import os
import re
import shutil
import socket
from pathlib import Path

import pytest
import yaml

from .pages import ROOT, blocks
from .test_blocks import BIN, run

GUIDE = ROOT / "docs/guides/twin.md"
WORKFLOW = next(yaml.safe_load(each.text) for each in blocks(GUIDE) if "jobs:" in each.text)


@pytest.fixture
def environment(kubectl_alone: Path, tmp_path: Path) -> dict[str, str]:
    """Return what a machine of GitHub's has that matters: a kustomize, and where things are."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "temporary").mkdir()
    shutil.copytree(ROOT / "examples/plant", tmp_path / "plant")
    return {
        **{name: value for name, value in os.environ.items() if name != "KUBECONFIG"},
        "PATH": os.pathsep.join([str(BIN), str(kubectl_alone.parent), os.environ["PATH"]]),
        "RUNNER_TEMP": str(tmp_path / "temporary"),
        "GITHUB_WORKSPACE": str(tmp_path / "plant"),
        "FABGITOPS_LISTEN": f"127.0.0.1:{port}",
    }


def _typed() -> str:
    *_, step = WORKFLOW["jobs"]["twin"]["steps"]
    return f"set -e\n{step['run']}"


@pytest.mark.docs
def test_the_workflow_is_green_for_a_plant_as_it_stands(environment: dict[str, str], tmp_path: Path) -> None:
    """Its last step succeeds at the root of a plant's repository, when all that is to be is in sync."""
    assert len(re.findall("in sync", run(_typed(), tmp_path, environment))) == 8


@pytest.mark.docs
@pytest.mark.parametrize(
    ("file", "what", "otherwise", "said"),
    [
        ("line/templates.yaml", "max: 3000", "max: 2000", r"line/mixer.yaml:8: .* above max \(2000\)"),
        ("line/mixer.yaml", "{ speed: 2500 }", "{}", r"speed is missing: template mixer has no default"),
        ("line/oven.yaml", "autoCorrect: false", "autoCorrekt: false", r"autoCorrekt"),
    ],
    ids=["a value out of range", "no parameter", "a slip"],
)
def test_the_workflow_is_red_and_says_where(
    environment: dict[str, str], tmp_path: Path, file: str, what: str, otherwise: str, said: str
) -> None:
    """A mistake in a manifest ends it with the file, the field and the reason."""
    path = tmp_path / "plant" / file
    assert what in path.read_text()
    path.write_text(path.read_text().replace(what, otherwise))
    with pytest.raises(AssertionError, match=said):
        run(_typed(), tmp_path, environment)
