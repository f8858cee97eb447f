"""Tab, as shells press it: names and namespaces from both planes, and what is typed on real terminals."""

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..planes import until

pytestmark = pytest.mark.integration

SHELLS = {
    "bash": (["--norc", "-i"], "source <(fabctl completion bash)\n"),
    "zsh": (["-f", "-i"], "autoload -Uz compinit; compinit -u -D; source <(fabctl completion zsh)\n"),
    "fish": (["--no-config", "-i"], "fabctl completion fish | source\n"),
}


def completed(plant: Any, *words: str) -> list[str]:
    """Return what may stand in the place of the last word."""
    process = plant.start("__candidates", "--", *words)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return str(out).split()


def test_names_come_from_the_cluster(plant: Any) -> None:
    """Those of the namespace that the command line names, as they were begun; and namespaces themselves."""
    for name in ("mixer", "mill", "oven"):
        plant.create(name)
    here = ("-n", plant.namespace)
    assert completed(plant, *here, "suspend", "mi") == ["mill", "mixer"]
    assert completed(plant, "sync", *here, "mixer", "plc/o") == ["plc/oven"]
    assert completed(plant, *here, "templates", "") == []
    assert completed(plant, "tree", *here, "mi") == ["mill", "mixer"]
    assert completed(plant, "tree", *here, "industrialplc/o") == ["industrialplc/oven"]
    assert plant.namespace in completed(plant, "sync", "-n", "plant-")
    assert completed(plant, "sync", "-n", "No Name", "") == []


def test_an_api_server_that_is_away_completes_nothing(plant: Any) -> None:
    """Whoever presses Tab then sees no error, and gets the line back."""
    plant.plane.stop()
    try:
        assert completed(plant, "sync", "-n", plant.namespace, "") == []
    finally:
        plant.plane.start()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_a_name(plant: Any, tmp_path: Path, shell: str) -> None:
    """What is begun on its command line is ended by Tab, from the cluster."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"needs {shell}")
    plant.create("mixer-of-line-3")
    arguments, read = SHELLS[shell]
    master, slave = pty.openpty()
    way = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(plant.plane.kubeconfig),
        "TERM": "xterm",
        "PS1": "> ",
    }
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", program, *arguments], stdin=slave, stdout=slave, stderr=slave, env=way
    )
    os.close(slave)
    seen = ""

    def shown(words: str) -> bool:
        nonlocal seen
        while select.select([master], [], [], 0.05)[0]:
            seen += os.read(master, 65536).decode(errors="replace")
        return words in seen

    try:
        os.write(master, read.encode())
        os.write(master, b"echo it-has-${SHELL_NAME}read\n" if shell != "fish" else b"echo it-has-(echo read)\n")
        until(lambda: shown("it-has-read"), f"{shell} has read its script: {seen!r}")
        os.write(master, f"fabctl suspend -n {plant.namespace} mix\t".encode())
        until(lambda: shown("mixer-of-line-3"), f"{shell} completes: {seen!r}")
    finally:
        process.kill()
        process.wait()
        os.close(master)
