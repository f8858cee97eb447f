"""Docker where its daemon answers, else podman: builds images, runs them, and says what is in them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from testbed.errors import TestbedError

ENGINES = ("docker", "podman")
CA = Path("/etc/ssl/certs/ca-certificates.crt")


class ContainerError(TestbedError):
    """There is no container engine, or it could not do what it was asked for: the text says which and why."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs."""

    engine: "Engine"
    name: str

    def logs(self) -> str:
        """Return what it has written so far."""
        done = self.engine.call("logs", self.name)
        return done.stdout + done.stderr

    def runs(self) -> bool:
        """Return whether it has not ended."""
        return self.engine.call("inspect", "--format", "{{.State.Running}}", self.name).stdout.strip() == "true"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as a health check is run."""
        return self.engine.call("exec", self.name, *command)


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine's command."""

    name: str

    @staticmethod
    def find() -> "Engine":
        """Return the engine that FABGITOPS_ENGINE names, or else the first one that answers.

        Raises:
            ContainerError: None does.
        """
        asked = os.environ.get("FABGITOPS_ENGINE")
        for name in (asked,) if asked else ENGINES:
            if shutil.which(name) and not Engine(name).call("info").returncode:
                return Engine(name)
        raise ContainerError(
            f"{asked or 'neither docker nor podman'} {'does not answer' if asked else 'answers'}: start docker, or "
            "install podman (on Debian and Ubuntu: apt-get install podman runc) and be root"
        )

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the engine quietly and return how that ended."""
        return subprocess.run([self.name, *arguments], capture_output=True, text=True, check=False)

    def must(self, *arguments: str) -> str:
        """Run the engine quietly and return its output.

        Raises:
            ContainerError: It failed.
        """
        done = self.call(*arguments)
        if done.returncode:
            raise ContainerError(f"{self.name} {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def show(self, *arguments: str, epoch: int = 0) -> None:
        """Run the engine where the user sees what it says.

        Raises:
            ContainerError: It failed.
        """
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
        done = subprocess.run([self.name, *arguments], env=environment, check=False)
        if done.returncode:
            raise ContainerError(f"{self.name} {arguments[0]} failed with {done.returncode}; it says why above")

    def has(self, image: str) -> bool:
        """Return whether an image is here, or can be pulled."""
        return not (self.call("image", "inspect", image).returncode and self.call("pull", "--quiet", image).returncode)

    def take(self, folder: Path, image: str) -> None:
        """Make an image of the files in a folder.

        Raises:
            ContainerError: The engine cannot.
        """
        pack, take = ["tar", "-C", str(folder), "--numeric-owner", "-c", "."], [self.name, "import", "-", image]
        with subprocess.Popen(pack, stdout=subprocess.PIPE) as tar:
            done = subprocess.run(take, stdin=tar.stdout, capture_output=True, text=True, check=False)
        if done.returncode or tar.returncode:
            raise ContainerError(f"{self.name} could not import {image}: {done.stderr.strip()}")

    def build(self, context: Path, file: Path, image: str, arguments: Mapping[str, str], epoch: int) -> None:
        """Build an image that holds no time but `epoch`, in seconds since 1970.

        Raises:
            ContainerError: That failed; the engine said why.
        """
        options = ["--file", str(file), "--tag", image]
        options += [f"--build-arg={name}={value}" for name, value in arguments.items()]
        options += [f"--secret=id=ca,src={CA}"] if CA.is_file() else []
        if self.name == "docker":
            self.show(
                "buildx",
                "build",
                "--load",
                f"--build-arg=SOURCE_DATE_EPOCH={epoch}",
                *options,
                str(context),
                epoch=epoch,
            )
            return
        # One layer and no cache of steps, because the history names the images in between, which differ each time;
        # docker's format, because the other knows no health checks.
        options += ["--format", "docker", "--layers=false", "--timestamp", str(epoch)]
        options += ["--isolation", "chroot", "--network", "host"] if os.geteuid() == 0 else []
        self.show("build", *options, str(context), epoch=epoch)

    def save(self, image: str, archive: Path) -> None:
        """Write an image to a file that `kind load image-archive`, `docker load` and containerd understand.

        Raises:
            ContainerError: The engine cannot.
        """
        archive.unlink(missing_ok=True)
        self.must(
            "save", "--output", str(archive), *(["--format", "docker-archive"] if self.name == "podman" else []), image
        )

    def inspect(self, image: str) -> dict[str, Any]:
        """Return what the engine knows of an image."""
        return dict(json.loads(self.must("image", "inspect", image))[0])

    def hardened(self) -> list[str]:
        """Return the options of `run` that take everything from a container that ours must not need."""
        options = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=host"]
        if self.name == "podman":
            # Without systemd podman can run no health checks by itself, and says so at each start: the tests run them.
            # By default it asks for more open files and processes than a limited machine lets anybody have.
            # It would give a name to a user who has none, which neither Docker nor Kubernetes does.
            options += ["--no-healthcheck", "--read-only-tmpfs=false", "--passwd=false"]
            options += ["--ulimit=nofile=1024:4096", "--ulimit=nproc=1024:4096"]
        return options

    def output(self, image: str, *command: str) -> str:
        """Run an image's program to its end in a hardened container and return what it printed.

        Raises:
            ContainerError: It failed.
        """
        return self.must("run", "--rm", *self.hardened(), image, *command)

    @contextmanager
    def running(self, image: str, *command: str, options: Sequence[str] = ()) -> Iterator[Container]:
        """Run an image's program in a hardened container until the block ends.

        Raises:
            ContainerError: It does not start.
        """
        name = f"fabgitops-{uuid4().hex[:12]}"
        try:
            self.must("run", "--detach", f"--name={name}", *self.hardened(), *options, image, *command)
            yield Container(self, name)
        finally:
            self.call("rm", "--force", name)
