"""The index is kept true by a listing and a watch, whatever answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fabgitops_core.api.rack import RACK_TEMPLATE
from fabgitops_operator.facade import following
from fabgitops_operator.facade.following import Following
from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.ports import Ask, AwayError, Told


def template(name: str, version: int) -> dict[str, Any]:
    """Return an object."""
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}, "spec": {}}


def line(kind: str, name: str, version: int) -> str:
    """Return a line of a watch."""
    return json.dumps({"type": kind, "object": template(name, version)})


class Upstream:
    """Answers listings and watches by a script, and then keeps a watch open."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.asked: list[Ask] = []

    async def ask(self, ask: Ask, _authorization: str) -> Told:
        """Answer a listing."""
        self.asked.append(ask)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Told(200, answer)

    @asynccontextmanager
    async def lines(self, ask: Ask) -> AsyncIterator[AsyncIterator[str]]:
        """Answer a watch: its lines, and at last what ends it, an error or nothing."""
        self.asked.append(ask)
        yield self._lines(self.script.pop(0) if self.script else [])

    async def _lines(self, script: list[Any]) -> AsyncIterator[str]:
        for each in script:
            if isinstance(each, Exception):
                raise each
            yield each
        if not self.script:
            await asyncio.Event().wait()


def listing(*names: str) -> dict[str, Any]:
    """Return a page that is the last."""
    return {"metadata": {"resourceVersion": "5"}, "items": [template(name, 1) for name in names]}


@pytest.mark.parametrize(
    ("script", "listed"),
    [
        ([listing("old"), [line("ADDED", "new", 6), line("DELETED", "old", 7)]], 1),
        ([listing("old"), [AwayError("broken")], [line("ADDED", "new", 6), line("DELETED", "old", 7)]], 1),
        ([listing("old"), [AwayError("504", answered=True)], listing("new")], 2),
        ([listing("old"), [json.dumps({"type": "ERROR", "object": {"code": 410}})], listing("new")], 2),
        ([listing("old"), ["[]"], listing("new")], 2),
        ([listing("old"), ["{"], [line("ADDED", "new", 6), line("DELETED", "old", 7)]], 1),
        ([AwayError("refused"), {"a": "page of a proxy"}, listing("new")], 3),
    ],
    ids=["watch", "broken off", "refused", "too old", "no object", "half a line", "not there at first"],
)
async def test_what_is_known_becomes_true(script: list[Any], listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends a listing or a watch, it is begun again, and ends at what is there."""
    monkeypatch.setattr(following, "PAUSES_SECS", (0.0,))
    monkeypatch.setattr(following, "BREATH_SECS", 0.0)
    index, upstream = Index(), Upstream(*script)
    follows = Following(upstream, index, [RACK_TEMPLATE], "plant")
    assert "not listed yet: racktemplates" in follows.not_ready()
    task = asyncio.create_task(follows.run())
    try:
        async with asyncio.timeout(30):
            while index.name_of("RackTemplate", "uid-old") or not index.name_of("RackTemplate", "uid-new"):
                await asyncio.sleep(0)
        assert not follows.not_ready()
        assert sum("watch" not in dict(ask.query) for ask in upstream.asked) == listed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_answer_that_is_older_than_the_watch_brings_nothing_back() -> None:
    """What is gone stays gone, though a later page of a listing that began before still shows it; news is known."""
    index = Index()
    script = [listing("old", "there"), [line("DELETED", "old", 7)]]
    follows = Following(Upstream(*script), index, [RACK_TEMPLATE], "plant")
    task = asyncio.create_task(follows.run())
    async with asyncio.timeout(30):
        while not index.name_of("RackTemplate", "uid-there") or index.name_of("RackTemplate", "uid-old"):
            await asyncio.sleep(0)
    index.learn("RackTemplate", template("old", 1))
    index.learn("RackTemplate", template("new", 8))
    assert (index.uid_of("RackTemplate", "old"), index.uid_of("RackTemplate", "new")) == ("", "uid-new")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_waits_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that waits for an object goes on when the watch tells of it; of none it is told when time is over."""
    index = Index()
    follows = Following(Upstream(listing("new")), index, [RACK_TEMPLATE], "plant")
    monkeypatch.setattr(following, "PATIENCE_SECS", 30.0)
    waiting = asyncio.create_task(follows.until_known("RackTemplate", uid="uid-new"))
    await asyncio.sleep(0)
    task = asyncio.create_task(follows.run())
    assert await asyncio.wait_for(waiting, 30)
    monkeypatch.setattr(following, "PATIENCE_SECS", 0.0)
    assert not await follows.until_known("RackTemplate", uid="uid-none")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
