"""A process that stores, writes down what it was promised, and is killed: `python -m standalone.store.crashing`.

It reads lines from standard input, each a state's folder, a file for what is promised, how many numbers are to be
counted, and the step of SQLite's at which to kill itself (0: at none). For each it forks, which takes no time, says the
id of the fork, and, once that has ended, that it did.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from fabgitops_operator.standalone.store import Store

from .things import RESOURCES, THING, number, thing

COUNTERS = 8
"""Objects that are counted up at once."""

STRIDE = 25
"""Instructions of SQLite's virtual machine in a step."""


async def count(folder: Path, said: int, numbers: int, kill_at: int) -> None:
    """Count objects up, many at once, and write each number down that was stored."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        if taken == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    async with await Store.open(folder, RESOURCES) as store:
        store._opened.connection.set_progress_handler(step, STRIDE)

        async def one(name: str) -> None:
            for _ in range(numbers):
                found = store.get(THING, "plant", name)
                draft = store.draft()
                draft.put(THING, thing(name, number(found) + 1 if found else 1))
                await store.commit(draft)
                os.write(said, f"{name} {draft.version} {number(store.get(THING, 'plant', name))}\n".encode())

        await asyncio.gather(*(one(f"c{index}") for index in range(COUNTERS)))
    os.write(said, f"steps 0 {taken}\n".encode())


def main() -> None:
    """Fork for each line."""
    for line in sys.stdin:
        folder, said, numbers, kill_at = line.split()
        process = os.fork()
        if process == 0:
            descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            asyncio.run(count(Path(folder), descriptor, int(numbers), int(kill_at)))
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        os.waitpid(process, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
