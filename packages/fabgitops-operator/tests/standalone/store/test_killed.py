"""A process that is killed, at any point and under load: the state is whole, and what was promised is in it."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import Store, check

from .crashing import count, forked, look, promised

STEPS = 4


def counting(folder: Path, pipe: int, kill_at: int = 0, stride: int = 1) -> None:
    """Count up in this process, and kill it after so many steps of SQLite's; say how many there were."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        if taken == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def prepared(store: Store) -> None:
        store._opened.connection.set_progress_handler(step, stride)

    asyncio.run(count(folder, lambda line: os.write(pipe, line), STEPS, prepared))
    os.write(pipe, f"steps 0 {taken}\n".encode())


def test_killed_at_each_step_nothing_that_was_promised_is_lost(tmp_path: Path) -> None:
    """At whatever step of SQLite's virtual machine the process is killed, each number that was told is there."""
    stride = 25
    with forked(lambda pipe: counting(tmp_path / "all", pipe, stride=stride)) as (_, pipe):
        steps = promised(pipe)[-1][2]
    assert steps > 20
    for kill_at in range(1, steps, max(1, steps // 25)):
        folder = tmp_path / str(kill_at)
        with forked(lambda pipe, at=kill_at, where=folder: counting(where, pipe, at, stride)) as (_, pipe):  # type: ignore[misc]
            said = promised(pipe)
        asyncio.run(look(folder, said, {}))
        assert check(folder).troubles == ()


def endlessly(folder: Path, pipe: int) -> None:
    """Count up until killed."""
    asyncio.run(count(folder, lambda line: os.write(pipe, line), 1_000_000, lambda _: None))


def kill_again_and_again(folder: Path, times: int, dice: random.Random) -> int:
    """Kill a process under load, look, and go on from there; return how many numbers were promised."""
    numbers: dict[str, int] = {}
    told = 0
    for _ in range(times):
        with forked(lambda pipe: endlessly(folder, pipe)) as (process, pipe):
            time.sleep(dice.uniform(0.02, 0.25))
            os.kill(process, signal.SIGKILL)
            said = promised(pipe)
        told += len(said)
        numbers = asyncio.run(look(folder, said, numbers))
    assert check(folder).troubles == ()
    return told


def test_killed_at_random_under_load_counters_go_on(tmp_path: Path) -> None:
    """However often it is killed, no number is lost, and none is counted twice."""
    assert kill_again_and_again(tmp_path, 6, random.Random(11))  # noqa: S311 > 0


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(tmp_path: Path) -> None:
    """Two hundred kills under load lose no number and count none twice."""
    told = kill_again_and_again(tmp_path, 200, random.Random())  # noqa: S311
    assert told > 2000
