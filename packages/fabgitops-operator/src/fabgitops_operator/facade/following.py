"""Keeps the index true: lists each kind, and watches it from there on; what breaks off is begun again."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from fabgitops_core.api.kinds import Kind

from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.ports import Ask, AwayError, Watched

PAGE = "500"
"""Objects that are asked for at once."""

WATCH_SECS = "600"
"""How long a watch is asked to last."""

PATIENCE_SECS = 0.5
"""How long a request waits for what the watch may be about to tell of."""

NONSENSE = "what answered is no API server, but something on the way to it"

BREATH_SECS = 0.2
"""How long to wait between two watches: a server that ends each at once is not asked in a circle."""

PAUSES_SECS = (0.5, 1.0, 2.0, 5.0, 10.0)
"""How long to wait after the first failure in a row, the second, and so on."""

log = logging.getLogger(__name__)


class Following:
    """Follows some kinds of a namespace, in our own name."""

    def __init__(self, upstream: Watched, index: Index, kinds: Sequence[Kind], namespace: str) -> None:
        self._upstream = upstream
        self._index = index
        self._kinds = kinds
        self._namespace = namespace
        self._listed: set[str] = set()
        self._why: dict[str, str] = {}
        self._news = asyncio.Condition()

    def not_ready(self) -> str:
        """Return why not all is known yet, or nothing: what was known once is good enough while a watch is away."""
        missing = [kind for kind in self._kinds if kind.name not in self._listed]
        if not missing:
            return ""
        why = next((text for kind in missing if (text := self._why.get(kind.name))), "")
        names = ", ".join(kind.plural for kind in missing)
        return f"not listed yet: {names}{f' ({why})' if why else ''}"

    async def run(self) -> None:
        """Follow, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for kind in self._kinds:
                tasks.create_task(self._forever(kind))

    async def until_known(self, kind: str, *, uid: str = "", name: str = "") -> bool:
        """Return when an object is known, or (False) has not become so in time."""

        def known() -> bool:
            return bool(self._index.name_of(kind, uid) if uid else self._index.uid_of(kind, name))

        if known():
            return True
        try:
            async with asyncio.timeout(PATIENCE_SECS), self._news:
                return await self._news.wait_for(known)
        except TimeoutError:
            return False

    async def _forever(self, kind: Kind) -> None:
        failures = 0
        version = ""
        while True:
            try:
                version = version or await self._list(kind)
                version = await self._watch(kind, version)
                failures = 0
                await asyncio.sleep(BREATH_SECS)
            except (AwayError, KeyError, TypeError, AttributeError) as given:  # of what is no API server's answer
                error = given if isinstance(given, AwayError) else AwayError(NONSENSE, answered=True)
                version = "" if error.answered else version
                self._why[kind.name] = str(error)
                pause = PAUSES_SECS[min(failures, len(PAUSES_SECS) - 1)]
                if not failures:
                    log.warning("%s are not followed, again in %g s: %s", kind.plural, pause, error)
                failures += 1
                await asyncio.sleep(pause)

    async def _list(self, kind: Kind) -> str:
        """List all objects of a kind, and return the version they were of.

        Raises:
            AwayError: That failed; what was known before stays.
        """
        uids, at, version = [], "", ""
        while True:
            query = (("limit", PAGE), *((("continue", at),) if at else ()))
            told = await self._upstream.ask(Ask("GET", self._path(kind), query), "")
            if told.code != 200 or not isinstance(told.body, dict):
                raise AwayError(f"listing {kind.plural}: {_message(told.body) or told.code}", answered=True)
            for body in told.body["items"]:
                self._index.put(kind.name, body)
                uids.append(body["metadata"]["uid"])
            version = str(told.body["metadata"]["resourceVersion"])
            at = told.body["metadata"].get("continue") or ""
            if not at:
                break
        self._index.keep(kind.name, uids)
        self._index.heard(kind.name, version)
        self._listed.add(kind.name)
        self._why.pop(kind.name, None)
        await self._tell()
        return version

    async def _watch(self, kind: Kind, version: str) -> str:
        """Watch from a version on until that ends, and return how far it came; nothing where it is too old.

        Raises:
            AwayError: It broke off.
        """
        query = (
            ("watch", "1"),
            ("allowWatchBookmarks", "1"),
            ("resourceVersion", version),
            ("timeoutSeconds", WATCH_SECS),
        )
        async with self._upstream.lines(Ask("GET", self._path(kind), query)) as lines:
            async for line in lines:
                change = _decoded(line)
                if change["type"] == "ERROR":
                    return ""
                self._hear(kind, change)
                version = change["object"]["metadata"]["resourceVersion"]
                self._index.heard(kind.name, version)
                if change["type"] != "BOOKMARK":
                    await self._tell()
        return version

    def _hear(self, kind: Kind, change: dict[str, Any]) -> None:
        if change["type"] == "DELETED":
            self._index.forget(kind.name, change["object"]["metadata"]["uid"])
        elif change["type"] != "BOOKMARK":
            self._index.put(kind.name, change["object"])

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _path(self, kind: Kind) -> str:
        return f"/apis/{kind.group}/{kind.version}/namespaces/{self._namespace}/{kind.plural}"


def _decoded(line: str) -> dict[str, Any]:
    try:
        change: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise AwayError(f"a watch broke off within a line: {error}") from error
    return change


def _message(body: object) -> str:
    return str(body.get("message") or "") if isinstance(body, dict) else ""
