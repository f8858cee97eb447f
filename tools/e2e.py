"""Tries chart and images in a cluster that runs pods: `./dev e2e` makes one with kind, or takes --kubeconfig."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import images
from cyclopts import App
from httpx2 import HTTPError
from lightkube import Client, KubeConfig
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from testbed.containers import Engine
from testbed.errors import TestbedError
from testbed.gotools import HELM, built
from yaml import YAMLError

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / ".dev" / "e2e"

app = App(name="e2e", help_format="plaintext")


class E2eError(TestbedError):
    """The run cannot begin, or a step before the tests failed: the text says which and what to do."""


def must(command: list[str], what: str) -> None:
    """Run a command where the user sees what it says.

    Raises:
        E2eError: It failed.
    """
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise E2eError(f"{what}: {error}") from error
    if code:
        raise E2eError(f"{what}: {shlex.join(command)} ended with {code}")


def program(name: str) -> str:
    """Return where a program is.

    Raises:
        E2eError: It is not on the PATH.
    """
    found = shutil.which(name)
    if not found:
        raise E2eError(f"there is no {name} on the PATH; CONTRIBUTING.md says what the end-to-end tests need")
    return found


@contextmanager
def kind(engine: Engine, folder: Path) -> Iterator[tuple[Path, str]]:
    """Make a cluster with kind; yield its kubeconfig and the command that loads images; take it down at the end.

    Raises:
        E2eError: It cannot be made.
    """
    command, name, kubeconfig = program("kind"), f"fabgitops-e2e-{uuid4().hex[:6]}", folder / "kubeconfig"
    os.environ["KIND_EXPERIMENTAL_PROVIDER"] = engine.name
    try:
        must([command, "create", "cluster", "--name", name, "--kubeconfig", str(kubeconfig), "--wait", "180s"], "kind")
        yield kubeconfig, f"{command} load image-archive --name {name}"
    finally:
        subprocess.run([command, "delete", "cluster", "--name", name, "--kubeconfig", str(kubeconfig)], check=False)


def refuse(kubeconfig: Path | None, load_image: str | None) -> None:
    """Check what is given of a cluster, before anything is built for it.

    Raises:
        E2eError: There is no such file, no such command, or no cluster that the tests may have.
    """
    if not kubeconfig:
        if load_image is not None:
            raise E2eError("--load-image needs --kubeconfig FILE: images get into a cluster made with kind by kind")
        return
    if not kubeconfig.is_file():
        raise E2eError(f"--kubeconfig {kubeconfig}: there is no such file")
    try:
        command = shlex.split(load_image or "")
    except ValueError as error:
        raise E2eError(f"--load-image {load_image}: {error}") from error
    if not command:
        raise E2eError(
            "--kubeconfig needs --load-image COMMAND, which is given archives to load into the cluster's nodes"
        )
    if not shutil.which(command[0]):
        raise E2eError(f"--load-image {load_image}: there is no program {command[0]}, or it may not be run")
    if ours := [name for name in definitions(kubeconfig) if name.endswith(".fabgitops.io")]:
        raise E2eError(
            f"--kubeconfig {kubeconfig}: FabGitOps is installed there, and the tests would take it and its PLCs away: "
            f"{', '.join(ours)}"
        )


def definitions(kubeconfig: Path) -> list[str]:
    """Return the names of a cluster's resource definitions.

    Raises:
        E2eError: It is no kubeconfig, or the cluster does not answer.
    """
    try:
        config = KubeConfig.from_file(kubeconfig).get()
        client: Any = Client(config=config)
    except (ConfigError, YAMLError, OSError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise E2eError(f"--kubeconfig {kubeconfig}: it is no kubeconfig that can be read: {one_line(error)}") from error
    with client:
        try:
            return [str(each.metadata.name) for each in client.list(CustomResourceDefinition)]
        except (ApiError, HTTPError, ConfigError, OSError) as error:
            raise E2eError(f"--kubeconfig {kubeconfig}: the cluster does not answer: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """Return what an error says in one line, with its name where it says little."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def load(engine: Engine, tag: str, base: str | None, command: str, folder: Path) -> None:
    """Build the images and load each into the cluster.

    Raises:
        E2eError: One cannot be loaded.
        ContainerError: One cannot be built.
    """
    for file, image in images.build(engine, tag, base).items():
        archive = folder / f"{file}.tar"
        engine.save(image, archive)
        must([*shlex.split(command), str(archive)], f"loading {image}")
        archive.unlink()


def run_tests(kubeconfig: Path, tag: str, helm: str, arguments: tuple[str, ...]) -> int:
    """Run the tests and return pytest's exit code."""
    shutil.rmtree(EVIDENCE, ignore_errors=True)
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "FABGITOPS_TAG": tag,
        "FABGITOPS_HELM": helm,
        "FABGITOPS_EVIDENCE": str(EVIDENCE),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "e2e",
        "--exitfirst",
        "-v",
        "--durations=0",
        "tests/e2e",
        *arguments,
    ]
    tests = subprocess.Popen(command, cwd=ROOT, env=environment)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # pytest hears Ctrl-C too, and is given the time to clean up
    try:
        return tests.wait()
    finally:
        signal.signal(signal.SIGINT, before)


@app.default
def main(
    *arguments: str,
    kubeconfig: Path | None = None,
    load_image: str | None = None,
    base: str | None = None,
) -> int:
    """Build the images, install the chart with helm, run the story of tests/e2e, and leave nothing behind.

    What the cluster told of a run that failed is in .dev/e2e.

    Args:
        arguments: What follows -- goes to pytest: -- -k upgrade
        kubeconfig: Use the cluster that this points at instead of making one with kind. It must not have FabGitOps.
        load_image: Command that loads image archives, whose paths are added to it, into that cluster's nodes.
        base: Image to build on, instead of the one that the Dockerfiles name.
    """
    tag = f"e2e-{uuid4().hex[:6]}"  # a new one each time, so that no node takes an image of an earlier run
    try:
        refuse(kubeconfig, load_image)
        found, helm = Engine.find(), str(built(HELM)["helm"])
        with tempfile.TemporaryDirectory(prefix="fabgitops-e2e-") as name:
            folder = Path(name)
            cluster = nullcontext((kubeconfig.resolve(), load_image or "")) if kubeconfig else kind(found, folder)
            with cluster as (config, command):
                try:
                    load(found, tag, base, command, folder)
                    return run_tests(config, tag, helm, arguments)
                finally:
                    for image in images.tagged(tag).values():
                        found.call("rmi", image)
    except TestbedError as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(app())
