"""The injections of a node: begun once, held while they are renewed in time, ended for good.

What was ended is remembered (a tombstone), so that a request which was held up on its way begins nothing anew. Every
request carries the last moment at which it may count, by this agent's clock.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fabgitops_operator.agent.asked import Inject, Renew
from fabgitops_operator.agent.targets import NoSuchPodError, TargetError

TOMBSTONE_SECS = 3600.0
STOPPED_SECS = 60.0
"""How long a stop keeps new injections out: until the policy that says so has reached whoever asks."""
log = logging.getLogger(__name__)


class CannotHoldError(Exception):
    """An injection did not begin: its text says why."""


class Holding(Protocol):
    """One injection that is held by a process of its own."""

    def state(self) -> Mapping[str, Any]:
        """Return what it has told last: packets held and lost, or seconds used."""

    def hold(self, secs: float) -> None:
        """Lengthen its lease."""

    async def end(self) -> None:
        """End it, and return when it is gone."""


class Holders(Protocol):
    """What begins injections."""

    async def begin(self, injection: str, asked: Inject, over: Callable[[str], None]) -> Holding:
        """Begin one, and return when it is effective; `over` is told why it ended, if it does by itself.

        Raises:
            NoSuchPodError: The pod is not on this node.
            TargetError: The pod cannot be the target.
            CannotHoldError: It did not begin.
        """


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status (RFC 9110), and what is told with it."""

    status: int
    body: Mapping[str, Any]


@dataclass(slots=True)
class _Entry:
    asked: Inject
    holding: Holding | None = None


@dataclass(slots=True)
class Injections:
    """All injections of one agent. `clock` gives seconds from any beginning and never goes back.

    Requests about one injection come one after the other: who calls sees to that.
    """

    holders: Holders
    clock: Callable[[], float]
    most: int
    cap_secs: int
    ended: Callable[[str, str], None] = lambda fault, cause: None
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _tombs: dict[str, float] = field(default_factory=dict)
    _stopped: float = float("-inf")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._entries)

    def listed(self) -> list[Mapping[str, Any]]:
        """Return what is held, and in which pod."""
        return [
            {"id": name, "namespace": entry.asked.namespace, "pod": entry.asked.pod, "uid": entry.asked.uid}
            | dict(entry.holding.state() if entry.holding else {})
            for name, entry in self._entries.items()
        ]

    async def put(self, name: str, asked: Inject) -> Answer:
        """Begin an injection, or say that it has begun.

        200: it is held, also when it was before. 404: the pod is not here. 409: another one of that name is held.
        410: it has ended. 412: this comes too late. 422: it cannot be. 423: all was stopped. 429: there are too many.
        """
        there = self._entries.get(name)
        if refused := self._refused(name, asked, there):
            return refused
        if there and there.holding:
            return Answer(200, there.holding.state())
        entry = self._entries[name] = _Entry(asked)
        try:
            entry.holding = await self.holders.begin(name, asked, lambda cause: self._over(name, cause))
        except NoSuchPodError as error:
            return self._buried(name, 404, str(error))
        except (TargetError, CannotHoldError) as error:
            return self._buried(name, 422, str(error))
        if name not in self._entries:  # it was over, or all was stopped, before it was told to have begun
            await entry.holding.end()
            return _no(410, f"injection {name} has ended")
        log.info("injection %s into pod %s/%s is held", name, asked.namespace, asked.pod)
        return Answer(200, entry.holding.state())

    def _refused(self, name: str, asked: Inject, there: _Entry | None) -> Answer | None:
        now = self.clock()
        if now < self._stopped:
            return _no(423, f"all injections were stopped; none begins for {self._stopped - now:.0f} s more")
        if now > asked.not_after:
            return _no(412, f"this came {now - asked.not_after:.1f} s too late")
        if name in self._buried_at(now):
            return _no(410, f"injection {name} has ended")
        if there:
            same = there.asked.model_copy(update={"not_after": asked.not_after}) == asked
            return None if same and there.holding else _no(409, f"injection {name} is another one, or just begins")
        if any(entry.asked.uid == asked.uid for entry in self._entries.values()):
            return _no(409, f"pod {asked.namespace}/{asked.pod} has an injection already")
        if asked.cap_secs > self.cap_secs:
            return _no(422, f"capSecs {asked.cap_secs} is more than this agent's {self.cap_secs}")
        if len(self._entries) >= self.most:
            return _no(429, f"this agent holds {self.most} injections, and no more")
        return None

    def renew(self, name: str, asked: Renew) -> Answer:
        """Lengthen an injection by its lease. 404: it is not held, and is not begun. 412: this comes too late."""
        entry, now = self._entries.get(name), self.clock()
        if now > asked.not_after:
            return _no(412, f"this came {now - asked.not_after:.1f} s too late")
        if not entry or not entry.holding:
            return _no(404, f"injection {name} is not held")
        entry.holding.hold(entry.asked.lease_secs)
        return Answer(200, entry.holding.state())

    async def delete(self, name: str) -> Answer:
        """End an injection, and wait until it is gone. 404: it is not held. Either way it never begins again."""
        entry = self._bury(name)
        if not entry or not entry.holding:
            return _no(404, f"injection {name} is not held")
        await entry.holding.end()
        self._tell(name, entry, "removed")
        return Answer(200, entry.holding.state())

    async def stop(self) -> Answer:
        """End all, and begin none for a minute."""
        self._stopped = self.clock() + STOPPED_SECS
        names = list(self._entries)
        for name in names:
            await self.delete(name)
        log.warning("all injections were stopped (%d)", len(names))
        return Answer(200, {"ended": len(names)})

    async def close(self) -> None:
        """End all, since this agent ends."""
        for name in list(self._entries):
            await self.delete(name)

    def _over(self, name: str, cause: str) -> None:
        if entry := self._bury(name):
            self._tell(name, entry, cause)

    def _tell(self, name: str, entry: _Entry, cause: str) -> None:
        log.info("injection %s into pod %s/%s has ended: %s", name, entry.asked.namespace, entry.asked.pod, cause)
        self.ended("networkDelay" if entry.asked.fault.network_delay else "cpuStress", cause)

    def _bury(self, name: str) -> _Entry | None:
        self._tombs[name] = self.clock()
        return self._entries.pop(name, None)

    def _buried(self, name: str, status: int, why: str) -> Answer:
        self._bury(name)
        return _no(status, why)

    def _buried_at(self, now: float) -> Mapping[str, float]:
        self._tombs = {name: at for name, at in self._tombs.items() if now - at < TOMBSTONE_SECS}
        return self._tombs


def _no(status: int, why: str) -> Answer:
    return Answer(status, {"error": why})
