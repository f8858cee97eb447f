"""Backups: made while the state is written, and put back."""

import asyncio
import stat
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import InUseError, StateError, Store, backup, check, restore
from fabgitops_operator.standalone.store.opening import JUMP, RESTORING

from .things import RESOURCES, THING, number, put, thing


async def test_a_backup_is_one_moment_while_all_is_written(store: Store, tmp_path: Path) -> None:
    """Two objects that are always changed together are the same in it, and it is private and whole."""
    ended = asyncio.Event()

    async def write() -> None:
        count = 0
        while not ended.is_set():
            count += 1
            draft = store.draft()
            for name in ("left", "right"):
                draft.put(THING, {**thing(name, count), "filling": "x" * 20_000})
            await store.commit(draft)

    writing = asyncio.create_task(write())
    for index in range(5):
        await put(store, f"t{index}", index)
        file = await asyncio.to_thread(backup, tmp_path / "state", tmp_path / f"{index}.db")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ended.set()
    await writing
    for index in range(5):
        folder = tmp_path / f"restored-{index}"
        restore(folder, tmp_path / f"{index}.db")
        async with await Store.open(folder, RESOURCES) as restored:
            assert number(restored.get(THING, "plant", f"t{index}")) == index
            left, right = (restored.get(THING, "plant", name) for name in ("left", "right"))
            assert (left is None) == (right is None)
            assert left is None or number(left) == number(right)


async def test_a_restore_keeps_what_was_there_and_goes_on_above_both(tmp_path: Path) -> None:
    """The state of then is there; that of before stands beside it; no version is given twice."""
    folder, file = tmp_path / "state", tmp_path / "backup.db"
    async with await Store.open(folder, RESOURCES) as store:
        await put(store, "a", 1)
        await asyncio.to_thread(backup, folder, file)
        newest = await put(store, "a", 2)
        with pytest.raises(InUseError):
            restore(folder, file)
    kept = restore(folder, file)
    async with await Store.open(folder, RESOURCES) as store:
        assert number(store.get(THING, "plant", "a")) == 1
        assert store.version >= newest.version + JUMP
    assert kept is not None
    assert kept.parent == folder
    other = tmp_path / "other"
    restore(other, kept)
    async with await Store.open(other, RESOURCES) as store:
        assert number(store.get(THING, "plant", "a")) == 2


async def test_a_damaged_state_can_be_restored_over(tmp_path: Path) -> None:
    """Whatever stands there, the backup takes its place."""
    folder, file = tmp_path / "state", tmp_path / "backup.db"
    async with await Store.open(folder, RESOURCES) as store:
        await put(store, "a", 1)
        await asyncio.to_thread(backup, folder, file)
    (folder / "state.db").write_bytes(b"x" * 100_000)
    kept = restore(folder, file)
    assert kept is not None
    assert kept.read_bytes() == b"x" * 100_000
    assert check(folder).troubles == ()


async def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    """What is not what was stored is not put in the place of what is."""
    folder, file = tmp_path / "state", tmp_path / "backup.db"
    async with await Store.open(folder, RESOURCES) as store:
        await put(store, "a", 17)
        await asyncio.to_thread(backup, folder, file)
    data = bytearray(file.read_bytes())
    data[data.index(b'"number":17')] ^= 1
    file.write_bytes(data)
    with pytest.raises(StateError, match="digest differs"):
        restore(folder, file)
    assert check(folder).troubles == ()


async def test_a_restore_that_was_interrupted_is_run_again(tmp_path: Path) -> None:
    """Nobody starts on half of it."""
    folder, file = tmp_path / "state", tmp_path / "backup.db"
    async with await Store.open(folder, RESOURCES) as store:
        await put(store, "a", 1)
        await asyncio.to_thread(backup, folder, file)
    (folder / RESTORING).touch()
    (folder / "state.db").unlink()
    with pytest.raises(StateError, match="interrupted: run it again"):
        await Store.open(folder, RESOURCES)
    restore(folder, file)
    async with await Store.open(folder, RESOURCES) as store:
        assert number(store.get(THING, "plant", "a")) == 1


def test_there_is_nothing_to_back_up_or_check(tmp_path: Path) -> None:
    """An empty folder is told of, and no file is made in it."""
    for ask in (lambda: backup(tmp_path, tmp_path / "x.db"), lambda: check(tmp_path)):
        with pytest.raises(StateError, match="no state in"):
            ask()
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_does_not_write_over_a_file(store: Store, tmp_path: Path) -> None:
    """A name that is taken is refused."""
    (tmp_path / "x.db").write_text("mine")
    with pytest.raises(StateError, match="is there already"):
        backup(tmp_path / "state", tmp_path / "x.db")
    assert (tmp_path / "x.db").read_text() == "mine"
