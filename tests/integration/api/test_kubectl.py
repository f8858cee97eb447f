"""kubectl as users type it: it prints the same on both planes, but for what is listed with a reason."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ..planes import STANDALONE, until
from . import transcripts
from .conftest import Place

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parent / "kubectl"

Kubectl = Callable[[str], list[str]]


@pytest.fixture
def environment(place: Place, tmp_path: Path) -> dict[str, str]:
    """Return what kubectl finds around it: the namespace of the test, and a folder with the manifests as its home."""
    shutil.copytree(FOLDER, tmp_path / "manifests")
    config = yaml.safe_load(place.plane.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = place.namespace
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    folders = {"HOME": str(tmp_path / "manifests"), "TMPDIR": str(tmp_path)}
    editor = {"KUBE_EDITOR": "sed -i s/4001/4002/", "PATH": os.environ["PATH"]}
    return {"KUBECONFIG": str(tmp_path / "kubeconfig"), **folders, **editor}


@pytest.fixture
def kubectl(place: Place, kubectl_program: Path, environment: dict[str, str]) -> Kubectl:
    """Return what runs a command line and returns what it said."""

    def run(line: str) -> list[str]:
        words = [place.namespace if word == "place" else word for word in shlex.split(line)]
        done = subprocess.run(
            [kubectl_program, *words[1:]],
            cwd=environment["HOME"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return transcripts.said(done.stdout, done.stderr, done.returncode, place.namespace)

    return run


def test_get_watches(
    place: Place, kubectl: Kubectl, kubectl_program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """`kubectl get -w` shows what is there, then each change as a row of the same table, with what happened."""
    place.create("mixer")
    shown = tmp_path / "shown"

    def rows() -> list[list[str]]:
        whole = shown.read_text().rpartition("\n")[0]  # kubectl writes a row cell by cell
        return [line.split()[:3] for line in whole.splitlines()]

    command = [str(kubectl_program), "get", "plc", "-w", "--output-watch-events"]
    with shown.open("w") as out, subprocess.Popen(command, env=environment, stdout=out) as watching:
        try:
            until(lambda: rows()[1:], "what is there")
            kubectl('kubectl patch plc mixer --type=merge -p \'{"spec":{"targetValue":7}}\'')
            until(lambda: rows()[2:], "the change")
            kubectl("kubectl delete plc mixer")
            until(lambda: rows()[3:], "the end")
        finally:
            watching.terminate()
    assert rows() == [
        ["EVENT", "NAME", "READY"],
        ["ADDED", "mixer", "1"],
        ["MODIFIED", "mixer", "7"],
        ["DELETED", "mixer", "7"],
    ]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_kubectl_prints_what_is_written_down(place: Place, kubectl: Kubectl, file: Path) -> None:
    """Each command of a transcript prints what stands there, and exits as it says."""
    alone = place.plane.name == STANDALONE
    steps = transcripts.read(file)
    wanted = [line for step in steps for line in (f"$ {step.command}", *step.said(elsewhere=alone))]
    printed = [line for step in steps for line in (f"$ {step.command}", *kubectl(step.command))]
    assert "\n".join(printed) == "\n".join(wanted)
