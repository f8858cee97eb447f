"""The command as a user runs it, without a cluster, and objects to look at."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("fabctl")

Fabctl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fabctl(tmp_path: Path) -> Fabctl:
    """Return what runs fabctl for a user without any cluster."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KUBE", "FORCE_COLOR"))}
        return subprocess.run(
            [COMMAND, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**clean, "HOME": str(tmp_path), **environment},
            timeout=60,
        )

    return run


def plc(reason: str = "", ready: str = "Unknown", **status: Any) -> dict[str, Any]:
    """Return an object of generation 3; one without a reason has not been looked at."""
    if reason:
        status["conditions"] = [{"type": "Ready", "status": ready, "reason": reason}]
        status.setdefault("observedGeneration", 3)
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": "line-3", "uid": "u-1", "generation": 3},
        "spec": {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500},
        "status": status,
    }


@pytest.fixture(name="plc")
def _plc() -> Callable[..., dict[str, Any]]:
    return plc
