"""uv without pip, from an index that is played: the newest wheel of this machine, and never one that came damaged."""

import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.libc_ver()[0] != "glibc", reason="the played index has wheels for glibc"
)
SCRIPT = Path(__file__).parents[1] / "tools" / "fetch_uv.py"
HERE = f"manylinux_2_17_{platform.machine()}.manylinux2014_{platform.machine()}"


class Index:
    """A package index that has uv; `pages` are what it answers by path."""

    def __init__(self) -> None:
        self.files: list[dict[str, Any]] = []
        self.pages: dict[str, bytes] = {}
        self.listing = b""
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = index.page(self.path)
                self.send_response(200 if content is not None else 404)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def page(self, path: str) -> bytes | None:
        """Return what stands at a path."""
        listing = self.listing or json.dumps({"files": self.files}).encode()
        return listing if path == "/simple/uv/" else self.pages.get(path)

    def add(self, version: str, tags: str = HERE, *, yanked: bool = False, damaged: bool = False) -> None:
        """Publish a wheel whose program says its version."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(f"uv-{version}.data/scripts/uv", f"#!/bin/sh\necho uv {version}\n")
        name = f"uv-{version}-py3-none-{tags}.whl"
        digest = hashlib.sha256(content.getvalue()).hexdigest()
        self.pages[f"/files/{name}"] = content.getvalue() + (b" " if damaged else b"")
        wheel = {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": digest}, "yanked": yanked}
        self.files.append(wheel)


@pytest.fixture
def index() -> Iterator[Index]:
    """Return an index that answers."""
    made = Index()
    thread = Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def fetch(into: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Fetch uv into a folder that is a home, too."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME"):
        environment.setdefault(name, "")
    command = [sys.executable, "-I", str(SCRIPT), str(into / "uv")]
    told = {**os.environ, "HOME": str(into), **environment}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


def says(program: Path) -> str:
    """Return what a program prints."""
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()


def test_the_newest_that_runs_here_is_taken(index: Index, tmp_path: Path) -> None:
    """It is the newest release for this machine: of no other platform or newer C library, and not withdrawn."""
    index.add("0.9.9")
    index.add("0.10.1")
    index.add("0.11.0", yanked=True)
    index.add("0.12.0", "manylinux_2_17_vax")
    index.add("0.13.0", f"manylinux_9_99_{platform.machine()}")
    index.add("0.14.0rc1")
    done = fetch(tmp_path, UV_DEFAULT_INDEX=index.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert says(tmp_path / "uv") == "uv 0.10.1"


def test_the_index_of_pips_files_is_asked(index: Index, tmp_path: Path) -> None:
    """Whoever has pip ask an index of their own has that asked, and no other."""
    index.add("1.0")
    folder = tmp_path / ".config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text(f"[global]\nindex-url = {index.url}\n")
    assert fetch(tmp_path).returncode == 0
    assert says(tmp_path / "uv") == "uv 1.0"


def test_what_came_damaged_is_not_kept(index: Index, tmp_path: Path) -> None:
    """Bytes of another digest than the index names are never made a program."""
    index.add("1.0", damaged=True)
    done = fetch(tmp_path, UV_DEFAULT_INDEX=index.url)
    assert done.returncode == 1
    assert "has not the digest that the index names" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["none for this machine", "no such index", "no index"])
def test_why_there_is_none_is_told(index: Index, tmp_path: Path, what: str) -> None:
    """An index without a wheel for this machine, or that does not answer as one, ends in a line that says so."""
    index.add("1.0", "manylinux_2_17_vax")
    if what == "no index":
        index.listing = b"<html>"
    done = fetch(tmp_path, UV_DEFAULT_INDEX=index.url + ("/nonsense" if what == "no such index" else ""))
    assert done.returncode == 1
    assert done.stderr.startswith("uv cannot be fetched: ")
    assert done.stderr.count("\n") == 1
