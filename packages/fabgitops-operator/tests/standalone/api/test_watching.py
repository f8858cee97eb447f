"""Watches: what is there, what changes, and how they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fabgitops_operator.standalone.api import frames, server, watching

PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
EVERYWHERE = "/apis/fabgitops.io/v1/industrialplcs"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
MERGE = "application/merge-patch+json"


async def lines(watch: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Return the next lines."""
    async with asyncio.timeout(10):
        return [await anext(watch) for _ in range(count)]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return type and name of each line."""
    return [(each["type"], each["object"]["metadata"].get("name", "")) for each in found]


async def started(ask: Any, query: str, path: str = PLCS, **headers: str) -> AsyncIterator[dict[str, Any]]:
    """Begin a watch from the version of now, if no other is named."""
    return ask.watch(f"{path}?watch=true&{query}", **headers)  # type: ignore[no-any-return]


async def test_each_change_is_told_once_with_its_version(ask: Any) -> None:
    """From the version of a listing on: made, changed, deleted."""
    version = (await ask.get(PLCS)).json["metadata"]["resourceVersion"]
    made = await ask.make("mixer")
    watch = await started(ask, f"resourceVersion={version}")
    (added,) = await lines(watch, 1)
    assert added == {"type": "ADDED", "object": made}
    changed = (await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 7}})).json
    assert await lines(watch, 1) == [{"type": "MODIFIED", "object": changed}]
    await ask("DELETE", f"{PLCS}/mixer")
    (gone,) = await lines(watch, 1)
    assert (gone["type"], gone["object"]["spec"]["targetValue"]) == ("DELETED", 7)
    versions = [int(each["metadata"]["resourceVersion"]) for each in (made, changed, gone["object"])]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("version", ["resourceVersion=0", ""])
async def test_without_a_version_what_is_there_comes_first(version: str, ask: Any) -> None:
    """Then what changes, and nothing of what led to it."""
    await ask.make("mixer")
    await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 7}})
    watch = await started(ask, version)
    assert told(await lines(watch, 1)) == [("ADDED", "mixer")]
    await ask.make("oven")
    assert told(await lines(watch, 1)) == [("ADDED", "oven")]


async def test_initial_events_end_with_a_bookmark(ask: Any) -> None:
    """`sendInitialEvents`: clients that ask so know when they have seen all of what was there."""
    await ask.make("mixer")
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    first, end = await lines(await started(ask, query), 2)
    assert first["type"] == "ADDED"
    assert end == {
        "type": "BOOKMARK",
        "object": {
            "apiVersion": "fabgitops.io/v1",
            "kind": "IndustrialPLC",
            "metadata": {
                "resourceVersion": str(ask.store.version),
                "annotations": {"k8s.io/initial-events-end": "true"},
            },
        },
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "sendInitialEvents=true",
            "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            "resourceVersionMatch=NotOlderThan&resourceVersion=1",
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
    ],
)
async def test_the_parameters_of_a_watch_are_checked(query: str, message: str, ask: Any) -> None:
    """As the API server checks them."""
    got = await ask.get(f"{PLCS}?watch=true&{query}")
    assert (got.status, got.json["details"]["causes"][0]["message"]) == (422, message)


async def test_one_object_can_be_watched(ask: Any) -> None:
    """By its name in a selector, as kubectl does, or by its path."""
    await ask.make("mixer")
    await ask.make("oven")
    for path, query in ((PLCS, "fieldSelector=metadata.name%3Doven&resourceVersion=0"), (f"{PLCS}/oven", "")):
        watch = await started(ask, query, path)
        await ask("PATCH", f"{PLCS}/mixer", {"metadata": {"annotations": {"by": path}}})
        await ask("PATCH", f"{PLCS}/oven", {"metadata": {"annotations": {"by": path}}})
        assert told(await lines(watch, 1)) in ([("ADDED", "oven")], [("MODIFIED", "oven")])


async def test_selectors_that_begin_or_cease_to_match(ask: Any) -> None:
    """What begins to match is added; what ceases to is deleted, with its old labels and the version of the change."""
    await ask.make("mixer", metadata={"labels": {"line": "a"}})
    await ask.make("oven")
    watch = await started(ask, f"labelSelector=line%3Da&resourceVersion={ask.store.version}")
    changed = (await ask("PATCH", f"{PLCS}/mixer", {"metadata": {"labels": {"line": "b"}}})).json
    await ask("PATCH", f"{PLCS}/mixer", {"metadata": {"labels": {"line": "c"}}})
    await ask("PATCH", f"{PLCS}/oven", {"metadata": {"labels": {"line": "a"}}})
    await ask("PATCH", f"{PLCS}/oven", {"spec": {"targetValue": 7}})
    await ask("DELETE", f"{PLCS}/mixer")
    await ask("DELETE", f"{PLCS}/oven")
    found = await lines(watch, 4)
    assert told(found) == [("DELETED", "mixer"), ("ADDED", "oven"), ("MODIFIED", "oven"), ("DELETED", "oven")]
    gone = found[0]["object"]["metadata"]
    assert gone["labels"] == {"line": "a"}
    assert gone["resourceVersion"] == changed["metadata"]["resourceVersion"]


async def test_what_a_watch_was_told_of_the_past_is_not_shown_as_the_present(ask: Any) -> None:
    """The row of an object that has ceased to match is not taken for that of the object as it is."""
    await ask.make("mixer", metadata={"labels": {"line": "a"}})
    watch = await started(ask, f"labelSelector=line%3Da&resourceVersion={ask.store.version}", accept=TABLE)
    await ask("PATCH", f"{PLCS}/mixer", {"metadata": {"labels": {"line": "b"}}})
    (gone,) = await lines(watch, 1)
    assert gone["object"]["rows"][0]["object"]["metadata"]["labels"] == {"line": "a"}
    table = (await ask.get(PLCS, accept=TABLE)).json
    assert table["rows"][0]["object"]["metadata"]["labels"] == {"line": "b"}


async def test_other_namespaces_and_kinds_are_not_told(ask: Any) -> None:
    """Of all namespaces only where all are watched."""
    version = ask.store.version
    here, everywhere = (
        await started(ask, f"resourceVersion={version}"),
        await started(ask, f"resourceVersion={version}", EVERYWHERE),
    )
    template = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLCTemplate", "metadata": {"name": "t"}, "spec": {}}
    await ask("POST", PLCS.replace("industrialplcs", "industrialplctemplates"), template)
    elsewhere = PLCS.replace("line-1", "line-2")
    body = (await ask.make("mixer")) | {"metadata": {"name": "far"}}
    assert (await ask("POST", elsewhere, body)).status == 201
    await ask.make("oven")
    assert told(await lines(here, 2)) == [("ADDED", "mixer"), ("ADDED", "oven")]
    assert told(await lines(everywhere, 3)) == [("ADDED", "mixer"), ("ADDED", "far"), ("ADDED", "oven")]


async def test_a_table_is_watched_row_by_row(ask: Any) -> None:
    """Each line is a Table of one row; the first alone says which columns there are."""
    await ask.make("mixer")
    watch = await started(ask, "resourceVersion=0", accept=TABLE)
    (first,) = await lines(watch, 1)
    await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 7}})
    (second,) = await lines(watch, 1)
    assert first["object"]["columnDefinitions"][0]["name"] == "Name"
    assert second["object"]["columnDefinitions"] == []
    assert [each["object"]["rows"][0]["cells"][0] for each in (first, second)] == ["mixer", "mixer"]
    assert second["object"]["metadata"]["resourceVersion"] == str(ask.store.version)


async def test_metadata_alone_can_be_watched(ask: Any) -> None:
    """Line by line."""
    made = await ask.make("mixer")
    (first,) = await lines(await started(ask, "", accept=PARTIAL), 1)
    assert first["object"] == {
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("version", "message"), [("1", "too old resource version: 1 ("), ("99999", "too large resource version: 99999 (")]
)
async def test_a_version_that_is_not_remembered_ends_the_watch(version: str, message: str, ask: Any) -> None:
    """One line of 410, upon which clients list anew; of the future, too: the state was restored from a backup."""
    ask.store._window._since = 2
    got = await ask.get(f"{PLCS}?watch=true&resourceVersion={version}")
    line = json.loads(got.body)
    assert (got.status, line["type"], line["object"]["code"]) == (200, "ERROR", 410)
    assert line["object"]["reason"] == "Expired"
    assert line["object"]["message"].startswith(message)


async def test_bookmarks_say_how_far_a_watch_is(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when what happens is nothing for it, so that it can go on from there later; unasked for there are none."""
    monkeypatch.setattr(watching, "BOOKMARK_SECS", 0.05)
    await ask.make("mixer")
    watch = await started(ask, f"resourceVersion={ask.store.version}&allowWatchBookmarks=true&timeoutSeconds=60")
    without = await started(ask, f"resourceVersion={ask.store.version}&timeoutSeconds=60")
    silent = asyncio.ensure_future(anext(without))
    await lines(watch, 1)
    await ask("POST", PLCS.replace("line-1", "line-2"), await ask.make("oven") | {"metadata": {"name": "far"}})
    reached = 0
    while reached < ask.store.version:
        (line,) = await lines(watch, 1)
        assert line["type"] in {"BOOKMARK", "ADDED"}
        now = int(line["object"]["metadata"]["resourceVersion"])
        assert now >= reached
        reached = now
    async with asyncio.timeout(10):
        assert (await silent)["type"] == "ADDED"


async def test_a_bookmark_is_never_ahead_of_what_was_told(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on from any bookmark is told of each later change, however late this watch hears of it."""
    read = watching._Reading._read

    async def late(reading: watching._Reading) -> Any:
        happened = await read(reading)
        await asyncio.sleep(0.1)
        return happened

    monkeypatch.setattr(watching._Reading, "_read", late)
    monkeypatch.setattr(watching, "BOOKMARK_SECS", 0.2)
    await ask.make("mixer")
    watch = await started(ask, f"resourceVersion={ask.store.version}&allowWatchBookmarks=true")
    changing = asyncio.ensure_future(_change(ask, 8))
    found: list[tuple[str, int]] = []
    async with asyncio.timeout(30):
        while [type_ for type_, _version in found].count("MODIFIED") < 8:
            line = await anext(watch)
            found.append((line["type"], int(line["object"]["metadata"]["resourceVersion"])))
    await changing
    for at, (type_, version) in enumerate(found):
        later = [other for type_, other in found[at + 1 :] if type_ == "MODIFIED"]
        assert type_ == "MODIFIED" or all(version < other for other in later)
    assert "BOOKMARK" in [type_ for type_, _version in found]


async def _change(ask: Any, times: int) -> None:
    for at in range(times):
        await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": at}})
        await asyncio.sleep(0.25)


async def test_a_watch_ends_after_its_time(ask: Any) -> None:
    """With a bookmark, if it wants any."""
    await ask.make("mixer")
    got = await ask.get(f"{PLCS}?watch=true&timeoutSeconds=1&resourceVersion={ask.store.version}&allowWatchBookmarks=1")
    assert [json.loads(line)["type"] for line in got.body.splitlines()] == ["BOOKMARK"]


async def test_the_end_of_the_server_ends_watches(ask: Any) -> None:
    """Those that are open, and those that come."""
    open_ = asyncio.ensure_future(ask.get(f"{PLCS}?watch=true&resourceVersion={ask.store.version}"))
    while not ask.api.watching.open:
        await asyncio.sleep(0)
    ask.api.watching.end()
    async with asyncio.timeout(10):
        assert (await open_).body == b""
        assert (await ask.get(f"{PLCS}?watch=true&resourceVersion={ask.store.version}")).body == b""
    assert ask.api.watching.open == 0


async def test_there_are_only_so_many_watches(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is asked to come again later."""
    monkeypatch.setattr(server, "MOST_WATCHES", 1)
    watch = await started(ask, f"resourceVersion={ask.store.version}")
    waiting = asyncio.ensure_future(anext(watch))
    while not ask.api.watching.open:
        await asyncio.sleep(0)
    got = await ask.get(f"{PLCS}?watch=true")
    assert (got.status, got.json["reason"], got.headers["Retry-After"]) == (429, "TooManyRequests", "1")
    await ask.make("mixer")
    await waiting


async def test_a_change_is_written_once_for_all_who_watch(ask: Any) -> None:
    """Two watches in the same form are told the very same bytes."""
    version = ask.store.version
    streams = [await ask.answer("GET", f"{PLCS}?watch=true&resourceVersion={version}") for _ in range(2)]
    await ask.make("mixer")
    one, other = [await anext(each.chunks) for each in streams]
    assert one is other


async def test_what_is_kept_of_changes_is_bounded_in_bytes(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large objects are; who comes later has them written anew."""
    monkeypatch.setattr(frames, "MOST_BYTES", 1000)
    version = ask.store.version
    large = {"annotations": {"plant.example/much": "x" * 2000}}
    await ask.make("mixer", metadata=large)
    await ask.make("oven", metadata=large)
    for _ in range(2):
        watch = await started(ask, f"resourceVersion={version}")
        assert told(await lines(watch, 2)) == [("ADDED", "mixer"), ("ADDED", "oven")]
    kept = ask.api.watching._frames
    assert (kept._bytes, kept._kept) == (0, {})


async def test_who_is_too_slow_is_ended(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept for it without bound; it lists and watches anew."""
    ask.store._window._size = 10
    answer = await ask.answer("GET", f"{PLCS}?watch=true&resourceVersion={ask.store.version}&allowWatchBookmarks=1")
    await ask.make("mixer")
    assert b"ADDED" in await anext(answer.chunks)
    for at in range(30):
        await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": at}})
    async with asyncio.timeout(10):
        rest = [chunk async for chunk in answer.chunks]
    assert len(rest) < 30
    assert not any(b"BOOKMARK" in each for each in rest)
