"""Tries the installed wheel by itself: the commands that need no cluster work, and core is not dragged in.

Run with the Python of an environment that holds the wheel and what it declares, nothing else.
"""

import subprocess
import sys
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
print("fabctl", version("fabctl"))
