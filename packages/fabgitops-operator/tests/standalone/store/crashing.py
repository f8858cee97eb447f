"""A process that stores, says what it was promised, and is killed: forked, so that a hundred of them take no time."""

import asyncio
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fabgitops_operator.standalone.store import Store

from .things import RESOURCES, THING, number, thing

COUNTERS = 8
"""Objects that are counted up at once."""


@contextmanager
def forked(work: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """Run a function in a process of its own, which is given a pipe to say things on; yield its id and the pipe."""
    there, here = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that are not ours, and hold nothing we use
        process = os.fork()
    if process == 0:
        try:
            work(here)
        finally:
            os._exit(0)
    os.close(here)
    try:
        yield process, there
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(there)


async def count(folder: Path, say: Callable[[bytes], object], steps: int, prepared: Callable[[Store], None]) -> None:
    """Count objects up, many at once, and say of each number that it was stored."""
    async with await Store.open(folder, RESOURCES) as store:
        prepared(store)

        async def one(name: str) -> None:
            for _ in range(steps):
                found = store.get(THING, "plant", name)
                draft = store.draft()
                draft.put(THING, thing(name, number(found) + 1 if found else 1))
                await store.commit(draft)
                say(f"{name} {draft.version} {number(store.get(THING, 'plant', name))}\n".encode())

        await asyncio.gather(*(one(f"c{index}") for index in range(COUNTERS)))


def promised(pipe: int) -> list[tuple[str, int, int]]:
    """Return what was said of a process that has ended: name, version, number."""
    said = b""
    while found := os.read(pipe, 65536):
        said += found
    lines = [line.split() for line in said.decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(name, int(version), int(counted)) for name, version, counted in lines]


async def look(folder: Path, said: list[tuple[str, int, int]], before: dict[str, int]) -> dict[str, int]:
    """Open what a killed process left; return its numbers, after looking that nothing is lost or doubled."""
    newest = dict(before)
    for name, _, counted in said:
        assert counted == newest.get(name, 0) + 1, f"{name} counts {newest.get(name)}, {counted}"
        newest[name] = counted
    async with await Store.open(folder, RESOURCES) as store:
        found = {record.name: number(record) for record in store.list(THING, None)}
        for name, counted in newest.items():
            assert found[name] - counted in {0, 1}, (
                f"{name} was {counted}, is {found[name]}"
            )  # stored, and not said yet
        assert store.version >= max((version for _, version, _ in said), default=0)
        for record in store.list(THING, None):
            assert record.decoded()["metadata"]["resourceVersion"] == str(record.version)
    return found
