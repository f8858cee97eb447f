"""The official archive, from a real HTTP server on loopback."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from testbed import envtest
from testbed.cache import say
from testbed.errors import SourceError

PLATFORM = "linux-amd64"


def archive() -> bytes:
    """An archive laid out as the official one is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("etcd", "kube-apiserver", "kubectl"):
            member = tarfile.TarInfo(f"controller-tools/envtest/{name}")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return buffer.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one archive, first behind a redirect as GitHub does."""

    content = archive()

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/releases"):
            self.send_response(302)
            self.send_header("Location", "/asset")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A release server that stands in for GitHub's."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        monkeypatch.setattr(envtest, "RELEASES", f"http://127.0.0.1:{server.server_port}/releases")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield
        server.shutdown()
        serving.join()


@pytest.mark.usefixtures("releases")
def test_a_good_archive_is_unpacked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From an archive with the published checksum exactly the asked-for binaries are put in place."""
    monkeypatch.setitem(envtest.CHECKSUMS, PLATFORM, hashlib.sha512(Handler.content).hexdigest())
    found = envtest.install(["etcd", "kube-controller-manager"], tmp_path, PLATFORM, say)
    assert found == {"etcd": tmp_path / "etcd"}
    assert found["etcd"].read_bytes() == b"etcd"
    assert found["etcd"].stat().st_mode & 0o111
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etcd", "install.lock"]


@pytest.mark.usefixtures("releases")
def test_an_archive_with_another_checksum_is_thrown_away(tmp_path: Path) -> None:
    """An archive that is not what was published is refused, and nothing of it reaches the disk's cache."""
    with pytest.raises(SourceError, match="not the published c5e7c237ae18a8c6"):
        envtest.install(["etcd"], tmp_path, PLATFORM, say)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_fetched_for_what_the_archive_lacks(tmp_path: Path) -> None:
    """Asked for the controller manager alone, it says at once that the archive has none."""
    with pytest.raises(SourceError, match="it has no kube-controller-manager"):
        envtest.install(["kube-controller-manager"], tmp_path, PLATFORM, say)


def test_a_platform_without_an_archive_is_named(tmp_path: Path) -> None:
    """For a platform with no pinned archive the error names it and those that have one."""
    with pytest.raises(SourceError, match="none is pinned for plan9-arm, only for linux-amd64"):
        envtest.install(["etcd"], tmp_path, "plan9-arm", say)


def test_checksums_are_whole() -> None:
    """Each pinned checksum has the length of a SHA-512."""
    assert {len(bytes.fromhex(value)) for value in envtest.CHECKSUMS.values()} == {64}
