"""The pytest plugin, in a pytest run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
def test_with(control_plane): pass
def test_with_too(control_plane): pass
def test_without(): pass
"""


def test_without_binaries_tests_fail_and_none_is_skipped(tmp_path: Path) -> None:
    """Where no binaries can be had, each test that needs them fails with the four reasons; others pass."""
    (tmp_path / "test_it.py").write_text(TESTS)
    nothing = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    nothing |= {"KUBEBUILDER_ASSETS": "", "HTTPS_PROXY": "http://127.0.0.1:1"}  # nobody listens there
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "testbed.pytest_plugin", "--rootdir", str(tmp_path), str(tmp_path)],
        env={**os.environ, **nothing},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "1 passed, 2 errors in" in run.stdout
    assert "found no etcd, kube-apiserver in any of four ways:" in run.stdout
    assert "4. a build from Go modules: there is no `go` on the PATH" in run.stdout
