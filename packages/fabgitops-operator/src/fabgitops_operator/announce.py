"""Notices become Kubernetes Events: a repeated one is counted in a series (events.k8s.io/v1), not created again."""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.control.commands import Notice, NoticeReason
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from fabgitops_operator.kube import Body, Forbidden, Gone, KubeError, Unavailable
from fabgitops_operator.metrics import Metrics

CONTROLLER = "fabgitops.io/operator"
SERIES_SECS = 360.0
"""The same again within so many seconds joins the series, as in Kubernetes' own recorders."""
MAX_ALIKE = 10
"""Events of one reason for one object, each with a text of its own, that may stand beside each other; more join in."""
MAX_WAITING = 10_000
MAX_NOTE = 1024
GIVE_UP_SECS = 300.0
"""How long an Event waits for an API server that is away."""
FORBIDDEN_SECS = 30.0
"""How long it waits for rights; while they stay missing, each further Event is tried once."""

_ACTIONS = {
    NoticeReason.DRIFT_DETECTED: "Compare",
    NoticeReason.DRIFT_CORRECTED: "Correct",
    NoticeReason.DRIFT_RESOLVED: "Compare",
    NoticeReason.CORRECTION_FAILED: "Correct",
    NoticeReason.INVALID_SPEC: "Parse",
}

log = logging.getLogger(__name__)


class Events(Protocol):
    """What is needed of the API, as `Kube` has it."""

    async def create_event(self, body: Body) -> None:
        """Create an Event; raises KubeError."""
        ...

    async def patch_event(self, namespace: str, name: str, body: Body) -> None:
        """Merge into an Event; raises Gone when it has expired, or another KubeError."""
        ...


@dataclass(slots=True)
class _Series:
    name: str
    note: str
    count: int
    last: datetime


class Announcer:
    """Writes Events one after the other, in the background."""

    uid: Callable[[Key], str | None]
    """Where the uid of an object is found; set once the inventory stands."""

    def __init__(self, kube: Events, metrics: Metrics) -> None:
        self._kube = kube
        self._metrics = metrics
        self._waiting: asyncio.Queue[tuple[Key, str, Notice, datetime]] = asyncio.Queue(MAX_WAITING)
        self._series: dict[tuple[str, NoticeReason], list[_Series]] = {}
        self._instance = socket.gethostname()
        self._worker: asyncio.Task[None] | None = None
        self._barred = False

    def start(self) -> None:
        """Begin to write."""
        self._worker = asyncio.get_running_loop().create_task(self._work())

    async def close(self, grace: float) -> None:
        """Write what waits, at most for `grace` seconds, and end."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._waiting.join()
        except TimeoutError:
            log.error("%d Event(s) could not be written before the end", self._waiting.qsize())
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    def forget(self, uid: str) -> None:
        """Drop the series of an object that is gone."""
        for reason in NoticeReason:
            self._series.pop((uid, reason), None)

    def announce(self, key: Key, notice: Notice) -> None:
        """Write an Event soon, and a line in the log now."""
        log.log(logging.WARNING if notice.warning else logging.INFO, "%s: %s: %s", key, notice.reason, notice.message)
        uid = self.uid(key)
        if uid is None:
            return
        try:
            self._waiting.put_nowait((key, uid, notice, datetime.now(UTC)))
        except asyncio.QueueFull:
            self._metrics.api_write("event", "dropped")
            log.error("%s: Event %s dropped: %d wait already", key, notice.reason, MAX_WAITING)

    async def _work(self) -> None:
        while True:
            key, uid, notice, at = await self._waiting.get()
            try:
                await self._write(key, uid, notice, at)
            except KubeError as error:
                self._barred = isinstance(error, Forbidden)
                self._refused(key, notice, error, "given up")
            except Exception:
                log.exception("%s: Event %s not written by a fault of our own", key, notice.reason)
            else:
                self._barred = False
                self._metrics.api_write("event", "ok")
            finally:
                self._waiting.task_done()

    async def _write(self, key: Key, uid: str, notice: Notice, at: datetime) -> None:
        def refused(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            if state.attempt_number == 1 and error is not None:
                self._refused(key, notice, error, "trying again")

        patiently = AsyncRetrying(
            retry=retry_if_exception_type((Unavailable, Forbidden)),
            wait=wait_random_exponential(multiplier=0.2, max=10),
            stop=self._hopeless,
            before_sleep=refused,
            reraise=True,
        )
        async for attempt in patiently:
            with attempt:
                if not await self._joined(key, uid, notice, at):
                    await self._begun(key, uid, notice, at)

    def _hopeless(self, state: RetryCallState) -> bool:
        """Return whether to give up: a refusal for lack of rights may be an API server that has just come up."""
        since = state.seconds_since_start or 0.0
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Forbidden):
            return self._barred or since > FORBIDDEN_SECS
        return since > GIVE_UP_SECS

    def _refused(self, key: Key, notice: Notice, error: BaseException, what: str) -> None:
        self._metrics.api_write("event", getattr(error, "reason", "failed"))
        log.error("%s: Event %s not written: %s; %s", key, notice.reason, error, what)

    async def _joined(self, key: Key, uid: str, notice: Notice, at: datetime) -> bool:
        """Count it in a series that is under way, if there is one."""
        series = self._under_way(uid, notice, at)
        if series is None:
            return False
        body = {"series": {"count": series.count + 1, "lastObservedTime": _micro(at)}}
        try:
            await self._kube.patch_event(key.namespace, series.name, body)
        except Gone:
            series.last = datetime.min.replace(tzinfo=UTC)  # over; the object may have been forgotten meanwhile
            return False
        series.count, series.last = series.count + 1, at
        return True

    def _under_way(self, uid: str, notice: Notice, at: datetime) -> _Series | None:
        """Return the series that says the same, or the latest one when many already say much the same."""
        recent = self._series.get((uid, notice.reason), [])
        recent[:] = [series for series in recent if (at - series.last).total_seconds() <= SERIES_SECS]
        same = [series for series in recent if series.note == _note(notice)]
        if same or len(recent) >= MAX_ALIKE:
            return (same or recent)[-1]
        return None

    async def _begun(self, key: Key, uid: str, notice: Notice, at: datetime) -> None:
        name = f"{key.name[:200]}.{int(at.timestamp() * 1e6):x}"
        await self._kube.create_event(self._event(name, key, uid, notice, at))
        if self.uid(key) == uid:
            self._series.setdefault((uid, notice.reason), []).append(_Series(name, _note(notice), 1, at))

    def _event(self, name: str, key: Key, uid: str, notice: Notice, at: datetime) -> dict[str, Any]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": key.namespace},
            "eventTime": _micro(at),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": _ACTIONS.get(notice.reason, "Poll"),
            "reason": notice.reason.value,
            "regarding": {
                "apiVersion": API_VERSION,
                "kind": key.kind,
                "namespace": key.namespace,
                "name": key.name,
                "uid": uid,
            },
            "note": _note(notice),
            "type": "Warning" if notice.warning else "Normal",
        }


def _note(notice: Notice) -> str:
    return notice.message[:MAX_NOTE]


def _micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
