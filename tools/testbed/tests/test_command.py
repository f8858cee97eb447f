"""The `testbed` command, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.integration


def testbed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "testbed.app", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


testbed.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A state folder; whatever stands in it is taken down."""
    yield tmp_path / "state"
    testbed("down", "--state-dir", str(tmp_path / "state"))


def test_up_env_down(folder: Path, processes_of: Callable[[Path], list[psutil.Process]]) -> None:
    """`up` leaves a control plane running, `env` exports it to a shell, `down` ends it; each can be repeated."""
    where = ["--state-dir", str(folder)]
    first, second = testbed("up", *where), testbed("up", *where)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout == f"{folder}/admin.kubeconfig\n"
    shown = testbed("env", *where).stdout
    script = f'{shown}\n"{sys.executable}" -c "import os, json; print(json.dumps(dict(os.environ)))"'
    exported = json.loads(subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout)
    assert exported["KUBECONFIG"] == f"{folder}/admin.kubeconfig"
    assert exported["TESTBED_DIR"] == str(folder)
    authority = folder / "pki" / "ca.crt"
    assert authority.exists()
    with pytest.raises(httpx.ConnectError, match="certificate"):  # reached, and not trusted by default
        httpx.get(exported["TESTBED_URL"], trust_env=False)
    for said in ("ended", "nothing was up in"):
        end = testbed("down", *where)
        assert end.returncode == 0
        assert f"testbed: {said} {folder}\n" == end.stderr
    assert not folder.exists()
    assert processes_of(folder) == []


def test_up_with_more_than_is_there(folder: Path) -> None:
    """Asked for the controller manager of a control plane that has none, `up` says what to do."""
    assert testbed("up", "--state-dir", str(folder)).returncode == 0
    refused = testbed("up", "--controller-manager", "--state-dir", str(folder))
    assert refused.returncode == 1
    assert refused.stderr.endswith("is up without kube-controller-manager: run `testbed down` first\n")


def test_after_a_killed_supervisor(folder: Path, until: Callable[..., None]) -> None:
    """What a killed supervisor left is not taken for a control plane, and `down` removes it."""
    assert testbed("up", "--state-dir", str(folder)).returncode == 0
    supervisor = psutil.Process(json.loads((folder / "testbed.json").read_text())["supervisor"])
    supervisor.send_signal(signal.SIGKILL)
    until(lambda: not supervisor.is_running() or supervisor.status() == psutil.STATUS_ZOMBIE, "it is gone")
    none = testbed("env", "--state-dir", str(folder))
    assert none.returncode == 1
    assert none.stdout == ""
    assert testbed("down", "--state-dir", str(folder)).returncode == 0
    assert not folder.exists()


def test_env_of_nothing(folder: Path) -> None:
    """With nothing up, `env` says so in one line, exports nothing and fails."""
    nothing = testbed("env", "--state-dir", str(folder))
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr == f"testbed: error: no test bed is up in {folder}: run `testbed up` first\n"


@pytest.mark.parametrize("command", ["up", "down"])
def test_folder_of_someone_else(folder: Path, command: str) -> None:
    """A folder with other content is neither used nor removed."""
    folder.mkdir()
    (folder / "thesis.txt").touch()
    refused = testbed(command, "--state-dir", str(folder))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"testbed: error: {folder} is not empty and is no test bed's")
    assert (folder / "thesis.txt").exists()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A folder below a file is refused in one line, without a traceback."""
    (tmp_path / "file").touch()
    refused = testbed("up", "--state-dir", str(tmp_path / "file" / "below"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("testbed: error: ")
    assert str(tmp_path / "file" / "below") in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
