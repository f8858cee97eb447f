"""Output that nobody takes: a full disk, a closed descriptor, a pipe that nobody reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("fabctl")

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")


def shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run fabctl in a shell that buffers as a user's does, with a redirection behind it."""
    script = f'unset PYTHONUNBUFFERED; "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", script, "bash", COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["--version"]])
@pytest.mark.parametrize(("redirection", "why"), [(">/dev/full", "No space left"), (">&-", "Bad file descriptor")])
def test_output_that_cannot_be_written_is_one_line(arguments: list[str], redirection: str, why: str) -> None:
    """Output that is lost is told in one line, with exit code 1."""
    ran = shell(redirection, *arguments)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"fabctl: the output cannot be written: {why}")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_complaint_that_cannot_be_written_leaves_the_exit_code(redirection: str) -> None:
    """Where standard error takes nothing, the exit code is that of the failure itself."""
    assert shell(redirection, "describe").returncode == 2


def test_what_needs_no_output_does_not_fail_without() -> None:
    """A failure is told as itself where standard output is closed, and nothing is printed."""
    ran = shell(">&-", "describe")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "NAME" in ran.stderr


@pytest.mark.parametrize("arguments", [["version"], ["--help"]])
def test_a_closed_pipe_is_silent(arguments: list[str]) -> None:
    """`fabctl ... | true` ends without a word, and with the exit code that a shell gives to SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run(
            [COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(write)
    assert (ran.returncode, ran.stderr) == (141, "")
