"""What keeping objects costs on this disk: `python -m benchmarks.store [SECONDS] [OBJECTS]` prints two tables.

The first has commits of SQLite alone, by how they are synced and how many go together, beside the store's own with as
many who wait for it. Rounds take turns, so that a busy machine is equally busy for all; take the ratios. The second has
a start: a state of OBJECTS objects read, each compared with its digest, and the memory that they take.
"""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from cyclopts import App
from cyclopts.types import PositiveFloat, PositiveInt
from fabgitops_operator.standalone.resources import RESOURCES
from fabgitops_operator.standalone.store import Store
from rich.console import Console
from rich.table import Table

SECONDS = 10.0
OBJECTS = 5000
ROUNDS = 5
TOGETHER = (1, 16, 128)
FILLING = "x" * 1000

app = App(name="bench-store", help_format="plaintext")
plc = next(each for each in RESOURCES if each.definition is not None)


@dataclass
class Cost:
    """What was written in how much time."""

    writes: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Add what the block takes."""
        seconds, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - seconds
        self.cpu += time.process_time() - cpu


def of_sqlite(synchronous: str, together: int) -> Callable[[Path, float], Cost]:
    """Return what writes rows by SQLite alone, `together` in a transaction."""

    def write(folder: Path, seconds: float) -> Cost:
        cost = Cost()
        with closing(sqlite3.connect(folder / "bench.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")
            connection.execute("CREATE TABLE IF NOT EXISTS object (name TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID")
            until = time.perf_counter() + seconds
            with cost.measured():
                while time.perf_counter() < until:
                    connection.execute("BEGIN IMMEDIATE")
                    for _ in range(together):
                        name = f"t{cost.writes % OBJECTS}"
                        connection.execute("REPLACE INTO object VALUES (?, ?)", (name, FILLING))
                        cost.writes += 1
                    connection.execute("COMMIT")
        return cost

    return write


def of_store(waiting: int) -> Callable[[Path, float], Cost]:
    """Return what writes objects by the store, for so many who wait for each."""

    async def write(folder: Path, seconds: float) -> Cost:
        cost = Cost()
        async with await Store.open(folder) as store:
            until = time.perf_counter() + seconds

            async def one(number: int) -> None:
                while time.perf_counter() < until:
                    await put(store, f"t{number}")
                    cost.writes += 1

            with cost.measured():
                await asyncio.gather(*map(one, range(waiting)))
        return cost

    return lambda folder, seconds: asyncio.run(write(folder, seconds))


async def put(store: Store, name: str) -> None:
    """Store an object."""
    draft = store.draft()
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}"}
    draft.put(plc, {"metadata": metadata, "spec": {"filling": FILLING}})
    await store.commit(draft)


def commits(seconds: float) -> Table:
    """Return the table of commits."""
    ways = {
        f"SQLite, {how}, {count} a commit": of_sqlite(how, count) for how in ("NORMAL", "FULL") for count in TOGETHER
    }
    ways |= {f"the store, {count} who wait": of_store(count) for count in TOGETHER}
    costs = {name: Cost() for name in ways}
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:  # /tmp may be no disk
        for _ in range(ROUNDS):
            for number, (name, write) in enumerate(ways.items()):
                place = Path(folder, str(number))
                place.mkdir(exist_ok=True)
                found, total = write(place, seconds / ROUNDS), costs[name]
                total.writes += found.writes
                total.seconds += found.seconds
                total.cpu += found.cpu
    table = Table("way", "writes/s", "ratio", "CPU a write, µs", title="Commits of 1 KB")
    slowest = costs["SQLite, FULL, 1 a commit"]
    for name, cost in costs.items():
        rate = cost.writes / cost.seconds
        ratio = rate / (slowest.writes / slowest.seconds)
        table.add_row(name, f"{rate:.0f}", f"{ratio:.1f}", f"{cost.cpu / cost.writes * 1e6:.0f}")
    return table


async def start(objects: int) -> Table:
    """Return the table of a start."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        async with await Store.open(Path(folder)) as store:
            await asyncio.gather(*(put(store, f"t{number}") for number in range(objects)))
        process = psutil.Process(os.getpid())
        cost, before = Cost(objects), process.memory_info().rss
        with cost.measured():
            store = await Store.open(Path(folder))
        memory = process.memory_info().rss - before
        await store.close()
    table = Table("objects", "seconds", "CPU, s", "memory, MB", title="A start")
    table.add_row(str(objects), f"{cost.seconds:.2f}", f"{cost.cpu:.2f}", f"{memory / 2**20:.0f}")
    return table


@app.default
def main(seconds: PositiveFloat = SECONDS, objects: PositiveInt = OBJECTS, /) -> None:
    """Measure commits and a start.

    Args:
        seconds: How long each way of committing is measured.
        objects: How many objects a start reads.
    """
    console = Console()
    console.print(asyncio.run(start(objects)))
    console.print(commits(seconds))


if __name__ == "__main__":
    app()
