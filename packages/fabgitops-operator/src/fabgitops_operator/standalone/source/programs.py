"""Programs of others, run with a deadline, a bound to what they write, and an environment that is ours alone.

The one place that starts processes: git, gpg and kustomize. Each is a process group of its own and is ended with it,
when it takes too long and when the operator stops.
"""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fabgitops_core.codec.texts import printable

LARGEST_FILE_BLOCKS = 2**20
"""Blocks of 512 bytes that a file may have which a program writes: 512 MiB, for all of a repository is one file."""

LARGEST_OUTPUT = 256 * 2**20
"""Bytes that a program may print."""

MOST_SAID = 2000
"""Characters that are told of what a program said on standard error: the last ones."""

_END_SECS = 2.0
"""How long a program has to end by itself."""


class ProgramError(Exception):
    """A program failed or took too long: its text says which and what it said, in one line."""


class ProgramMissingError(ProgramError):
    """There is no such program on the PATH."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a program."""

    code: int
    out: bytes
    said: str
    """What it printed on standard error, in one line of printable characters."""


async def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    deadline: float,
    text: bytes = b"",
    folder: Path | None = None,
) -> Done:
    """Run a program to its end.

    Args:
        command: The program, found on the PATH of `environment`, and its arguments.
        environment: All of its environment.
        deadline: Seconds that it may take.
        text: What it gets on standard input.
        folder: Where it runs.

    Raises:
        ProgramMissingError: There is none of that name.
        ProgramError: It took too long, or printed too much.
    """
    if shutil.which(command[0], path=environment.get("PATH", "")) is None:
        raise ProgramMissingError(f"the program {command[0]} is not there")
    limited = ("/bin/sh", "-c", f'ulimit -f {LARGEST_FILE_BLOCKS}; exec "$@"', "sh", *command)
    process = await _begun(limited, environment, folder)
    try:
        async with asyncio.timeout(deadline):
            out, said = await _talk(process, text)
            code = await process.wait()
    except TimeoutError:
        raise ProgramError(f"{command[0]} took more than {deadline:g} s") from None
    finally:
        await _end(process)
    if out is None:
        raise ProgramError(f"{command[0]} printed more than {LARGEST_OUTPUT} bytes")
    told = printable(" ".join((said or b"").decode(errors="replace").split()))
    return Done(code, out, told[-MOST_SAID:])


async def _begun(command: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> Process:
    """Start a program. It runs before asyncio says so: who is told to stop in between ends it, and its group."""
    beginning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        await _end(await beginning)
        raise


async def _talk(process: Process, text: bytes) -> tuple[bytes | None, bytes | None]:
    """Give a program its input while its output is read, or both would wait for each other."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise ProgramError("the program has no pipes")
    _, out, said = await asyncio.gather(
        _give(process.stdin, text), _take(process.stdout, LARGEST_OUTPUT), _take(process.stderr, LARGEST_OUTPUT)
    )
    return out, said


async def _give(pipe: asyncio.StreamWriter, text: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it did not want all of it: its exit code says why
        if not pipe.is_closing():  # of one that has ended already uvloop has closed the pipe, and refuses to write
            pipe.write(text)
            await pipe.drain()
    pipe.close()


async def _take(pipe: asyncio.StreamReader, most: int) -> bytes | None:
    """Read to the end, so that nobody waits; nothing is kept of what is beyond all bounds."""
    parts, size = [], 0
    while part := await pipe.read(2**16):
        size += len(part)
        parts.append(part)
        if size > most:
            parts.clear()
    return b"".join(parts) if size <= most else None


async def _end(process: Process) -> None:
    """End a program that still runs, and all that it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_SECS)
