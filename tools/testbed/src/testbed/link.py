"""The parent's end of the line to a supervisor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from types import TracebackType
from typing import Self

from testbed.errors import StartError, TestbedError
from testbed.protocol import DETACH, Settings

END_LIMIT = 30.0  # seconds for a supervisor to take everything down; usually well under one


class Link:
    """A supervisor of our own; it ends when this is closed, or when this process does.

    Raises:
        TestbedError: the control plane did not start; the message says why.
    """

    def __init__(self, settings: Settings) -> None:
        self.started: dict[str, str] = {}
        self._process = subprocess.Popen(
            # -P: a file in the current folder must not stand in for a module of ours.
            [sys.executable, "-P", "-m", "testbed.supervisor", settings.dump()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone, and we close in order
        )
        try:
            self.started = self._reply()
        except BaseException:
            self.close()
            raise

    def request(self, what: str) -> dict[str, str]:
        """Ask the supervisor for something and wait for its answer.

        Raises:
            TestbedError: it could not be done.
        """
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        try:
            self._process.stdin.write(f"{what}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise StartError("the test bed is gone: its supervisor has ended") from error
        return self._reply()

    def detach(self) -> None:
        """Let the supervisor go on without us."""
        self.request(DETACH)
        self._hang_up()
        self._process.returncode = 0  # it is not ours to wait for any more

    def close(self) -> None:
        """Hang up, and wait until everything is gone."""
        self._hang_up()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if folder := self.started.get("folder"):
            # There only when the supervisor was killed; what is held open even now, the next start sweeps.
            shutil.rmtree(folder, ignore_errors=True)

    def _hang_up(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _reply(self) -> dict[str, str]:
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        line = self._process.stdout.readline()
        if not line:
            raise StartError("the test bed's supervisor ended without an answer (see above)")
        reply: dict[str, str] = json.loads(line)
        if "error" in reply:
            raise TestbedError(reply["error"])
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
