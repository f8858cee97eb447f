"""kubectl as users type it: it prints the same on both planes, but for what is listed with a reason."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ..planes import STANDALONE
from . import transcripts
from .conftest import Place

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parent / "kubectl"

Kubectl = Callable[[str], list[str]]


@pytest.fixture
def kubectl(place: Place, kubectl_program: Path, tmp_path: Path) -> Kubectl:
    """Return what runs a command line and returns what it said, in a folder with the manifests."""
    shutil.copytree(FOLDER, tmp_path / "manifests")
    config = yaml.safe_load(place.plane.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = place.namespace
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    environment = {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment |= {"PATH": f"{kubectl_program.parent}:{os.environ['PATH']}", "KUBE_EDITOR": "sed -i s/4001/4002/"}

    def run(line: str) -> list[str]:
        words = [word.replace("ns place", f"ns {place.namespace}") for word in shlex.split(line)]
        words = [place.namespace if word == "place" else word for word in words]
        done = subprocess.run(
            [kubectl_program, *words[1:]],
            cwd=tmp_path / "manifests",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return transcripts.said(done.stdout, done.stderr, done.returncode, place.namespace)

    return run


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_kubectl_prints_what_is_written_down(place: Place, kubectl: Kubectl, file: Path) -> None:
    """Each command of a transcript prints what stands there, and exits as it says."""
    alone = place.plane.name == STANDALONE
    steps = transcripts.read(file)
    wanted = [line for step in steps for line in (f"$ {step.command}", *step.said(elsewhere=alone))]
    printed = [line for step in steps for line in (f"$ {step.command}", *kubectl(step.command))]
    assert "\n".join(printed) == "\n".join(wanted)
