"""Building the control plane from its Go modules, as pinned in `gomod/`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.components import ETCD
from testbed.errors import SourceError
from testbed.installing import Say, executables, new_file, only_one
from testbed.processes import last_lines, leashed

KUBERNETES = "v1.34.2"
ETCD_VERSION = "v3.6.6"
VERSION = f"{KUBERNETES}-etcd-{ETCD_VERSION}"
MODULES = Path(__file__).parent / "gomod"
BETWEEN_REPORTS = 10.0  # seconds
STOP_PATIENCE = 10.0  # seconds that go has to remove its working folder


def install(names: Sequence[str], folder: Path, say: Say) -> dict[str, Path]:
    """Build those of the names that are not in `folder` yet.

    Raises:
        SourceError: there is no go, or a build failed; the message ends with what go said last.
    """
    go = shutil.which("go")
    if go is None:
        raise SourceError("there is no `go` on the PATH (https://go.dev/dl, 1.24 or newer)")
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
    module = MODULES / ("etcd" if name == ETCD else "kubernetes")
    version = ETCD_VERSION if name == ETCD else KUBERNETES
    say(f"building {name} {version} from its Go modules: minutes the first time, then cached in {path.parent}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".build-") as work, new_file(path) as output:
        log = Path(work) / "log"
        environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOTMPDIR": work}
        _run(command(go, name, output), module, environment, log, lambda: _report(say, name, log, begun))
    say(f"{name} built in {time.monotonic() - begun:.0f} s")


def _report(say: Say, name: str, log: Path, begun: float) -> None:
    lines = log.read_text("utf-8", "replace").splitlines()
    now = lines[-1] if lines else "starting"
    say(f"{name}: {time.monotonic() - begun:.0f} s, {len(lines)} packages so far, now {now}")


def _run(
    arguments: list[str], folder: Path, environment: dict[str, str], log: Path, report: Callable[[], None]
) -> None:
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command line
            # SIGINT, so that go takes its compilers and its working folder with it.
            leashed(arguments, signal.SIGINT),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            code = _waited(process, report)
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_PATIENCE)
            raise
    if code != 0:
        raise SourceError(f"`{' '.join(arguments)}` in {folder} ended with {code}:\n{last_lines(log)}")


def _waited(process: subprocess.Popen[bytes], report: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(BETWEEN_REPORTS)
        except subprocess.TimeoutExpired:
            report()
