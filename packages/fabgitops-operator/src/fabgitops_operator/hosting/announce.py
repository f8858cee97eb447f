"""Notices become Kubernetes Events: a repeated one is counted in a series (events.k8s.io/v1), not created again.

Each namespace has a queue of its own: one that refuses Events, by a quota, a policy or a webhook, holds up no other.
Within a namespace they are written one after the other, so that a series is begun before it is joined.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.commands import Notice, NoticeReason
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from fabgitops_operator.hosting.errors import ApiError, Forbidden, Gone, Unavailable
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.ports import Events
from fabgitops_operator.hosting.slots import Slots

CONTROLLER = "fabgitops.io/operator"
SERIES_SECS = 360.0
"""The same again within so many seconds joins the series, as in Kubernetes' own recorders."""
MAX_ALIKE = 10
"""Events of one reason for one object, each with a text of its own, that may stand beside each other; more join in."""
AT_ONCE = 8
"""Quick namespaces whose Events are written at the same time."""
MAX_WAITING = 10_000
"""Events of one namespace that wait; more are dropped."""
MAX_NOTE = 1024
"""Bytes of a note in UTF-8 that the API server takes."""
MAX_NAME = 200
"""Characters of an object's name in that of its Event, which may have 253 in all."""
GIVE_UP_SECS = 300.0
"""How long after it was announced an Event is given up, when the API server stays away."""
FORBIDDEN_SECS = 30.0
"""How long it waits for rights; while they stay missing, each further Event of the namespace is tried once."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Series:
    name: str
    note: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class _Letter:
    key: Key
    uid: str
    notice: Notice
    at: datetime
    announced: float
    """By the loop's clock."""


@dataclass(slots=True)
class _Lane:
    """What waits to be written in one namespace, and who writes it."""

    waiting: deque[_Letter] = field(default_factory=deque)
    barred: bool = False
    """Whether the last Event was refused for lack of rights."""
    worker: asyncio.Task[None] | None = None


class Announcer:
    """Writes Events in the background: of one namespace one after the other, of several at once.

    Args:
        kube: Where they are kept.
        metrics: Count them.
        kinds: Of which some say something else than what they are called here, or are of another group.
    """

    uid: Callable[[Key], str | None]
    """Where the uid of an object is found; set once the inventory stands."""

    def __init__(self, kube: Events, metrics: Metrics, kinds: Iterable[Kind] = ()) -> None:
        self._kube = kube
        self._said = {kind.name: {"apiVersion": kind.api_version, "kind": kind.kind} for kind in kinds}
        self._metrics = metrics
        self._lanes: dict[str, _Lane] = {}
        self._slots = Slots(AT_ONCE)
        self._series: dict[str, dict[NoticeReason, list[_Series]]] = {}
        self._instance = socket.gethostname()
        self._closed = False

    async def written(self) -> None:
        """Wait until every Event is written or given up."""
        while workers := self._workers():
            await asyncio.wait(workers)

    async def close(self, grace: float) -> None:
        """Write what waits, at most for `grace` seconds, and take nothing more."""
        self._closed = True
        try:
            async with asyncio.timeout(grace):
                await self.written()
        except TimeoutError:
            left = sum(len(lane.waiting) for lane in self._lanes.values())
            log.error("%d Event(s) could not be written before the end", left)
        workers = self._workers()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _workers(self) -> list[asyncio.Task[None]]:
        return [lane.worker for lane in self._lanes.values() if lane.worker is not None and not lane.worker.done()]

    def forget(self, uid: str) -> None:
        """Drop the series of an object that is gone."""
        self._series.pop(uid, None)

    def announce(self, key: Key, notice: Notice) -> None:
        """Write an Event soon, and a line in the log now."""
        level = logging.WARNING if notice.warning else logging.INFO
        log.log(level, "%s: %s: %s", key, notice.reason, printable(notice.message))
        uid = self.uid(key)
        if uid is None or self._closed:
            return
        lane = self._lanes.setdefault(key.namespace, _Lane())
        if len(lane.waiting) >= MAX_WAITING:
            self._metrics.api_write("event", "dropped")
            log.error("%s: Event %s dropped: %d wait already", key, notice.reason, MAX_WAITING)
            return
        loop = asyncio.get_running_loop()
        lane.waiting.append(_Letter(key, uid, notice, datetime.now(UTC), loop.time()))
        if lane.worker is None:
            lane.worker = loop.create_task(self._work(key.namespace, lane))

    async def _work(self, namespace: str, lane: _Lane) -> None:
        """Write what waits; a letter counts as waiting until it is written or given up."""
        try:
            while lane.waiting:
                await self._deliver(lane, lane.waiting[0])
                lane.waiting.popleft()
        finally:
            lane.worker = None
            if not lane.barred:
                del self._lanes[namespace]

    async def _deliver(self, lane: _Lane, letter: _Letter) -> None:
        try:
            await self._patiently(lane, letter)
        except ApiError as error:
            lane.barred = isinstance(error, Forbidden)
            self._refused(letter, error, "given up")
        except Exception:
            log.exception("%s: Event %s not written by a fault of our own", letter.key, letter.notice.reason)
        else:
            lane.barred = False
            self._metrics.api_write("event", "ok")

    async def _patiently(self, lane: _Lane, letter: _Letter) -> None:
        def refused(state: RetryCallState) -> None:
            error = _error(state)
            if state.attempt_number == 1 and error is not None:
                self._refused(letter, error, "trying again")

        forbidden: list[float] = []

        def hopeless(state: RetryCallState) -> bool:
            """Return whether to give up: a refusal for lack of rights may be an API server that has just come up."""
            now = asyncio.get_running_loop().time()
            if isinstance(_error(state), Forbidden):
                forbidden.append(now)
                return lane.barred or now - forbidden[0] > FORBIDDEN_SECS
            return now - letter.announced > GIVE_UP_SECS

        attempts = AsyncRetrying(
            retry=retry_if_exception_type((Unavailable, Forbidden)),
            wait=_pause,
            stop=hopeless,
            before_sleep=refused,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                async with self._slots.of(letter.key.namespace):
                    await self._write(letter)

    async def _write(self, letter: _Letter) -> None:
        if not await self._joined(letter.key, letter.uid, letter.notice, letter.at):
            await self._begun(letter.key, letter.uid, letter.notice, letter.at)

    def _refused(self, letter: _Letter, error: BaseException, what: str) -> None:
        self._metrics.api_write("event", getattr(error, "reason", "failed"))
        log.error("%s: Event %s not written: %s; %s", letter.key, letter.notice.reason, error, what)

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
        recent = self._series.get(uid, {}).get(notice.reason, [])
        recent[:] = [series for series in recent if (at - series.last).total_seconds() <= SERIES_SECS]
        same = [series for series in recent if series.note == _note(notice)]
        if same or len(recent) >= MAX_ALIKE:
            return (same or recent)[-1]
        return None

    async def _begun(self, key: Key, uid: str, notice: Notice, at: datetime) -> None:
        name = f"{key.name[:MAX_NAME].rstrip('-.')}.{int(at.timestamp() * 1e6):x}"
        await self._kube.create_event(self._event(name, key, uid, notice, at))
        if self.uid(key) == uid:
            reasons = self._series.setdefault(uid, {})
            reasons.setdefault(notice.reason, []).append(_Series(name, _note(notice), 1, at))

    def _event(self, name: str, key: Key, uid: str, notice: Notice, at: datetime) -> dict[str, Any]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": key.namespace},
            "eventTime": _micro(at),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": notice.reason.action,
            "reason": notice.reason.value,
            "regarding": {
                **self._said.get(key.kind, {"apiVersion": API_VERSION, "kind": key.kind}),
                "namespace": key.namespace,
                "name": key.name,
                "uid": uid,
            },
            "note": _note(notice),
            "type": "Warning" if notice.warning else "Normal",
        }


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


_growing = wait_random_exponential(multiplier=0.2, max=10)


def _pause(state: RetryCallState) -> float:
    """Return the seconds before the next attempt: as many as the API server asks for, and more each time."""
    error = _error(state)
    return max(_growing(state), error.pause if isinstance(error, ApiError) else 0.0)


def _note(notice: Notice) -> str:
    """Return the text of an Event; what is cut ends in an ellipsis, and never within a character."""
    text = printable(notice.message)
    whole = text.encode()
    if len(whole) <= MAX_NOTE:
        return text
    return whole[: MAX_NOTE - len("…".encode())].decode(errors="ignore") + "…"


def _micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
