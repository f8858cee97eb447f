"""Listings: selectors, pages, versions, forms."""

import asyncio
from typing import Any

import pytest
from fabgitops_operator.hosting.exchange import Streamed
from fabgitops_operator.standalone.api import listing
from fabgitops_operator.standalone.api.pages import Token

PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
EVERYWHERE = "/apis/fabgitops.io/v1/industrialplcs"
PARTIAL = "application/json;as=PartialObjectMetadata{};v=v1;g=meta.k8s.io"


async def test_a_listing_has_the_objects_and_a_version(ask: Any) -> None:
    """Whoever watches from that version misses nothing."""
    made = await ask.make("mixer")
    listed = (await ask.get(PLCS)).json
    assert (listed["apiVersion"], listed["kind"]) == ("fabgitops.io/v1", "IndustrialPLCList")
    assert listed["items"] == [made]
    assert listed["metadata"] == {"resourceVersion": str(ask.store.version)}
    assert (await ask.get(f"{PLCS}/mixer")).json == made


async def test_objects_are_in_the_order_of_their_names(ask: Any) -> None:
    """Of all namespaces: in that of the namespaces first."""
    for name in ("oven", "mixer", "press"):
        await ask.make(name)
    assert (await ask.get(PLCS)).names == (await ask.get(EVERYWHERE)).names == ["mixer", "oven", "press"]


async def test_what_is_not_there_is_told_by_name(ask: Any) -> None:
    """An object that is missing is a 404, a namespace that is missing an empty list."""
    got = await ask.get(f"{PLCS}/nosuch")
    assert got.status == 404
    assert got.json["message"] == 'industrialplcs.fabgitops.io "nosuch" not found'
    assert got.json["details"] == {"name": "nosuch", "group": "fabgitops.io", "kind": "industrialplcs"}
    empty = await ask.get("/apis/fabgitops.io/v1/namespaces/nosuch/industrialplcs")
    assert (empty.status, empty.json["items"]) == (200, [])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=line%3Da", ["mixer"]),
        ("labelSelector=line", ["mixer", "oven"]),
        ("labelSelector=!line", ["press"]),
        ("labelSelector=line+in+(a,b)", ["mixer", "oven"]),
        ("fieldSelector=metadata.name%3Doven", ["oven"]),
        ("fieldSelector=metadata.name!%3Doven", ["mixer", "press"]),
        ("fieldSelector=metadata.namespace%3Dline-2", []),
        ("fieldSelector=metadata.name%3Doven&labelSelector=line%3Da", []),
        ("fieldSelector=metadata.name%3Dnosuch", []),
    ],
)
@pytest.mark.parametrize("path", [PLCS, EVERYWHERE])
async def test_selectors_choose(path: str, query: str, names: list[str], ask: Any) -> None:
    """In one namespace as in all."""
    await ask.make("mixer", metadata={"labels": {"line": "a"}})
    await ask.make("oven", metadata={"labels": {"line": "b"}})
    await ask.make("press")
    assert (await ask.get(f"{path}?{query}")).names == names


async def test_pages_show_the_objects_as_they_were_when_the_first_was_asked_for(ask: Any) -> None:
    """What is made, changed or deleted meanwhile is for the next listing."""
    for name in "abcde":
        await ask.make(name)
    first = (await ask.get(f"{PLCS}?limit=2")).json
    assert [each["metadata"]["name"] for each in first["items"]] == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 3
    await ask("DELETE", f"{PLCS}/c")
    await ask.make("bb")
    second = (await ask.get(f"{PLCS}?limit=2&continue={first['metadata']['continue']}")).json
    last = await ask.get(f"{PLCS}?limit=2&continue={second['metadata']['continue']}")
    assert [each["metadata"]["name"] for each in second["items"]] == ["c", "d"]
    assert last.names == ["e"]
    assert "continue" not in last.json["metadata"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    over = await ask.get(f"{PLCS}?limit=2&continue={second['metadata']['continue']}")
    assert (over.status, over.json["reason"]) == (410, "Expired")


async def test_pages_of_a_selection_are_full(ask: Any) -> None:
    """A limit counts what is selected; how many are left is not told, as nobody has counted."""
    for at, name in enumerate("abcdefg"):
        await ask.make(name, metadata={"labels": {"odd": str(at % 2)}})
    first = (await ask.get(f"{PLCS}?limit=2&labelSelector=odd%3D0")).json
    assert [each["metadata"]["name"] for each in first["items"]] == ["a", "c"]
    assert "remainingItemCount" not in first["metadata"]
    rest = await ask.get(f"{PLCS}?limit=9&labelSelector=odd%3D0&continue={first['metadata']['continue']}")
    assert rest.names == ["e", "g"]


async def test_a_page_of_a_listing_that_is_not_remembered_says_how_to_go_on(ask: Any) -> None:
    """After five minutes, or a restart: 410 with a token by which the rest can be had as it is now."""
    for name in "abc":
        await ask.make(name)
    gone = await ask.get(f"{PLCS}?continue={Token(1, ('line-1', 'a')).written()}")
    assert (gone.status, gone.json["reason"]) == (410, "Expired")
    rest = await ask.get(f"{PLCS}?continue={gone.json['metadata']['continue']}")
    assert rest.names == ["b", "c"]


@pytest.mark.parametrize("token", ["abc", "%20", "e30", "W10", "eyJydiI6IjEiLCJhZnRlciI6WyJhIiwiYiJdfQ"])
async def test_a_token_that_was_not_given_out_is_refused(token: str, ask: Any) -> None:
    """Whatever stands in it."""
    got = await ask.get(f"{PLCS}?continue={token}")
    assert got.status == 400
    assert got.json["message"].startswith("invalid continue token")


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("resourceVersion=abc", 400, 'invalid resource version: resourceVersion: Invalid value: "abc"'),
        ("fieldSelector=spec.x%3D1", 400, "field label not supported: spec.x"),
        (
            "resourceVersionMatch=Exact", 422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact", 422,
            'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
        (
            "resourceVersion=5&resourceVersionMatch=Foo", 422,
            'resourceVersionMatch: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""',
        ),
        (
            "sendInitialEvents=true", 422,
            'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
        ),
        ("continue=abc&resourceVersion=5", 400, "specifying resource version is not allowed when using continue"),
    ],
)  # fmt: skip
async def test_parameters_are_checked(query: str, code: int, message: str, ask: Any) -> None:
    """As the API server checks them, in its words."""
    got = await ask.get(f"{PLCS}?{query}")
    assert got.status == code
    assert got.json["message"] == (message if code == 400 else f'ListOptions.meta.k8s.io "" is invalid: {message}')


async def test_a_negative_limit_is_none(ask: Any) -> None:
    """As for the API server."""
    await ask.make("a")
    await ask.make("b")
    assert (await ask.get(f"{PLCS}?limit=-1")).names == ["a", "b"]


async def test_a_version_that_is_reached_is_served(ask: Any) -> None:
    """Not older than asked for, or exactly that one while it is the newest or its pages are remembered."""
    for name in "abc":
        await ask.make(name)
    now = ask.store.version
    assert (await ask.get(f"{PLCS}?resourceVersion={now}")).names == ["a", "b", "c"]
    assert (await ask.get(f"{PLCS}?resourceVersion={now}&resourceVersionMatch=Exact")).status == 200
    await ask.get(f"{PLCS}?limit=1")
    await ask.make("d")
    assert (await ask.get(f"{PLCS}?resourceVersion={now}&resourceVersionMatch=Exact")).names == ["a", "b", "c"]
    assert (await ask.get(f"{PLCS}?resourceVersion={now}")).names == ["a", "b", "c", "d"]


async def test_an_old_version_is_gone(ask: Any) -> None:
    """Whoever wants exactly that one is told by 410."""
    await ask.make("a")
    before = ask.store.version
    await ask.make("b")
    got = await ask.get(f"{PLCS}?resourceVersion={before}&resourceVersionMatch=Exact")
    assert (got.status, got.json["reason"]) == (410, "Expired")


async def test_a_version_of_the_future_is_waited_for(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a few seconds; then the client is told to list anew."""
    now = ask.store.version
    waiting = asyncio.ensure_future(ask.get(f"{PLCS}?resourceVersion={now + 1}"))
    await asyncio.sleep(0)
    await ask.make("a")
    assert (await waiting).names == ["a"]
    monkeypatch.setattr(listing, "FUTURE_SECS", 0.1)
    got = await ask.get(f"{PLCS}?resourceVersion=99999")
    assert (got.status, got.json["reason"]) == (504, "Timeout")
    assert got.json["message"] == f"Timeout: Too large resource version: 99999, current: {ask.store.version}"
    assert got.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert got.headers["Retry-After"] == "1"


async def test_metadata_alone_can_be_asked_for(ask: Any) -> None:
    """Of one object and of many."""
    made = await ask.make("a")
    one = (await ask.get(f"{PLCS}/a", accept=PARTIAL.format(""))).json
    many = (await ask.get(PLCS, accept=PARTIAL.format("List"))).json
    assert one == {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]}
    assert many["kind"] == "PartialObjectMetadataList"
    assert many["items"] == [one]


async def test_who_takes_no_json_is_refused(ask: Any) -> None:
    """With 406."""
    assert (await ask.get(PLCS, accept="text/html")).status == 406
    assert (await ask.get(f"{PLCS}/a", accept="text/html")).status == 406


async def test_a_long_listing_gives_everybody_turns(ask: Any) -> None:
    """Between each few rows something else runs, and what it changes does not show in the listing."""
    for at in range(60):
        await ask.make(f"plc-{at:03}")
    answer = await ask.answer("GET", PLCS)
    assert isinstance(answer, Streamed)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.ensure_future(others())
    chunks, before = [], 0
    async for chunk in answer.chunks:
        chunks.append(chunk)
        if len(chunks) == 1:
            await ask("DELETE", f"{PLCS}/plc-050")
        assert turns > before
        before = turns
    running.cancel()
    assert len(chunks) == 3
    assert b"plc-050" in b"".join(chunks)
