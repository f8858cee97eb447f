"""The program mock-plc as its user starts it: a process of its own, and what it says."""

import io
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from unittest.mock import patch

from mock_plc import app

COMMAND = [sys.executable, "-W", "error", "-c", "from mock_plc.app import main; main()"]


def finished(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mock-plc to its own end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command line that serves nothing in the process of the tests: one of its own takes ten times as long."""
    out, err = io.StringIO(), io.StringIO()
    with patch.object(sys, "argv", ["mock-plc", *arguments]), redirect_stdout(out), redirect_stderr(err):
        code = app.run()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def in_shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mock-plc to its own end in a shell that buffers as a user's does, with a redirection behind it."""
    command = ["bash", "-c", f'unset PYTHONUNBUFFERED; "$@" {redirection}', "bash", *COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@dataclass(slots=True)
class Program:
    """A running mock-plc."""

    process: subprocess.Popen[str]
    port: int = 0
    said: list[str] = field(default_factory=list)

    def hear(self, pattern: str) -> re.Match[str]:
        """Read what it says until a line has the pattern; the test's own timeout ends a wait in vain."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"it ended without saying {pattern!r}: {self.said}")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, read what it still says, and return its exit code."""
        self.process.send_signal(number)
        # Not communicate(): it reads past the stream, and what the stream had read ahead of a line would be lost.
        assert self.process.stderr is not None
        self.said += self.process.stderr
        return self.process.wait(timeout=30)


@contextmanager
def running(*arguments: str) -> Iterator[Program]:
    """Run mock-plc on a free port of the loopback until the block ends."""
    command = [*COMMAND, "--bind", "127.0.0.1", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            program = Program(process)
            program.port = int(program.hear(r"listening on 127\.0\.0\.1:(\d+)")[1])
            yield program
        finally:
            process.kill()
