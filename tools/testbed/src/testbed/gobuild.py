"""Building the control plane from its Go modules, as pinned in `gomod/`."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.components import ETCD
from testbed.errors import SourceError
from testbed.golang import find_go
from testbed.installing import Say, executables, new_file, only_one
from testbed.processes import last_lines, leashed

KUBERNETES = "v1.34.2"
ETCD_VERSION = "v3.6.6"
VERSION = f"{KUBERNETES}-etcd-{ETCD_VERSION}"
MODULES = Path(__file__).parent / "gomod"
BETWEEN_REPORTS = 10.0  # seconds


def install(names: Sequence[str], folder: Path, say: Say) -> dict[str, Path]:
    """Build those of the names that are not in `folder` yet.

    Raises:
        SourceError: there is no go, or a build failed; the message ends with what go said last.
    """
    go = find_go()
    with only_one(folder, say):
        there = executables(folder, names)  # another process may have been quicker
        for name in names:
            if name not in there:
                _build(go, name, folder / name, say)
    return executables(folder, names)


def command(go: str, name: str, output: Path) -> list[str]:
    """The build of one binary; `-v` names each package as it is compiled, which shows progress."""
    package = "go.etcd.io/etcd/server/v3" if name == ETCD else f"k8s.io/kubernetes/cmd/{name}"
    flags = "-s -w" if name == ETCD else f"-s -w {_version_flags()}"
    options = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags]
    return [go, "build", "-v", *options, "-o", str(output), package]


def _version_flags() -> str:
    """Without these a server built outside the Kubernetes repository calls itself v0.0.0."""
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    values = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    return " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items())


def _build(go: str, name: str, path: Path, say: Say) -> None:
    module, version = ("etcd", ETCD_VERSION) if name == ETCD else ("kubernetes", KUBERNETES)
    build(f"{name} {version}", lambda output: command(go, name, output), MODULES / module, path, say)


def build(what: str, command: Callable[[Path], list[str]], module: Path, path: Path, say: Say) -> None:
    """Build one binary to `path` by a command of a Go module's folder, and show progress.

    Raises:
        SourceError: it failed; the message ends with what go said last.
    """
    say(f"building {what} from its Go modules: minutes the first time, then cached in {path.parent}")
    begun = time.monotonic()

    def report(log: str) -> None:
        lines = log.splitlines() or ["starting"]
        say(f"{what}: {time.monotonic() - begun:.0f} s, {len(lines)} steps so far, now {lines[-1]}")

    with new_file(path) as output:
        _run(command(output), module, report)
    say(f"{what} built in {time.monotonic() - begun:.0f} s")


def _run(arguments: list[str], folder: Path, report: Callable[[str], None]) -> None:
    with tempfile.TemporaryFile() as output:  # nameless, so that even a killed build leaves none
        code = _waited(arguments, folder, output.fileno(), lambda: report(_text(output.fileno())))
        if code != 0:
            said = last_lines(_text(output.fileno()))
            raise SourceError(f"`{' '.join(arguments)}` in {folder} ended with {code}:\n{said}")


def _text(descriptor: int) -> str:
    """All that was written to a file so far; leaves the writer's position alone."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode("utf-8", "replace")


def _waited(arguments: list[str], folder: Path, output: int, report: Callable[[], None]) -> int:
    # SIGINT, so that go takes its compilers and its working folder with it.
    with subprocess.Popen(
        leashed(arguments, signal.SIGINT),
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            while (code := _ended(process)) is None:
                report()
        except BaseException:
            process.send_signal(signal.SIGINT)
            raise  # leaving the block waits for it
    return code


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(BETWEEN_REPORTS)
    except subprocess.TimeoutExpired:
        return None
