"""Requests through a gateway, many and at once, and what came back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

OK = 200
PATIENCE = 10.0  # seconds for one answer
BETWEEN_REQUESTS = 0.005  # seconds; of one sender of a stream, since what answers has the same few processors
NO_ANSWER = 0
"""The code of a request whose connection broke, or that was not answered in time."""


@dataclass(frozen=True)
class Answer:
    """What came back for a request: its HTTP status, and which pod's server sent it; none where the gateway did."""

    code: int
    version: str = ""
    pod: str = ""


@dataclass
class Answers:
    """How often each answer came."""

    counts: Counter[Answer] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many requests were answered, or given up."""
        return self.counts.total()

    @property
    def lost(self) -> int:
        """How many of them were not answered with 200."""
        return self.total - self.codes[OK]

    @property
    def codes(self) -> Counter[int]:
        """How many answers had each HTTP status; 0: none came."""
        found: Counter[int] = Counter()
        for answer, count in self.counts.items():
            found[answer.code] += count
        return found

    @property
    def versions(self) -> Counter[str]:
        """How many answers pods of each version sent, whatever their status."""
        return self._named(lambda answer: answer.version)

    @property
    def pods(self) -> Counter[str]:
        """How many answers each pod sent, whatever their status."""
        return self._named(lambda answer: answer.pod)

    def _named(self, name: Callable[[Answer], str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for answer, count in self.counts.items():
            if name(answer):
                found[name(answer)] += count
        return found


class Traffic:
    """Sends requests into a gateway."""

    def __init__(self, url: str) -> None:
        """Prepare it: `url` is where requests go in; which route they take, their Host header says."""
        self.url = url

    async def send(
        self, count: int, host: str, headers: Mapping[str, str] | None = None, *, path: str = "/", at_once: int = 20
    ) -> Answers:
        """Send a number of GETs, several at once over connections that stay open, and return what came back."""
        answers = Answers()
        async with self._session(host, headers) as session, asyncio.TaskGroup() as senders:
            left = iter(range(count))
            for _ in range(at_once):
                senders.create_task(self._send_each(session, path, left, answers))
        return answers

    @asynccontextmanager
    async def stream(
        self, host: str, headers: Mapping[str, str] | None = None, *, path: str = "/", at_once: int = 4
    ) -> AsyncIterator[Answers]:
        """Send GETs for as long as the block lasts, some hundred a second; it is given what came back so far.

        When the block is over each request that was sent has been answered, or given up after ten seconds.
        """
        answers, over = Answers(), asyncio.Event()
        async with self._session(host, headers) as session:
            # No TaskGroup: it would wrap what the block raises, a failed assertion for instance.
            senders = [asyncio.create_task(self._send_until(session, path, over, answers)) for _ in range(at_once)]
            try:
                yield answers
            finally:
                over.set()
                await asyncio.gather(*senders)

    def _session(self, host: str, headers: Mapping[str, str] | None) -> aiohttp.ClientSession:
        limit = aiohttp.ClientTimeout(total=PATIENCE)
        return aiohttp.ClientSession(self.url, headers={**(headers or {}), "Host": host}, timeout=limit)

    async def _send_each(
        self, session: aiohttp.ClientSession, path: str, left: Iterator[int], answers: Answers
    ) -> None:
        for _ in left:
            answers.counts[await _answer(session, path)] += 1

    async def _send_until(
        self, session: aiohttp.ClientSession, path: str, over: asyncio.Event, answers: Answers
    ) -> None:
        while not over.is_set():
            answers.counts[await _answer(session, path)] += 1
            await asyncio.sleep(BETWEEN_REQUESTS)


async def _answer(session: aiohttp.ClientSession, path: str) -> Answer:
    try:
        async with session.get(path) as response:
            if response.content_type != "application/json":
                return Answer(response.status)
            body = await response.json()
            return Answer(response.status, body["version"], body["pod"])
    except (aiohttp.ClientError, TimeoutError):
        return Answer(NO_ANSWER)
