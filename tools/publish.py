"""What release.yaml does with a tag, as commands that can be tried by hand; the standard library is all it needs.

Some of them run in jobs that may push and sign, where nothing else of ours, and nothing of others, should run.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
TAG = re.compile(r"(?P<package>fabctl|fabgitops-core|fabgitops-operator|mock-plc)-v(?P<version>\d+\.\d+\.\d+)")

# Where a wheel is tried before it is published, beside Linux: what its classifiers promise.
ELSEWHERE = ("macos-15", "windows-2025")
EVERYWHERE = ("fabctl", "mock-plc")

# The images of a package by their names, each with its Dockerfile, in the order in which they are built.
IMAGES = {
    "fabgitops-operator": {"fabgitops-operator": "operator", "fabgitops-agent": "agent"},
    "mock-plc": {"mock-plc": "mock-plc"},
}
PLATFORMS = ("linux/amd64", "linux/arm64")

# How skopeo and helm say that there is no such thing; a registry may deny what it has never heard of.
ABSENT = re.compile(r"not found|(manifest|name) unknown|denied")


class PublishError(Exception):
    """It must not be published, or could not be: the text says why."""


def read(root: Path, tag: str) -> tuple[str, str]:
    """Return the package and the version that a tag names, once all that names its version does the same.

    Raises:
        PublishError: The tag is not one of ours, or was put on a commit that `./dev release` did not prepare.
    """
    if not (parts := TAG.fullmatch(tag)):
        raise PublishError(f"{tag} is not <package>-vX.Y.Z of a package that is published")
    package, version = parts["package"], parts["version"]
    said = {f"packages/{package}/pyproject.toml": _project(root, package)["version"]}
    if package == "fabgitops-operator":
        said |= _said_of_operator(root)
    if wrong := [f"{place} says {found}" for place, found in said.items() if found != version]:
        raise PublishError(f"{tag} was not prepared by ./dev release: {'; '.join(wrong)}")
    notes(root, package, version)
    return package, version


def _project(root: Path, package: str) -> dict[str, str]:
    project = tomllib.loads((root / "packages" / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"version": str(project["version"]), "dependencies": " ".join(project["dependencies"])}


def _said_of_operator(root: Path) -> dict[str, str]:
    """Return what the chart, and the operator's dependency on core, say of their versions."""
    chart = (root / "charts/fabgitops/Chart.yaml").read_text(encoding="utf-8")
    said = {
        f"{key} of Chart.yaml": value for key, value in re.findall(r'^(version|appVersion): "?([^"\n]*)', chart, re.M)
    }
    core = _project(root, "fabgitops-core")["version"]
    if f"fabgitops-core>={core}," not in _project(root, "fabgitops-operator")["dependencies"]:
        said["its dependency on core"] = f"something else than fabgitops-core>={core}, which it was tested with"
    return said


def notes(root: Path, package: str, version: str) -> str:
    """Return what the changelog says of a version.

    Raises:
        PublishError: It says nothing of it.
    """
    changelog = (root / "packages" / package / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)} .*?(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if not found:
        raise PublishError(f"packages/{package}/CHANGELOG.md says nothing of {version}")
    return found[0].strip()


def tag(arguments: argparse.Namespace) -> str:
    """Return what the jobs of the workflow ask for, as lines for GITHUB_OUTPUT."""
    package, version = read(ROOT, arguments.tag)
    outputs = {
        "package": package,
        "version": version,
        "systems": json.dumps(["ubuntu-24.04", *(ELSEWHERE if package in EVERYWHERE else ())]),
        "images": json.dumps([{"name": name, "file": file} for name, file in IMAGES.get(package, {}).items()]),
        "mock-plc": _project(ROOT, "mock-plc")["version"],
    }
    return "".join(f"{name}={value}\n" for name, value in outputs.items())


def tell(arguments: argparse.Namespace) -> str:
    """Return the notes of the release that a tag names."""
    return notes(ROOT, *read(ROOT, arguments.tag)) + "\n"


def image(arguments: argparse.Namespace) -> str:
    """Return the digest of an image's version in its registry; an empty line where it is not there yet."""
    manifest = _manifest(arguments.image, plain_http=arguments.plain_http)
    if manifest is None and arguments.must:
        raise PublishError(f"there is no {arguments.image}, which the chart names: release it first")
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}\n" if manifest else "\n"


def platforms(arguments: argparse.Namespace) -> str:
    """Return platform and digest of each image of an index, a line each; attestations in it are no images."""
    manifest = _manifest(arguments.image, plain_http=arguments.plain_http)
    found = {
        f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"]
        for each in json.loads(manifest or "{}").get("manifests", [])
        if each["platform"]["os"] != "unknown"
    }
    if sorted(found) != sorted(PLATFORMS):
        raise PublishError(f"{arguments.image} is there for {sorted(found)}, and is to be for {sorted(PLATFORMS)}")
    return "".join(f"{platform} {digest}\n" for platform, digest in found.items())


def _manifest(name: str, *, plain_http: bool) -> bytes | None:
    """Return the manifest of an image as its registry has it, byte for byte, or nothing where there is none."""
    flags = ["--tls-verify=false"] if plain_http else []
    done = _run("skopeo", "inspect", "--raw", *flags, f"docker://{name}")
    if done.returncode and not ABSENT.search(done.stderr):
        raise PublishError(f"skopeo cannot tell whether {name} is there: {done.stderr.strip()}")
    return None if done.returncode else done.stdout.encode()


def chart(arguments: argparse.Namespace) -> str:
    """Push a packaged chart, unless the registry has that version of it; return its digest.

    Two packages of the same chart differ, so pushing again would put something else under a version that people have.
    """
    if not (parts := re.fullmatch(r"(.+)-(\d+\.\d+\.\d+)\.tgz", arguments.archive.name)):
        raise PublishError(f"{arguments.archive} is not named as helm names the package of a release")
    flags = ["--plain-http"] if arguments.plain_http else []
    done = _run("helm", "show", "chart", f"{arguments.registry}/{parts[1]}", "--version", parts[2], *flags)
    if done.returncode and not ABSENT.search(done.stderr):
        raise PublishError(f"helm cannot tell whether {parts[0]} is there: {done.stderr.strip()}")
    if done.returncode:
        done = _run("helm", "push", str(arguments.archive), arguments.registry, *flags)
    # Helm 3 says it on one stream, Helm 4 on the other.
    digest = re.search(r"^Digest: (sha256:[0-9a-f]{64})$", f"{done.stdout}\n{done.stderr}", re.MULTILINE)
    if done.returncode or not digest:
        raise PublishError(f"helm push told no digest: {done.stdout}{done.stderr}".strip())
    return f"{digest[1]}\n"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(prog="publish.py", description="The steps of release.yaml.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for run in (tag, tell, image, platforms, chart):
        command = commands.add_parser(run.__name__, help=(run.__doc__ or "").splitlines()[0])
        command.set_defaults(run=run)
        if run in {tag, tell}:
            command.add_argument("tag")
            continue
        if run is chart:
            command.add_argument("archive", type=Path)
            command.add_argument("registry", help="oci://HOST/FOLDER")
        else:
            command.add_argument("image", help="HOST/NAME:TAG or HOST/NAME@DIGEST")
        if run is image:
            command.add_argument("--must", action="store_true", help="fail where it is not there")
        command.add_argument("--plain-http", action="store_true", help="for a registry on this machine")
    return whole


def main(arguments: list[str]) -> int:
    """Run a command, print what it returns, and return the exit code."""
    given = parser().parse_args(arguments)
    try:
        sys.stdout.write(given.run(given))
    except (PublishError, OSError) as error:
        sys.stderr.write(f"publish: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
