"""Tries the installed wheel by itself: every module but those of extras imports, and the command says how to use it.

Run with the Python of an environment that holds the wheel and what it declares, nothing else.
"""

import importlib
import pkgutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import fabgitops_operator

OF_EXTRAS = {f"fabgitops_operator.{name}" for name in ("bus.kafka", "bus.nats", "hosting.otlp")}
"""Modules that only an extra brings to life; nothing else may import them at its start."""

for module in pkgutil.walk_packages(fabgitops_operator.__path__, "fabgitops_operator."):
    if not module.name.endswith(".__main__") and module.name not in OF_EXTRAS:
        importlib.import_module(module.name)

assert not OF_EXTRAS & sys.modules.keys()

command = Path(sys.executable).with_name("fabgitops-operator")
shown = subprocess.run([command, "--help"], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
assert "run" in shown, shown
print("fabgitops-operator", version("fabgitops-operator"))
