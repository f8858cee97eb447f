"""Builds the container images, by docker or else podman, also where nothing can be pulled, and says how big they are.

`./dev images` runs it and then the tests of what it built.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cyclopts import App
from testbed.containers import ContainerError, Engine

ROOT = Path(__file__).parent.parent
NAMES = {"operator": "fabgitops-operator", "mock-plc": "mock-plc", "agent": "fabgitops-agent"}
"""What each image is called, by its Dockerfile, in the order of building: the last one is made of the first."""
PACKAGES = {**NAMES, "agent": "fabgitops-operator"}
"""Whose version each has."""
MADE_BASE = "localhost/fabgitops/base:bookworm"
MADE_UV = "localhost/fabgitops/uv:local"
NEEDLESS = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")

app = App(name="images", help_format="plaintext")


def tagged(tag: str) -> dict[str, str]:
    """Return the full name of each image by the name of its Dockerfile."""
    return {file: f"localhost/fabgitops/{name}:{tag}" for file, name in NAMES.items()}


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"images: {text}", flush=True)


def parts(engine: Engine, base: str | None) -> dict[str, str]:
    """Return the images to build from, as arguments of the build: pulled, or made here where that is not possible.

    Raises:
        ContainerError: They can be neither pulled nor made.
    """
    text = (ROOT / "docker" / "operator.Dockerfile").read_text()
    named = dict(re.findall(r"^ARG (BASE|UV)=(\S+)$", text, re.MULTILINE))
    found = {}
    for argument, wanted, made, make in (("BASE", base, MADE_BASE, debootstrapped), ("UV", None, MADE_UV, local_uv)):
        image = wanted or named[argument]
        if not engine.has(image):
            if wanted:
                raise ContainerError(f"there is no image {wanted}, and it cannot be pulled")
            say(f"{image} cannot be pulled: {made} is made here instead")
            image = made
            if not engine.has(made):
                make(engine, made)
        found[argument] = image
    return found


def debootstrapped(engine: Engine, image: str) -> None:
    """Make a Debian with Python of Debian's own packages.

    Raises:
        ContainerError: It cannot be made here.
    """
    if os.geteuid() or not shutil.which("debootstrap"):
        raise ContainerError("to make a base image needs root and debootstrap; or name one that is here: --base IMAGE")
    with tempfile.TemporaryDirectory(prefix="fabgitops-base-") as folder:
        root = Path(folder, "root")
        command = ["debootstrap", "--variant=minbase", "--include=python3", "bookworm", str(root)]
        log = Path(folder, "log")
        with log.open("wb") as output:
            done = subprocess.run(command, stdout=output, stderr=output, check=False)
        if done.returncode:
            raise ContainerError(f"debootstrap failed: {' '.join(log.read_text().splitlines()[-3:])}")
        for each in NEEDLESS:
            shutil.rmtree(root / each, ignore_errors=True)
        engine.take(root, image)


def local_uv(engine: Engine, image: str) -> None:
    """Make an image of the uv that runs here.

    Raises:
        ContainerError: There is none.
    """
    uv = shutil.which("uv")
    if not uv:
        raise ContainerError("there is no uv on the PATH to make an image of")
    with tempfile.TemporaryDirectory(prefix="fabgitops-uv-") as folder:
        Path(folder).chmod(0o755)
        shutil.copy(uv, Path(folder, "uv"))
        engine.take(Path(folder), image)


def git(*arguments: str) -> str:
    """Return what git says, or nothing where this is no repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def build(engine: Engine, tag: str, base: str | None = None, *, twice: bool = False) -> dict[str, str]:
    """Build every image and return its full name by the name of its Dockerfile.

    Raises:
        ContainerError: That failed, or the second build of `twice` made another image than the first.
    """
    arguments = parts(engine, base)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or 0)
    arguments["REVISION"] = git("rev-parse", "HEAD") or "unknown"
    arguments["CREATED"] = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for file, image in tagged(tag).items():
        given = {**arguments, "VERSION": version(PACKAGES[file])}
        given |= {"OPERATOR": tagged(tag)["operator"]} if file == "agent" else {}
        made: list[dict[str, Any]] = []
        for attempt in range(2 if twice else 1):
            say(f"{engine.name} builds {image} from {arguments['BASE']}{' again' if attempt else ''}")
            engine.build(ROOT, ROOT / "docker" / f"{file}.Dockerfile", image, given, epoch)
            made.append(engine.inspect(image))
        first, last = (each["RootFS"]["Layers"] for each in (made[0], made[-1]))
        if first != last:
            raise ContainerError(f"{image} is not reproducible: built twice its layers were {first} and {last}")
        if made[0]["Id"] != made[-1]["Id"]:  # the configuration names the container that it was made in
            engine.must("rmi", made[0]["Id"])
        size, of_base = (engine.inspect(each)["Size"] / 1e6 for each in (image, arguments["BASE"]))
        say(f"{image}: {size:.0f} MB unpacked, of which {of_base:.0f} MB are the base image")
    return tagged(tag)


@app.default
def main(*, tag: str = "dev", base: str | None = None, twice: bool = False, only_parts: bool = False) -> int:
    """Build the images of operator, mock-plc and agent, with docker if its daemon answers, else with podman.

    FABGITOPS_ENGINE=podman or docker in the environment decides it otherwise.

    Args:
        tag: The tag of localhost/fabgitops/fabgitops-operator, localhost/fabgitops/mock-plc and
            localhost/fabgitops/fabgitops-agent.
        base: Image with Python and a shell to build on and run on, instead of the one that the Dockerfiles name.
        twice: Build each a second time, and fail unless its layers are the same to the last byte. Not with docker: it
            keeps the times of files unless it exports with rewrite-timestamp=true, as a release does.
        only_parts: Only pull or make what the images are built from.
    """
    try:
        engine = Engine.find()
        if only_parts:
            say(f"built from {' and '.join(parts(engine, base).values())}")
        else:
            build(engine, tag, base, twice=twice and engine.name != "docker")
    except ContainerError as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(app())
