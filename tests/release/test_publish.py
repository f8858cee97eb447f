"""What release.yaml does with a tag: it publishes what was prepared, once, and leaves alone what is there."""

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT, Repository

DIGEST = f"sha256:{'ab' * 32}"
AMD64, ARM64 = (f"sha256:{each * 32}" for each in ("01", "02"))
ABSENT = 'failed to perform "FetchReference" on source: ghcr.io/x/charts/fabgitops:0.2.0: not found'


def outputs(text: str) -> dict[str, str]:
    """Return what GitHub would read of a step's output."""
    return dict(line.split("=", 1) for line in text.splitlines())


def publish(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the tool that asks a registry, by the programs that are played."""
    command = [sys.executable, "tools/publish.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def play(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str, script: str) -> Path:
    """Put a program at the front of the PATH that notes how it is called, and goes on as a shell script says."""
    called = folder / "called"
    path = folder / program
    path.write_text(f'#!/bin/sh\necho "$@" >>{called}\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return called


def test_a_tag_that_was_prepared(repository: Repository) -> None:
    """The tag that `./dev release` asks for tells the workflow what to publish, where to try it, and what is new."""
    for package in ("fabgitops-core", "fabgitops-operator", "fabctl"):
        repository.release(package, "minor")
    tag = repository.git("tag", "--list", "fabctl-v*").strip()
    found = outputs(repository.run("publish", "tag", tag).stdout)
    assert (found["package"], f"fabctl-v{found['version']}") == ("fabctl", tag)
    assert json.loads(found["systems"]) == ["ubuntu-24.04", "macos-15", "windows-2025"]
    assert found["images"] == "[]"
    tag = repository.git("tag", "--list", "fabgitops-operator-v*").strip()
    found = outputs(repository.run("publish", "tag", tag).stdout)
    images = json.loads(found["images"])
    assert [each["name"] for each in images] == ["fabgitops-operator", "fabgitops-agent"]
    assert all((ROOT / "docker" / f"{each['file']}.Dockerfile").is_file() for each in images)
    notes = repository.run("publish", "tell", tag).stdout
    assert notes.startswith(f"## {found['version']} (")
    assert "- The first of fabgitops-operator." in notes


def test_notes_are_of_one_version(repository: Repository) -> None:
    """The notes of a release end where those of the one before begin."""
    repository.release("fabctl", "minor")
    repository.add_fragment("fabctl", "The second of fabctl.")
    repository.release("fabctl", "patch")
    newest, first = sorted(repository.git("tag", "--list", "fabctl-v*").split(), reverse=True)
    assert "first of" not in repository.run("publish", "tell", newest).stdout
    assert repository.run("publish", "tell", newest).stdout.count("\n## ") == 0
    repository.git("checkout", "--quiet", first)
    assert "first of" in repository.run("publish", "tell", first).stdout


@pytest.mark.parametrize("tag", ["fabctl-v9.9.9", "fabctl-v1.0", "fabctl-v1.0.0rc1", "testbed-v0.1.0", "fabctl-v0.1.0"])
def test_a_tag_that_was_not_prepared(repository: Repository, tag: str) -> None:
    """A tag by hand, of another version or of none that the changelog knows, publishes nothing, in one line."""
    done = repository.run("publish", "tag", tag)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"publish: .*\n", done.stderr)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("charts/fabgitops/Chart.yaml", (r"(?m)^version: .*$", "version: 9.9.9")),
        ("charts/fabgitops/Chart.yaml", (r"(?m)^appVersion: .*$", 'appVersion: "9.9.9"')),
        ("packages/fabgitops-operator/pyproject.toml", (r"fabgitops-core>=[^,]*", "fabgitops-core>=0.0.1")),
    ],
)
def test_a_chart_or_a_core_left_behind(with_operator: Repository, path: str, change: tuple[str, str]) -> None:
    """An operator whose chart has another version, or that asks for another core, is not published."""
    tag = with_operator.git("tag", "--list", "fabgitops-operator-v*").strip()
    assert with_operator.run("publish", "tag", tag).returncode == 0
    (with_operator.root / path).write_text(re.sub(*change, with_operator.text(path)))
    assert with_operator.run("publish", "tag", tag).returncode == 1


@pytest.mark.parametrize("stream", ["1", "2"], ids=["helm 4", "helm 3"])
def test_a_chart_is_pushed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    """A chart that its registry has is left as it is; either way its digest is told, to be signed."""
    told = f"echo 'Digest: {DIGEST}' >&{stream}"
    command = ("chart", "chart/fabgitops-0.2.0.tgz", "oci://ghcr.io/x/charts")
    called = play(tmp_path, monkeypatch, "helm", f"[ $1 = push ] || {{ echo '{ABSENT}' >&2; exit 1; }}; {told}")
    assert publish(*command).stdout == f"{DIGEST}\n"
    assert called.read_text().splitlines()[-1] == "push chart/fabgitops-0.2.0.tgz oci://ghcr.io/x/charts"
    called.unlink()
    play(tmp_path, monkeypatch, "helm", f"[ $1 = show ] || exit 1; {told}")
    assert publish(*command).stdout == f"{DIGEST}\n"
    assert "push" not in called.read_text()


@pytest.mark.parametrize(
    "helm", ["echo 'x509: certificate signed by unknown authority' >&2; exit 1", "[ $1 = push ] && exit 1; exit 0"]
)
def test_a_chart_that_cannot_be_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helm: str) -> None:
    """A registry that does not answer is not one that has nothing; a push that told no digest did not work."""
    called = play(tmp_path, monkeypatch, "helm", helm)
    done = publish("chart", "fabgitops-0.2.0.tgz", "oci://ghcr.io/x/charts")
    assert (done.returncode, done.stdout) == (1, "")
    assert "push" not in called.read_text()


def test_an_image_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of an image is that of its manifest, byte for byte; where there is none, nothing is told."""
    play(tmp_path, monkeypatch, "skopeo", r"printf '{}\n\n'")
    digest = hashlib.sha256(b"{}\n\n").hexdigest()
    assert publish("image", "ghcr.io/x/y:1").stdout == f"sha256:{digest}\n"
    play(tmp_path, monkeypatch, "skopeo", "echo 'reading manifest 1 in ghcr.io/x/y: manifest unknown' >&2; exit 1")
    done = publish("image", "ghcr.io/x/y:1")
    assert (done.returncode, done.stdout) == (0, "\n")
    assert publish("image", "--must", "ghcr.io/x/y:1").returncode == 1
    play(tmp_path, monkeypatch, "skopeo", "echo 'connection refused' >&2; exit 1")
    assert publish("image", "ghcr.io/x/y:1").returncode == 1


def test_an_image_for_each_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each image of an index is found, its attestations are not taken for images, and a missing processor is told."""
    manifests = [
        {"digest": digest, "platform": {"os": system, "architecture": processor}}
        for digest, system, processor in (
            (AMD64, "linux", "amd64"),
            (ARM64, "linux", "arm64"),
            (DIGEST, "unknown", "unknown"),
        )
    ]
    play(tmp_path, monkeypatch, "skopeo", f"echo '{json.dumps({'manifests': manifests})}'")
    done = publish("platforms", f"ghcr.io/x/y@{DIGEST}")
    assert done.stdout == f"linux/amd64 {AMD64}\nlinux/arm64 {ARM64}\n"
    play(tmp_path, monkeypatch, "skopeo", f"echo '{json.dumps({'manifests': manifests[:1]})}'")
    assert "linux/arm64" in publish("platforms", f"ghcr.io/x/y@{DIGEST}").stderr
