"""Output of mock-plc that nobody takes: a full disk, a closed descriptor, a pipe that nobody reads."""

import os
import subprocess
from pathlib import Path

import pytest

from .program import COMMAND, finished, in_shell

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")


@pytest.fixture
def device(tmp_path: Path) -> str:
    """Return a device file without mistakes."""
    file = tmp_path / "plc.yaml"
    file.write_text(finished("example").stdout)
    return str(file)


@pytest.mark.parametrize("command", ["example", "check", "--help"])
@pytest.mark.parametrize(("redirection", "why"), [(">/dev/full", "No space left"), (">&-", "Bad file descriptor")])
def test_output_that_cannot_be_written_is_one_line(device: str, command: str, redirection: str, why: str) -> None:
    """Output that is lost is told in one line, with exit code 1."""
    ran = in_shell(redirection, command, *([device] if command == "check" else []))
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"mock-plc: the output cannot be written: {why}")
    assert ran.stderr.count("\n") == 1


def test_a_mistake_is_told_where_the_output_before_it_is_lost(device: str) -> None:
    """A wrong device file is told with its own exit code, although what was said of the one before it is lost."""
    ran = in_shell(">/dev/full", "check", device, "/nowhere/plc.yaml")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("mock-plc: /nowhere/plc.yaml")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_complaint_that_cannot_be_written_leaves_the_exit_code(redirection: str) -> None:
    """Where standard error takes nothing, the exit code is that of the failure itself."""
    assert in_shell(redirection, "check", "/nowhere/plc.yaml").returncode == 2


@pytest.mark.parametrize("command", ["example", "--help"])
def test_a_closed_pipe_is_silent(command: str) -> None:
    """`mock-plc ... | true` ends without a word, and with the exit code that a shell gives to SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run(
            [*COMMAND, command], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(write)
    assert (ran.returncode, ran.stderr) == (141, "")
