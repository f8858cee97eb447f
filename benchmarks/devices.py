"""A farm of Modbus devices in one process: the same for everybody who is measured.

`python -m benchmarks.devices COUNT` prints the ports as one JSON line. A line `drift` on standard input then
makes every device hold another value and prints the moment (seconds of the system's monotonic clock); a line `served`
prints how many requests were answered so far.
"""

import asyncio
import json
import struct
import sys
import time

import uvloop

REGISTER = 4001
TARGET = 2500
DRIFTED = 2311


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


async def serve(count: int) -> None:
    """Serve until standard input ends."""
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
