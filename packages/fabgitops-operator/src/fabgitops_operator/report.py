"""The engine's host on Kubernetes: statuses become patches, of which only the last of several is sent."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Notice

from fabgitops_operator.announce import Announcer
from fabgitops_operator.kube import Body, Gone, KubeError, Rejected
from fabgitops_operator.metrics import Metrics

AT_ONCE = 16
"""Patches under way at the same time."""

MAX_RETRY_SECS = 15.0

log = logging.getLogger(__name__)


class Statuses(Protocol):
    """What is needed of the API, as `Kube` has it."""

    async def patch_status(self, key: Key, status: Body) -> None:
        """Merge into an object's status; raises Gone when it is not there, or another KubeError."""
        ...


class Reporter:
    """Sends what is published, one patch at a time for each object; keeps trying while the API server is away."""

    def __init__(self, kube: Statuses, announcer: Announcer, metrics: Metrics, gone: Callable[[Key], None]) -> None:
        self._kube = kube
        self._announcer = announcer
        self._metrics = metrics
        self._gone = gone
        self._pending: dict[Key, ApiModel] = {}
        self._senders: dict[Key, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._refusals: set[str] = set()

    def publish(self, key: Key, status: ApiModel) -> None:
        """Send a status soon; of several for one object only the last counts."""
        self._pending[key] = status
        if key not in self._senders:
            self._senders[key] = asyncio.get_running_loop().create_task(self._send(key))

    async def stored(self, key: Key, limit: float) -> bool:
        """Wait until what was published is stored, at most `limit` seconds; return whether it is."""
        sender = self._senders.get(key)
        if sender is None:
            return True
        await asyncio.wait([sender], timeout=limit)
        return sender.done() and not sender.cancelled() and sender.result()

    def notice(self, key: Key, notice: Notice) -> None:
        """Announce a transition as an Event."""
        self._announcer.announce(key, notice)

    async def close(self, grace: float) -> None:
        """Send what is left, at most for `grace` seconds."""
        senders = list(self._senders.values())
        if senders:
            _done, late = await asyncio.wait(senders, timeout=grace)
            for sender in late:
                sender.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                log.error("%d status(es) could not be stored before the end", len(late))

    async def _send(self, key: Key) -> bool:
        """Send until nothing waits; return whether the last was stored."""
        attempt, error = 0, None
        try:
            while key in self._pending:
                status = self._pending.pop(key)
                error = await self._try(key, status)
                if error is None or isinstance(error, Rejected):
                    attempt = 0
                    continue
                if isinstance(error, Gone):
                    self._pending.pop(key, None)
                    self._gone(key)
                    continue
                self._pending.setdefault(key, status)
                attempt += 1
                await asyncio.sleep(min(0.2 * 2.0**attempt, MAX_RETRY_SECS) * random.uniform(0.5, 1))  # noqa: S311
            return error is None
        finally:
            del self._senders[key]

    async def _try(self, key: Key, status: ApiModel) -> KubeError | None:
        async with self._slots:
            try:
                await self._kube.patch_status(key, status.model_dump(mode="json", by_alias=True))
            except KubeError as error:
                self._metrics.api_write("status", error.reason)
                self._complain(key, error)
                return error
        self._metrics.api_write("status", "ok")
        if self._refusals:
            log.info("%s: the API server takes statuses again", key)
            self._refusals.clear()
        return None

    def _complain(self, key: Key, error: KubeError) -> None:
        """Tell of a refusal: each one that is about the object, once for what is wrong with all of them."""
        if isinstance(error, Gone):
            log.info("%s: gone", key)
        elif isinstance(error, Rejected) or error.reason not in self._refusals:
            again = "" if isinstance(error, Rejected) else "; trying again until it is stored"
            log.error("%s: status not stored: %s%s", key, error, again)
            if not isinstance(error, Rejected):
                self._refusals.add(error.reason)
