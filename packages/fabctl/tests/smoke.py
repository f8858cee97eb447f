"""Tries the installed wheel by itself: the commands that need no cluster work, and core is not dragged in.

Run with the Python of an environment that holds the wheel and what it declares, nothing else.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

command = Path(sys.executable).with_name("fabctl")


def said(*arguments: str) -> str:
    """Return what the command prints."""
    return subprocess.run([command, *arguments], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


assert version("fabctl") in said("version")
assert "get-status" in said("--help")
assert find_spec("fabgitops_core") is None, "fabctl must not need fabgitops-core"
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "template.yaml"
    file.write_text("apiVersion: fabgitops.io/v1\nkind: AnalysisTemplate\nmetadata: {name: a}\nspec: {}\n")
    analyze = [str(command), "rollout", "analyze", "-f", str(file), "--prometheus", "http://127.0.0.1:9"]
    refused = subprocess.run(analyze, check=False, capture_output=True, text=True, timeout=60)
    validate = [str(command), "validate", "-f", str(file), "--kubeconfig", str(Path(folder) / "none")]
    asked = subprocess.run(validate, check=False, capture_output=True, text=True, timeout=60)
assert (refused.returncode, 'pip install "fabctl[offline]"' in refused.stderr) == (1, True), refused
assert (asked.returncode, "no kubeconfig file" in asked.stderr) == (5, True), asked
assert command.with_name("kubectl-fab").exists() or sys.platform == "win32"
pages = Path(sys.prefix) / "share/man/man1"
assert ".SS fabctl get\\-status" in (pages / "fabctl.1").read_text(), "man fabctl has nothing to show"
assert (pages / "kubectl-fab.1").read_text() == ".so man1/fabctl.1\n"
print("fabctl", version("fabctl"))
