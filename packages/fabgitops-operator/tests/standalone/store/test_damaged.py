"""A state that is not what was stored: found, named, and the way out told."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import DamagedError, StateError, Store, check, schema
from fabgitops_operator.standalone.store.schema import MIGRATIONS

from .things import RESOURCES, THING, number, put


async def filled(folder: Path, count: int = 30) -> Path:
    """Leave a state with objects in it, and nothing in its write-ahead log; return its file."""
    async with await Store.open(folder, RESOURCES) as store:
        for index in range(count):
            await put(store, f"t{index}", index)
    assert not (folder / "state.db-wal").exists()
    return folder / "state.db"


def broken_header(data: bytearray) -> None:
    """Write over the beginning of the file."""
    data[:16] = b"no database here"


def cut(data: bytearray) -> None:
    """Cut the file in two."""
    del data[len(data) // 2 // 4096 * 4096 :]


def flipped(data: bytearray) -> None:
    """Turn one bit within an object, which SQLite does not notice."""
    data[data.index(b'"number":17')] ^= 1


@pytest.mark.parametrize(
    ("spoil", "what"), [(broken_header, "not a database"), (cut, "is damaged"), (flipped, "digest differs")]
)
async def test_a_damaged_file_is_named_with_the_way_out(
    tmp_path: Path, spoil: Callable[[bytearray], None], what: str
) -> None:
    """A start says which file, what is wrong with it, and what to do; the file stays as it is."""
    path = await filled(tmp_path)
    data = bytearray(path.read_bytes())
    spoil(data)
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=what) as told:
        await Store.open(tmp_path, RESOURCES)
    for part in (str(path), "standalone restore", "Delete no state.db-wal"):
        assert part in str(told.value)
    assert path.read_bytes() == data


async def test_a_flipped_bit_is_found_by_check(tmp_path: Path) -> None:
    """`check` names the object."""
    path = await filled(tmp_path)
    assert check(tmp_path).troubles == ()
    data = bytearray(path.read_bytes())
    flipped(data)
    path.write_bytes(data)
    assert "things.test.example plant/t17 is not what was stored" in check(tmp_path).troubles[0]


async def test_a_flipped_bit_in_the_log_takes_no_half_commit(tmp_path: Path) -> None:
    """What stands in the write-ahead log after a spoiled frame is not taken: SQLite's own checksums see to that."""
    async with await Store.open(tmp_path / "a", RESOURCES) as store:
        await put(store, "t", 1)
        await put(store, "t", 2)
        copy = tmp_path / "b"
        copy.mkdir()
        (copy / "state.db").write_bytes((tmp_path / "a" / "state.db").read_bytes())
        log = bytearray((tmp_path / "a" / "state.db-wal").read_bytes())
    log[-100] ^= 1
    (copy / "state.db-wal").write_bytes(log)
    async with await Store.open(copy, RESOURCES) as again:
        assert number(again.get(THING, "plant", "t")) in {1, 2}
    assert check(copy).troubles == ()


async def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """It is no state, and no table is put into it."""
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StateError, match="another program; name another folder"):
        await Store.open(tmp_path, RESOURCES)
    with pytest.raises(StateError, match="no state of this program"):
        check(tmp_path)


async def test_a_state_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    """It is not taken for one of an older schema."""
    path = await filled(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StateError, match="newer version of this program"):
        await Store.open(tmp_path, RESOURCES)


async def test_a_kind_that_is_not_known_is_told(tmp_path: Path) -> None:
    """A state of a program with more kinds is not taken without them."""
    await filled(tmp_path)
    with pytest.raises(StateError, match=r"things.test.example plant/t0, a kind that this program does not know"):
        await Store.open(tmp_path, RESOURCES[1:])


async def test_an_older_schema_is_brought_forward_with_a_copy_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objects are there after it, and the file as it was stands beside it."""
    path = await filled(tmp_path)
    more = (*MIGRATIONS, "CREATE TABLE audit (at REAL NOT NULL, what TEXT NOT NULL)")
    monkeypatch.setattr(schema.prepare, "__defaults__", (more,))
    async with await Store.open(tmp_path, RESOURCES) as store:
        assert number(store.get(THING, "plant", "t17")) == 17
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(more),)
        connection.execute("SELECT * FROM audit")
    with sqlite3.connect(tmp_path / "state-schema-1.db") as before:
        assert before.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert before.execute("SELECT count(*) FROM object WHERE resource = 'things.test.example'").fetchone() == (30,)


async def test_a_migration_that_fails_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one transaction: nothing of it is left, and the older program goes on."""
    await filled(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(
            schema.prepare, "__defaults__", ((*MIGRATIONS, "CREATE TABLE half (x); CREATE TABLE object (x)"),)
        )
        with pytest.raises(StateError):
            await Store.open(tmp_path, RESOURCES)
    async with await Store.open(tmp_path, RESOURCES) as store:
        assert len(store.list(THING, None)) == 30
    with sqlite3.connect(tmp_path / "state.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (0,)
