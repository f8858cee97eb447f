"""What is wrong with the cluster for `./dev e2e` is told in one line, before minutes are spent on building for it."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:%d"}}]
users: [{name: me, user: {}}]
"""


def refused(*arguments: str) -> str:
    """Return the one line with which it refuses to begin."""
    command = [sys.executable, "tools/e2e.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"e2e: .+\n", done.stderr)
    return done.stderr


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_no_such_file() -> None:
    """A kubeconfig that is not there is named."""
    assert "/no/such/file: there is no such file" in refused("--kubeconfig", "/no/such/file", "--load-image", "true")


@pytest.mark.parametrize("text", ["a: [b", "just text", "kind: Config", "", "clusters: 1\ncontexts: 2\n"])
def test_no_kubeconfig(tmp_path: Path, text: str) -> None:
    """A file that is something else is told as that, whatever it is."""
    file = tmp_path / "file"
    file.write_text(text)
    assert f"{file}: it is no kubeconfig" in refused("--kubeconfig", str(file), "--load-image", "true")


def test_no_cluster(tmp_path: Path, closed_port: int) -> None:
    """A cluster that is not up is told before anything is built."""
    file = tmp_path / "file"
    file.write_text(KUBECONFIG % closed_port)
    assert "the cluster does not answer" in refused("--kubeconfig", str(file), "--load-image", "true")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ([], "needs --load-image"),
        (["--load-image", " "], "needs --load-image"),
        (["--load-image", "no-such-program --name x"], "no program no-such-program"),
        (["--load-image", "'open"], "No closing quotation"),
    ],
)
def test_no_way_to_load_images(tmp_path: Path, command: list[str], told: str) -> None:
    """Without a command that can load images into the cluster nothing is begun."""
    file = tmp_path / "file"
    file.write_text(KUBECONFIG % 1)
    assert told in refused("--kubeconfig", str(file), *command)


def test_a_command_without_a_cluster() -> None:
    """--load-image alone has no effect, so it is refused."""
    assert "--load-image needs --kubeconfig" in refused("--load-image", "true")
