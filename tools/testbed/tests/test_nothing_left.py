"""Nothing outlives its user, not even when the user is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.integration

ProcessesOf = Callable[[Path], list[psutil.Process]]
HOLD = """
from testbed import control_plane
with control_plane() as plane:
    print(plane.dir, flush=True)
    input()
"""


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python of its own; killed at the end in any case."""
    with subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a child prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_holder_leaves_nothing(
    number: signal.Signals, until: Callable[..., None], processes_of: ProcessesOf
) -> None:
    """A process killed while it holds a control plane leaves no process and no folder."""
    with child("-c", HOLD) as holder:
        folder = Path(line(holder))
        running = processes_of(folder)
        assert {process.name() for process in running} == {"etcd", "kube-apiserver"}
        holder.send_signal(number)
        holder.wait()
        until(lambda: not folder.exists(), "the folder is gone")
        until(lambda: not any(process.is_running() for process in running), "the processes are gone")


def test_holder_killed_during_the_start_leaves_nothing(
    until: Callable[..., None], processes_of: ProcessesOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process killed while a component does not get ready leaves no process and no folder."""
    for name in ("etcd", "kube-apiserver"):
        (tmp_path / name).write_text(f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    folder = tmp_path / "up"
    with child("-m", "testbed.app", "up", "--state-dir", str(folder)) as starting:
        until(lambda: bool(processes_of(folder / "data")), "etcd has been started")
        starting.kill()
        starting.wait()
        until(lambda: not folder.exists() and not processes_of(folder), "all is gone")


def test_killed_supervisor_takes_its_components_along(until: Callable[..., None], processes_of: ProcessesOf) -> None:
    """When the supervisor itself is killed its components end with it, and the holder removes the folder."""
    with child("-c", HOLD) as holder:
        folder = Path(line(holder))
        components = processes_of(folder)
        psutil.Process(components[0].ppid()).kill()
        until(lambda: not any(process.is_running() for process in components), "the components are gone")
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.wait() == 0
    assert not folder.exists()


def test_killed_test_run_leaves_nothing(until: Callable[..., None], processes_of: ProcessesOf, tmp_path: Path) -> None:
    """A pytest run killed in the middle of a test that uses the fixture leaves no process and no folder."""
    told = tmp_path / "told"
    (tmp_path / "test_held.py").write_text(
        f"import pathlib, threading\n"
        f"def test_held(control_plane):\n"
        f"    pathlib.Path({str(told)!r}).write_text(str(control_plane.dir))\n"
        f"    threading.Event().wait()\n"
    )
    with child("-m", "pytest", "-p", "testbed.pytest_plugin", "--rootdir", str(tmp_path), str(tmp_path)) as run:
        until(lambda: told.exists() and told.read_text() != "", "the test is in the middle")
        folder = Path(told.read_text())
        running = processes_of(folder)
        run.kill()
        run.wait()
        until(lambda: not folder.exists(), "the folder is gone")
        until(lambda: not any(process.is_running() for process in running), "the processes are gone")


def test_killed_build_leaves_nothing(until: Callable[..., None], processes_of: ProcessesOf, tmp_path: Path) -> None:
    """A process killed while it builds takes the Go build with it and leaves nothing half-made."""
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\nexec sleep 600.0625 # as long as a build\n")
    go.chmod(0o755)
    build = (
        "import pathlib, testbed.gobuild as gobuild;"
        f"gobuild.find_go = lambda: {str(go)!r};"
        f"gobuild.install(['etcd'], pathlib.Path({str(tmp_path / 'cache')!r}), print)"
    )
    sleeper = Path("600.0625")  # what the build's process is known by
    with child("-c", build) as builder:
        until(lambda: bool(processes_of(sleeper)), "the build runs")
        builder.kill()
        builder.wait()
        until(lambda: not processes_of(sleeper), "the build is gone")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["install.lock"]
