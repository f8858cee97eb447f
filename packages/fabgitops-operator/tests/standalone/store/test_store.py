"""Objects in the store: found, listed, watched, and still there after the end."""

import asyncio
import os
import resource as limits
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fabgitops_operator.standalone.store import (
    ExpiredError,
    InUseError,
    StateError,
    Store,
    UnavailableError,
    free,
    schema,
    writer,
)
from fabgitops_operator.standalone.store.opening import JUMP
from fabgitops_operator.standalone.store.reading import reading
from fabgitops_operator.standalone.store.window import SIZE
from fabgitops_operator.standalone.store.writer import Batch

from .things import OTHER, RESOURCES, THING, number, put, thing


async def test_what_is_stored_is_found(store: Store) -> None:
    """An object is found by its name and its uid, and listed by namespace and name."""
    await put(store, "b", 2)
    first = await put(store, "a", 1)
    assert store.get(THING, "plant", "a") is store.find("uid-a") is first
    assert [each.name for each in store.list(THING, "plant")] == ["a", "b"]
    assert [each.name for each in store.list(THING, None)] == ["a", "b"]
    assert not store.list(THING, "elsewhere")
    assert not store.list(OTHER, None)


async def test_a_list_is_in_order_whatever_came_and_went(store: Store) -> None:
    """What is added, changed and taken away between two lists is where it belongs, and a list stays as it was."""
    for name in ("m", "c", "x", "a"):
        await put(store, name)
    first = store.list(THING, None)
    await put(store, "m", 2)
    await put(store, "b")
    draft = store.draft()
    draft.remove(first[1])
    draft.put(THING, thing("z"))
    await store.commit(draft)
    assert [each.name for each in first] == ["a", "c", "m", "x"]
    assert [each.name for each in store.list(THING, None)] == ["a", "b", "m", "x", "z"]
    assert number(store.list(THING, None)[2]) == 2


async def test_the_version_is_the_objects_own_and_the_stores(store: Store) -> None:
    """Each change has the next version, which the object says, too."""
    first, second = await put(store, "a"), await put(store, "a", 2)
    assert second.version == first.version + 1 == store.version
    assert second.decoded()["metadata"]["resourceVersion"] == str(second.version)


async def test_nobody_sees_what_is_not_on_the_disk(store: Store) -> None:
    """Readers and watches hear of a change when it is stored, and whoever drafts sees it before."""
    watch = store.watch(THING, None, store.version)
    draft = store.draft()
    draft.put(THING, thing("a"))
    stored = store.submit(draft)
    heard = asyncio.ensure_future(anext(watch))
    assert store.get(THING, "plant", "a") is None
    assert store.latest(THING, "plant", "a") is not None
    await asyncio.sleep(0)
    assert stored.done() or not heard.done()
    await stored
    assert (await heard).record is store.get(THING, "plant", "a")


async def test_a_watch_tells_each_change_of_its_kind_and_namespace(store: Store) -> None:
    """It tells what was added, changed and deleted, with the object before and after, in order."""
    await put(store, "early")
    watch, elsewhere = store.watch(THING, "plant", store.version), store.watch(THING, "elsewhere", store.version)
    await put(store, "a", 1)
    await put(store, "a", 2)
    await put(store, "a", 3, OTHER)
    draft = store.draft()
    gone = store.get(THING, "plant", "a")
    assert gone is not None
    draft.remove(gone)
    await store.commit(draft)
    told = [await anext(watch) for _ in range(3)]
    assert [each.type for each in told] == ["ADDED", "MODIFIED", "DELETED"]
    assert [each.before and number(each.before) for each in told] == [None, 1, 2]
    assert [each.record.decoded()["metadata"]["resourceVersion"] for each in told] == [
        str(each.version) for each in told
    ]
    await elsewhere.close()
    assert [each async for each in elsewhere] == []


async def test_whoever_is_behind_hears_each_version_as_it_was(store: Store) -> None:
    """What was replaced or deleted since is told byte by byte as it was, before and after each change."""
    watch, record = store.watch(THING, None, store.version), await put(store, "a")
    stored = [record.body]
    for note in ("short", "é\u2028" * 20_000, "", "".join(map(str, range(9_999)))):
        draft = store.draft()
        record = draft.put(THING, thing("a", len(note), annotations={"note": note}))
        stored.append(record.body)
        await store.commit(draft)
    draft = store.draft()
    stored.append(draft.remove(record).body)
    await store.commit(draft)
    told = [await anext(watch) for _ in stored]
    assert [each.record.body for each in told] == stored
    assert [each.before and each.before.body for each in told] == [None, *stored[:-1]]


async def test_what_is_remembered_takes_little_memory(store: Store) -> None:
    """The versions of an object that are kept for watches alone take a fraction of what they are."""
    annotations = {f"note-{index}": f"{index**9} of a hundred" for index in range(100)}
    record = await put(store, "a")
    tracemalloc.start()
    for index in range(200):
        draft = store.draft()
        record = draft.put(THING, thing("a", index, annotations=annotations))
        await store.commit(draft)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 200 * len(record.body) / 4


async def test_a_watch_begins_where_it_is_told(store: Store) -> None:
    """What happened after the version is told first; of what is older than what is remembered there is no watch."""
    before = store.version
    await put(store, "a")
    await put(store, "b")
    assert (await anext(store.watch(THING, None, before + 1))).record.name == "b"
    with pytest.raises(ExpiredError):
        store.watch(THING, None, before - 2)


async def test_a_slow_watch_is_ended_and_says_so(store: Store) -> None:
    """Whoever has not looked while more happened than is remembered, ends, and knows that it missed something."""
    watch = store.watch(THING, None, store.version)
    for _ in range(2):
        draft = store.draft()
        for index in range(SIZE):
            draft.put(THING, thing(f"t{index}"))
        await store.commit(draft)
    assert [each async for each in watch] == []
    assert watch.slow


async def test_the_end_of_the_store_ends_its_watches(tmp_path: Path) -> None:
    """A watch that waits ends when the store is closed."""
    store = await Store.open(tmp_path, RESOURCES)
    waiting = asyncio.ensure_future(anext(store.watch(THING, None, store.version), None))
    await asyncio.sleep(0)
    await store.close()
    assert await waiting is None
    with pytest.raises(StateError, match="closed"):
        await put(store, "a")


async def test_what_was_stored_is_there_after_a_clean_end(tmp_path: Path) -> None:
    """Objects, small facts and versions go on where they were."""
    async with await Store.open(tmp_path, RESOURCES) as store:
        record = await put(store, "a", 7)
        await store.set_meta("revision", "abc")
    async with await Store.open(tmp_path, RESOURCES) as again:
        assert again.get(THING, "plant", "a") == record
        assert again.meta("revision") == "abc"
        assert (again.version, again.epoch) == (record.version, 0)


async def test_versions_jump_after_an_end_that_was_none(tmp_path: Path) -> None:
    """A client may know a version that was never stored, so none of those is given again."""
    async with await Store.open(tmp_path, RESOURCES) as store:
        record = await put(store, "a")
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'clean'")
    async with await Store.open(tmp_path, RESOURCES) as again:
        assert (again.version, again.epoch) == (record.version + JUMP, 1)
        assert (await put(again, "b")).version == record.version + JUMP + 1


async def test_two_on_one_state_refuse_clearly(store: Store, tmp_path: Path) -> None:
    """The second is told which process has it."""
    with pytest.raises(InUseError, match=f"process {os.getpid()}: end that"):
        await Store.open(tmp_path / "state", RESOURCES)


async def test_all_of_a_draft_or_nothing(store: Store) -> None:
    """Where one change cannot be stored none is: here two objects have one uid."""
    draft = store.draft()
    draft.put(THING, thing("a"))
    draft.put(THING, thing("b", uid="uid-a"))
    with pytest.raises(StateError, match="uid"):
        await store.commit(draft)
    assert not store.list(THING, None)
    await put(store, "c")
    assert [each.name for each in store.list(THING, None)] == ["c"]


ROOM = 200_000
"""Bytes that can still be written: an object or two, not a large one."""


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Have no file of this process grow much beyond what it is, as on a disk that is nearly full."""
    largest = max(each.stat().st_size for each in folder.iterdir() if each.name.startswith("state.db"))
    soft, hard = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (largest + ROOM, hard))
    try:
        yield
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_told_with_the_way_out_and_reading_goes_on(store: Store, tmp_path: Path) -> None:
    """What cannot be stored is refused with all that built on it; what is there can be read; later it goes on."""
    kept = await put(store, "kept", 1)
    watch = store.watch(THING, None, store.version)
    with full_disk(tmp_path / "state"):
        drafts = []
        for size in (2_000_000, 1, 1):
            draft = store.draft()
            draft.put(THING, thing("kept", 2, labels={"large": "x" * size}))
            drafts.append(store.submit(draft))
        outcomes = await asyncio.gather(*drafts, return_exceptions=True)
        assert all(isinstance(each, UnavailableError) for each in outcomes), outcomes
        assert "check --free" in str(outcomes[0])
        assert store.get(THING, "plant", "kept") is kept
        assert store.latest(THING, "plant", "kept") is kept
    assert number(await put(store, "kept", 3)) == 3
    assert (await anext(watch)).before is kept


async def test_the_reserve_is_given_up_once(store: Store, tmp_path: Path) -> None:
    """It gains room at the first call, nothing at the second, and the next start makes it anew."""
    assert free(tmp_path / "state") == 4 * 2**20
    assert free(tmp_path / "state") == 0
    await store.close()
    async with await Store.open(tmp_path / "state", RESOURCES):
        assert (tmp_path / "state" / "reserve").exists()


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Where the state would be there is a file."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="cannot be used for the state: File exists"):
        await Store.open(tmp_path / "state", RESOURCES)


async def test_what_is_on_its_way_is_not_forgotten_over_what_arrives(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first of two changes to an object is stored, who drafts still sees the second."""
    handed: list[Batch] = []
    with monkeypatch.context() as patched:
        patched.setattr(store._writer, "submit", handed.append)
        for index in (1, 2):
            draft = store.draft()
            draft.put(THING, thing("a", index))
            store.submit(draft)
        store._told([(handed[0], None)])
        assert number(store.get(THING, "plant", "a")) == 1
        assert number(store.latest(THING, "plant", "a")) == 2
        store._told([(handed[1], None)])
        assert not store.is_busy


async def test_a_disk_without_a_block_left_is_told_the_same(store: Store) -> None:
    """SQLite's own word for it is told with the way out, and writing goes on when there is room."""
    connection = store._opened.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(UnavailableError, match=r"full \(SQLITE_FULL\).*check --free"):
        await put_large(store)
    connection.execute("PRAGMA max_page_count=1000000")
    await put_large(store)


async def put_large(store: Store) -> None:
    """Store an object that takes new pages."""
    draft = store.draft()
    draft.put(THING, thing("large", labels={"large": "x" * 100_000}))
    await store.commit(draft)


async def test_whoever_reads_for_long_keeps_nobody_from_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is folded in while nobody writes, and a backup that is under way is not waited for."""
    monkeypatch.setattr(writer, "QUIET_SECS", 0.01)
    for room in (schema, writer):
        monkeypatch.setattr(room, "BUSY_MS", 3_600_000)  # who waited for the reader would never be done
    async with await Store.open(tmp_path, RESOURCES) as store:
        await put(store, "a")
        with reading(tmp_path / "state.db") as connection:
            connection.execute("SELECT count(*) FROM object").fetchone()
            async with asyncio.timeout(60):
                for index in range(20):
                    await put(store, "a", index)
                    await asyncio.sleep(0.02)  # the writer is to find it quiet
        log = tmp_path / "state.db-wal"
        async with asyncio.timeout(60):
            while log.stat().st_size:
                await put(store, "a")
                await asyncio.sleep(0.05)
