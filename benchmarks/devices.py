"""A farm of Modbus devices in one process: the same for everybody who is measured.

`python -m benchmarks.devices COUNT` prints the ports as one JSON line. A line `drift` on standard input then
makes every device hold another value and prints the moment (seconds of the system's monotonic clock); a line `served`
prints how many requests were answered so far.
"""

import asyncio
import json
import resource
import struct
import sys
import time
from typing import IO

import uvloop

REGISTER = 4001
TARGET = 2500
DRIFTED = 2311


SPARE = 100
"""Open files of a process beside those of its devices."""


def make_room(count: int) -> None:
    """Let this process open what so many devices need: each listens, and holds one connection.

    Raises:
        SystemExit: That is more than this machine allows; the text says how much it is.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * count + SPARE
    if hard != resource.RLIM_INFINITY and needed > hard:
        sys.exit(
            f"{count} devices in one process need {needed} open files, and {hard} are allowed (ulimit -Hn): "
            f"raise that, or measure at most {(hard - SPARE) // 2} PLCs"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))


class Connection(asyncio.Protocol):
    """Answers FC03 with what the device holds, and lets FC06 change it; one whole request at a time."""

    served = 0

    def __init__(self, values: list[int], number: int) -> None:
        self._values = values
        self._number = number
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's does not descend from asyncio's

    def data_received(self, data: bytes) -> None:
        """Answer a request."""
        if self._transport is None:
            return
        if data[7] == 3:
            answer = struct.pack(">HHHBBBH", int.from_bytes(data[:2]), 0, 5, data[6], 3, 2, self._values[self._number])
        else:
            self._values[self._number] = int.from_bytes(data[10:12])
            answer = data
        Connection.served += 1
        self._transport.write(answer)


def said(output: IO[str], who: str) -> str:
    """Return the next line of a process.

    Raises:
        SystemExit: It has ended; it said why on standard error.
    """
    return output.readline() or sys.exit(f"bench: {who} could not go on, see above; nothing was measured of it")


async def serve(count: int) -> None:
    """Serve until standard input ends."""
    make_room(count)
    loop = asyncio.get_running_loop()
    values = [TARGET] * count
    servers = [
        await loop.create_server(lambda number=number: Connection(values, number), "127.0.0.1", 0)  # type: ignore[misc]
        for number in range(count)
    ]
    sys.stdout.write(json.dumps([server.sockets[0].getsockname()[1] for server in servers]) + "\n")
    sys.stdout.flush()
    while told := await asyncio.to_thread(sys.stdin.readline):
        if told == "drift\n":
            values[:] = [DRIFTED] * count
            sys.stdout.write(f"{time.monotonic()}\n")
        else:
            sys.stdout.write(f"{Connection.served}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
