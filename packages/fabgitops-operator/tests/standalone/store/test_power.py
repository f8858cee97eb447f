"""The power is pulled at each write and each sync: the state is whole, and what was promised is in it."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fabgitops_operator.standalone.store import opening, writer
from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.schema import prepare
from fabgitops_operator.standalone.store.writer import Batch, Writer

from .disk import Disk, remembered
from .things import RESOURCES, number, thing


class Nothing:
    """Where nothing is yet."""

    def latest(self, *_: object) -> None:
        """Return nothing."""


async def written(connection: Any, path: Path, disk: Disk, groups: int, together: int) -> None:
    """Count one object up in groups of commits, with a filling that makes the log grow and be folded in."""
    loop = asyncio.get_running_loop()

    def told(outcomes: Sequence[writer.Outcome]) -> None:
        for batch, error in outcomes:
            assert error is None
            disk.promised(batch.version)
            batch.done.set_result(None)

    writing = Writer(connection, path, told)
    version = 0
    for _ in range(groups):
        waiting = []
        for _ in range(together):
            draft = Draft(Nothing(), version, 0.0)
            draft.put(RESOURCES[0], {**thing("t", version + 1), "filling": "x" * 3000})
            version = draft.version
            waiting.append(loop.create_future())
            writing.submit(Batch(version, 0, draft.changes, draft.facts, waiting[-1]))
        await asyncio.gather(*waiting)
    await writing.close()


def found(folder: Path, files: dict[str, bytes]) -> int:
    """Return the number that is read of what a cut left; whatever opens the store would look at is looked at."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    state = opening.opened(folder, RESOURCES)
    try:
        return max((number(record) for record in state.records), default=0)
    finally:
        state.close()


async def pulled(tmp_path: Path, synchronous: str, every: int = 1) -> tuple[int, int]:
    """Pull the power at each point, three ways; return how many there were, and how many lost a promise."""
    path = tmp_path / "state.db"
    with remembered(path, synchronous) as (disk, connection):
        prepare(connection, path)
        connection.execute("PRAGMA wal_autocheckpoint=8")
        await written(connection, path, disk, groups=12, together=3)
    points = lost = 0
    for until, promised in list(disk.cuts())[::every]:
        for survives in ("all", "none", "half"):
            points += 1
            lost += found(tmp_path / "after", disk.left(until, survives)) < promised
    return points, lost


@pytest.mark.timeout(300)
async def test_the_plug_is_pulled_at_each_write(tmp_path: Path) -> None:
    """Whichever of the writes that were not synced reach the disk, the state is whole, and no promise is lost."""
    points, lost = await pulled(tmp_path, "FULL", every=4)
    assert points > 100
    assert lost == 0


async def test_the_test_would_notice(tmp_path: Path) -> None:
    """With `synchronous=NORMAL`, which does not sync before it answers, promises are lost: so FULL it is."""
    _, lost = await pulled(tmp_path, "NORMAL", every=5)
    assert lost > 0


@pytest.mark.crash
@pytest.mark.timeout(600)
async def test_the_plug_is_pulled_at_every_write_and_sync(tmp_path: Path) -> None:
    """None is left out."""
    points, lost = await pulled(tmp_path, "FULL")
    assert points > 500
    assert lost == 0
