"""A process that is killed, at any point and under load: the state is whole, and what was promised is in it."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import Store, check

from .things import RESOURCES, THING, number

TESTS = Path(__file__).parents[2]
ENDLESS = 1_000_000

Said = list[tuple[str, int, int]]
"""What was promised: name, version and number."""


class Forks:
    """Runs processes that count, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said"
        command = [sys.executable, "-m", "standalone.store.crashing"]
        self._process = subprocess.Popen(
            command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def begin(self, folder: Path, numbers: int, kill_at: int = 0) -> int:
        """Begin one; return its id."""
        self._said.unlink(missing_ok=True)
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder} {self._said} {numbers} {kill_at}\n")
        return int(self._answer())

    def ended(self) -> Said:
        """Wait for its end; return what it was promised."""
        assert self._answer() == "ended\n"
        text = self._said.read_text() if self._said.exists() else ""
        lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [(name, int(version), int(counted)) for name, version, counted in lines]

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        """End."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[Forks]:
    """Return what runs processes."""
    with closing(Forks(tmp_path)) as forks:
        yield forks


async def look(folder: Path, said: Said, before: dict[str, int]) -> dict[str, int]:
    """Open what a killed process left; return its numbers, after looking that nothing is lost or doubled."""
    newest = dict(before)
    for name, _, counted in said:
        assert counted == newest.get(name, 0) + 1, f"{name} counts {newest.get(name)}, {counted}"
        newest[name] = counted
    async with await Store.open(folder, RESOURCES) as store:
        found = {record.name: number(record) for record in store.list(THING, None)}
        for name, counted in newest.items():
            assert found[name] - counted in {0, 1}, f"{name} was {counted}, is {found[name]}"  # stored, not told yet
        assert store.version >= max((version for _, version, _ in said), default=0)
        for record in store.list(THING, None):
            assert record.decoded()["metadata"]["resourceVersion"] == str(record.version)
    return found


def test_killed_at_each_step_nothing_that_was_promised_is_lost(tmp_path: Path, forks: Forks) -> None:
    """At whatever step of SQLite's virtual machine the process is killed, each number that was told is there."""
    forks.begin(tmp_path / "all", 4)
    steps = forks.ended()[-1][2]
    assert steps > 20
    for kill_at in range(1, steps, max(1, steps // 25)):
        folder = tmp_path / str(kill_at)
        forks.begin(folder, 4, kill_at)
        told = [each for each in forks.ended() if each[0] != "steps"]  # fewer than before: it has ended by itself
        asyncio.run(look(folder, told, {}))
        assert check(folder).troubles == ()


def kill_again_and_again(folder: Path, forks: Forks, times: int, dice: random.Random) -> int:
    """Kill a process under load, look, and go on from there; return how many numbers were promised."""
    numbers: dict[str, int] = {}
    told = 0
    for _ in range(times):
        process = forks.begin(folder, ENDLESS)
        time.sleep(dice.uniform(0.02, 0.25))
        os.kill(process, signal.SIGKILL)
        said = forks.ended()
        told += len(said)
        numbers = asyncio.run(look(folder, said, numbers))
    assert check(folder).troubles == ()
    return told


def test_killed_at_random_under_load_counters_go_on(tmp_path: Path, forks: Forks) -> None:
    """However often it is killed, no number is lost, and none is counted twice."""
    kill_again_and_again(tmp_path / "state", forks, 6, random.Random(11))  # noqa: S311


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(tmp_path: Path, forks: Forks) -> None:
    """Two hundred kills under load lose no number and count none twice."""
    told = kill_again_and_again(tmp_path / "state", forks, 200, random.Random())  # noqa: S311
    assert told > 2000
