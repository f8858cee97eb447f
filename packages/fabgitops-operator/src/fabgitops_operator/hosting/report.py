"""The engine's host: statuses become patches, of which only the last of several is sent."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import NamedTuple, Protocol

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Notice
from fabgitops_core.engine.ports import Stored

from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.echoes import Echoes
from fabgitops_operator.hosting.errors import ApiError, Conflict, Gone, Outdated, Rejected, TooLarge, Unavailable
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.ports import Body, Statuses
from fabgitops_operator.hosting.sharing import Dropped, Sharing, SharingReason
from fabgitops_operator.hosting.shortened import shortened
from fabgitops_operator.hosting.slots import Slots

AT_ONCE = 16
"""Patches of all quick namespaces under way at the same time."""

MAX_RETRY_SECS = 15.0

OVERTAKEN_SECS, MAX_OVERTAKEN_SECS = 0.005, 0.5
"""How soon a status is sent again that somebody else was quicker than: ever later, up to the second."""

MOST_NOTICES = 50
"""So many Events of one object wait for its status at most: where that cannot be stored for long, they go out."""

log = logging.getLogger(__name__)


class Objects(Protocol):
    """What is needed of the inventory."""

    def uid(self, key: Key) -> str | None:
        """Return the uid of an object that is there."""
        ...

    def lost(self, key: Key, uid: str) -> None:
        """Forget the object of this uid, which turned out to be gone."""
        ...


class _OwnFaultError(ApiError):
    """A status was not sent because of a bug of ours, or of a library's; it is the cause."""


class _Letter(NamedTuple):
    """A status for the object of a uid; where it is shared, it was decided when this version was known."""

    uid: str
    status: ApiModel
    known: int = 0


class _Outbox:
    """What waits to be sent to one object, nothing or one status; who sends it, and who waits to hear of it.

    While it is `overtaken` somebody else has changed the object, and what we had to say of it is decided anew.
    `notices` are Events of what stands in no status yet that is stored, each with the uid of its object.
    """

    __slots__ = ("notices", "overtaken", "sender", "urged", "waiters", "waiting")

    def __init__(self) -> None:
        self.overtaken = False
        self.waiting: list[_Letter] = []
        self.waiters: list[asyncio.Future[Stored]] = []
        self.notices: list[tuple[str | None, Notice]] = []
        self.urged = asyncio.Event()
        self.sender: asyncio.Task[None] | None = None

    def tell(self, answer: Stored) -> None:
        """Tell those who wait."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(answer)

    async def rest(self, seconds: float, *, urgeable: bool) -> None:
        """Sleep, unless somebody urges, or has urged since the last attempt began, where that is heard."""
        if not urgeable:
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self.urged.wait()
        except TimeoutError:
            return


def _answer(error: ApiError | None) -> Stored:
    """Return what an attempt means for who waits: a fault of our own may well be one in every record to come."""
    if error is None:
        return Stored.YES
    return Stored.AWAY if isinstance(error, Unavailable) else Stored.REFUSED


class Reporter:
    """Sends what is published, one patch at a time for each object; keeps trying while the API server is away.

    Nothing is sent while `outdated` says that another operator may know more by now: its records stand there. Statuses
    that others write as well go by way of `sharing`.
    """

    def __init__(
        self,
        kube: Statuses,
        announcer: Announcer,
        metrics: Metrics,
        objects: Objects,
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._kube = kube
        self._outdated = outdated
        self._announcer = announcer
        self._metrics = metrics
        self._objects = objects
        self._outboxes: dict[Key, _Outbox] = {}
        self._slots = Slots(AT_ONCE)
        self._refusals: set[str] = set()
        self._rejected: set[str] = set()
        self._echoes = Echoes()
        self._closed = False
        self.sharing: Sharing | None = None

    def publish(self, key: Key, status: ApiModel) -> None:
        """Send a status soon; of several for one object only the last counts, and none for one that is gone."""
        uid = self._objects.uid(key)
        if uid is not None:
            shared = self._shared(key)
            self._put(key, _Letter(uid, status, shared.known(key) if shared else 0))

    def tell(self, key: Key, uid: str, status: ApiModel) -> None:
        """Send the status of an object of this uid soon, which need not be one that is looked after itself."""
        self._put(key, _Letter(uid, status))

    def _shared(self, key: Key) -> Sharing | None:
        return self.sharing if self.sharing is not None and self.sharing.has(key.kind) else None

    def _put(self, key: Key, letter: _Letter) -> None:
        if self._closed:
            return
        outbox = self._outboxes.get(key)
        if outbox is None:
            outbox = self._outboxes[key] = _Outbox()
            outbox.sender = asyncio.get_running_loop().create_task(self._send(key, outbox))
        outbox.waiting = [letter]
        outbox.urged.set()

    async def stored(self, key: Key, limit: float) -> Stored:
        """As `fabgitops_core.engine.ports.Host.stored`; ends a pause between two attempts."""
        outbox = self._outboxes.get(key)
        if outbox is None:
            uid = self._objects.uid(key)
            return Stored.REFUSED if uid is None or uid in self._rejected else Stored.YES
        waiter: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        outbox.waiters.append(waiter)
        outbox.urged.set()
        try:
            async with asyncio.timeout(limit):
                return await waiter
        except TimeoutError:
            return Stored.AWAY

    def notice(self, key: Key, notice: Notice) -> None:
        """Announce a transition as an Event: of a status that is shared when it is stored, for it may be overtaken."""
        outbox = self._outboxes.get(key)
        if outbox is None or self._shared(key) is None:
            self._announcer.announce(key, notice)
            return
        if len(outbox.notices) >= MOST_NOTICES:
            self._announce(key, outbox)
        outbox.notices.append((self._objects.uid(key), notice))

    def _announce(self, key: Key, outbox: _Outbox, count: int | None = None) -> None:
        """Announce so many of the Events that wait, or all of them; none for another object of the name."""
        told, outbox.notices = outbox.notices[:count], [] if count is None else outbox.notices[count:]
        for uid, notice in told:
            if uid == self._objects.uid(key):
                self._announcer.announce(key, notice)

    def forget(self, uid: str) -> None:
        """Drop what is known of an object that is gone."""
        self._announcer.forget(uid)
        self._rejected.discard(uid)
        self._echoes.forget(uid)
        if self.sharing is not None:
            self.sharing.forget(uid)

    def pending(self, key: Key) -> bool:
        """Return whether a status waits to be stored, or is on its way."""
        outbox = self._outboxes.get(key)
        return outbox is not None and not outbox.overtaken

    def echoed(self, key: Key, uid: str, version: int, digest: bytes) -> bool:
        """Return whether an object has the status that it was given last, or will soon: nothing is to be put right.

        Of a status that is shared only what we wrote ourselves is an echo, whatever is on its way.
        """
        soon = self.pending(key) and self._shared(key) is None
        return soon or self._echoes.heard(uid, version, digest)

    async def close(self, grace: float) -> None:
        """Send what is left, at most for `grace` seconds, and take nothing more."""
        self._closed = True
        senders = []
        for outbox in self._outboxes.values():
            outbox.urged.set()
            if outbox.sender is not None:
                senders.append(outbox.sender)
        if senders:
            _done, late = await asyncio.wait(senders, timeout=0 if self._outdated() else grace)
            for sender in late:
                sender.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                log.error("%d status(es) could not be stored before the end", len(late))

    async def _send(self, key: Key, outbox: _Outbox) -> None:
        """Send until nothing waits."""
        attempt, answer = 0, Stored.AWAY
        try:
            while outbox.waiting:
                error = await self._try(key, outbox)
                answer = _answer(error)
                if error is None or isinstance(error, Rejected | Gone):
                    attempt = 0
                    continue
                if outbox.overtaken:
                    attempt += 1
                    await self._decide_anew(key, outbox, attempt)
                    continue
                if answer is Stored.REFUSED:
                    outbox.tell(answer)
                attempt += 1
                growing = min(0.2 * 2.0**attempt, MAX_RETRY_SECS) * random.uniform(0.5, 1)  # noqa: S311
                await outbox.rest(max(growing, error.pause), urgeable=not error.pause)
            self._announce(key, outbox)
        finally:
            del self._outboxes[key]
            outbox.tell(answer)

    async def _decide_anew(self, key: Key, outbox: _Outbox, attempt: int) -> None:
        """Have an object decided anew that somebody else has changed; what was to be said of it before is dropped.

        While it cannot be read that is kept, so that it is tried, and read, again.
        """
        outbox.tell(Stored.AWAY)
        await asyncio.sleep(min(OVERTAKEN_SECS * 2.0**attempt, MAX_OVERTAKEN_SECS))
        dropped, outbox.waiting = outbox.waiting, []
        async with self._slots.of(key.namespace):
            error = await self._reread(key)
        outbox.overtaken = False
        if error is None:
            return  # and what is decided is sent at once: the longer that takes, the more often somebody is quicker
        if isinstance(error, Gone):
            self._gone(key, dropped[0].uid, outbox)
            return
        outbox.waiting = outbox.waiting or dropped
        if not isinstance(error, Outdated):
            self._complain(key, error)
            await outbox.rest(max(MAX_OVERTAKEN_SECS, error.pause), urgeable=False)

    async def _reread(self, key: Key) -> ApiError | None:
        shared = self._shared(key)
        return await shared.declare_anew(key) if shared is not None else None

    async def _try(self, key: Key, outbox: _Outbox) -> ApiError | None:
        """Send what waits, once; what may be stored later waits again unless something newer does."""
        async with self._slots.of(key.namespace):
            letter, notices = outbox.waiting.pop(), len(outbox.notices)
            uid = letter.uid
            outbox.urged.clear()
            error = await self._patch(key, letter)
            if isinstance(error, TooLarge):
                await self._patch(key, letter, str(error))  # it is the whole that is the record
        self._metrics.api_write("status", error.reason if error else "ok")
        self._rejected.discard(uid)
        if error is None or isinstance(error, Rejected):
            self._announce(key, outbox, notices)
        if error is None:
            self._accepted(key)
            return None
        outbox.overtaken = isinstance(error, Conflict) and self._shared(key) is not None
        if not outbox.overtaken:
            self._complain(key, error)
        if isinstance(error, Gone):
            self._gone(key, uid, outbox, notices)
        elif isinstance(error, Rejected):
            if self._objects.uid(key) == uid:
                self._rejected.add(uid)
        else:
            outbox.waiting = outbox.waiting or [letter]
        return error

    async def _patch(self, key: Key, letter: _Letter, too_large: str = "") -> ApiError | None:
        if self._outdated():
            return Unavailable("another operator may hold the Lease by now", "withheld")
        try:
            body = letter.status.model_dump(mode="json", by_alias=True, exclude_none=True)
            told = shortened(body, too_large) if too_large else body
            stored = await self._stored_as(key, letter, told)
            if self._objects.uid(key) == letter.uid:
                self._echoes.expect(letter.uid, stored)
        except ApiError as error:
            return error
        except Exception as error:  # noqa: BLE001 - told with its traceback by `_complain`
            fault = _OwnFaultError(f"a fault of our own: {error!r}", "failed")
            fault.__cause__ = error
            return fault
        return None

    async def _stored_as(self, key: Key, letter: _Letter, told: Body) -> Body | None:
        if (shared := self._shared(key)) is not None:
            return await shared.replace(key, letter.uid, told, letter.known)
        return await self._kube.patch_status(key, letter.uid, told)

    def _gone(self, key: Key, uid: str, outbox: _Outbox, notices: int | None = None) -> None:
        """Forget an object that is gone, but not what is for another that was made under its name."""
        outbox.waiting = [letter for letter in outbox.waiting if letter.uid != uid]
        del outbox.notices[:notices]
        self._objects.lost(key, uid)

    def _accepted(self, key: Key) -> None:
        if self._refusals:
            log.info("%s: the API server takes statuses again", key)
            self._refusals.clear()

    def _complain(self, key: Key, error: ApiError) -> None:
        """Tell of a refusal: each one that is about the object, once for what is wrong with all of them."""
        if isinstance(error, Gone):
            log.info("%s: gone", key)
        elif isinstance(error, Rejected):
            log.error("%s: status not stored: %s", key, error)
            if isinstance(error, Dropped):  # which no condition can say
                self._announcer.announce(key, Notice(SharingReason.DROPPED, str(error)))
        elif error.reason not in self._refusals:
            self._refusals.add(error.reason)
            cause = error.__cause__ if isinstance(error, _OwnFaultError) else None
            log.error("%s: status not stored: %s; trying again until it is stored", key, error, exc_info=cause)
