"""Defaults of the user's own, and the plugin of kubectl."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import FABCTL

pytestmark = pytest.mark.integration


def asked(plant: Any, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run fabctl without -n, with more in the environment."""
    given = {**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig), "HOME": "/nowhere", **environment}
    process = plant.start(*arguments, env=given)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_environment_and_a_file_say_what_is_not_typed(plant: Any, tmp_path: Path) -> None:
    """The command line goes first, then the environment, then the file."""
    plant.create("mixer")
    file = tmp_path / "fabctl/config.yaml"
    file.parent.mkdir()
    file.write_text(f"namespace: {plant.namespace}\noutput: name\n")
    name = "industrialplc.fabgitops.io/mixer\n"
    assert asked(plant, "get-status", XDG_CONFIG_HOME=str(tmp_path)) == (0, name, "")
    assert asked(plant, "get-status", "-n", "empty", XDG_CONFIG_HOME=str(tmp_path))[1] == ""
    code, out, _ = asked(plant, "get-status", XDG_CONFIG_HOME=str(tmp_path), FABCTL_OUTPUT="csv")
    assert (code, out.splitlines()[1].split(",")[0]) == (0, "mixer")
    assert asked(plant, "get-status", "-o", "name", FABCTL_NAMESPACE=plant.namespace) == (0, name, "")
    assert asked(plant, "__candidates", "--", "sync", "", FABCTL_NAMESPACE=plant.namespace)[1] == "mixer\n"


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "is no YAML"), ("[]", "no mapping"), ("namespaec: x", "no option")]
)
def test_a_file_that_makes_no_sense_is_wrong_usage(plant: Any, tmp_path: Path, text: str, said: str) -> None:
    """In one line that names it; so is one that is named and not there."""
    file = tmp_path / "config.yaml"
    code, _, err = asked(plant, "list", FABCTL_CONFIG=str(file))
    assert (code, f"no file {file}" in err) == (2, True)
    file.write_text(text)
    code, out, err = asked(plant, "list", FABCTL_CONFIG=str(file))
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True), err


def test_it_is_a_plugin_of_kubectl(plant: Any, kubectl_program: Path) -> None:
    """`kubectl fab` is fabctl, exit codes and all, and its Tab asks fabctl."""
    plant.create("mixer")
    path = f"{FABCTL.parent}:{kubectl_program.parent}:{os.environ['PATH']}"
    given = {**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig), "PATH": path}

    def kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(kubectl_program), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=given, timeout=60)

    ran = kubectl("fab", "get-status", "-n", plant.namespace, "-o", "name")
    assert (ran.returncode, ran.stdout) == (0, "industrialplc.fabgitops.io/mixer\n")
    assert kubectl("fab", "get-status", "mixr", "-n", plant.namespace).returncode == 3
    assert "mixer" in kubectl("__complete", "fab", "sync", "-n", plant.namespace, "").stdout.splitlines()
