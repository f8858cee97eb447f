"""The injections of a node: begun once, held while they are renewed in time, ended for good.

What is to be done with a request the book says (`fabgitops_core.control.chaos.ledger`), which the adversary of core
plays against; here it is done.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from fabgitops_core.control.chaos import ledger
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRenew, Lease, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.ledger import Kept, Ledger

from fabgitops_operator.agent.asked import Inject, Renew
from fabgitops_operator.agent.targets import NoSuchPodError, TargetError

log = logging.getLogger(__name__)
_WHY = {
    HTTPStatus.NOT_FOUND: "injection {name} is not held",
    HTTPStatus.CONFLICT: "injection {name} is another one, or its pod has one already, or one that is being ended",
    HTTPStatus.GONE: "injection {name} has ended, and does not begin again",
    HTTPStatus.PRECONDITION_FAILED: "this came too late, is for too late, or for another start of this agent",
    HTTPStatus.LOCKED: "all injections were stopped, and this was asked for before that",
    HTTPStatus.TOO_MANY_REQUESTS: "this agent holds as many injections as it may",
}


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
class _Held:
    asked: Inject
    holding: Holding | None = None
    ending: str = ""
    """Why it is being ended, if it is; it is held until its holder is gone."""


@dataclass(slots=True)
class Injections:
    """All injections of one start of an agent. `clock` gives seconds from any beginning and never goes back.

    Requests about one injection come one after the other: who calls sees to that.
    """

    holders: Holders
    clock: Callable[[], float]
    instance: str
    most: int
    cap_secs: int
    ended: Callable[[str, str], None] = lambda fault, cause: None
    _book: Ledger = field(init=False)
    _held: dict[str, _Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin an empty book."""
        self._book = Ledger(self.instance, most=self.most)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._held)

    def listed(self) -> list[Mapping[str, Any]]:
        """Return what is held, and in which pod."""
        return [
            {"id": name, "namespace": each.asked.namespace, "pod": each.asked.pod, "uid": each.asked.uid}
            | dict(each.holding.state() if each.holding else {})
            for name, each in self._held.items()
        ]

    async def put(self, name: str, asked: Inject) -> Answer:
        """Begin an injection, or say that it has begun.

        200: it is held, also when it was before. 404: the pod is not here. 409: another one of that name, or in that
        pod, is held. 410: it has ended. 412: this comes too late. 422: it cannot be. 423: all was stopped. 429: there
        are too many.
        """
        if asked.cap_secs > self.cap_secs:
            return _no(422, f"capSecs {asked.cap_secs} is more than this agent's {self.cap_secs}")
        kept = ledger.inject(self._book, _deed(name, asked), self.clock())
        if kept[1].status is HTTPStatus.OK and (taken := self._taken(name, asked.uid)):
            return _refused(name, taken)
        if (status := self._kept(kept)) is not HTTPStatus.OK:
            return _refused(name, status)
        if (there := self._held.get(name)) and there.holding:
            return Answer(200, there.holding.state())
        return await self._begun(name, asked)

    def _taken(self, name: str, uid: str) -> HTTPStatus | None:
        """Return why holders that are there leave no place for one: some are there after the book has them ended."""
        others = [each.asked.uid for other, each in self._held.items() if other != name]
        if uid in others:
            return HTTPStatus.CONFLICT
        return HTTPStatus.TOO_MANY_REQUESTS if len(others) >= self.most else None

    async def _begun(self, name: str, asked: Inject) -> Answer:
        held = self._held[name] = _Held(asked)
        try:
            holding = await self.holders.begin(name, asked, lambda cause: self._over(name, cause))
        except NoSuchPodError as error:
            return self._given_up(name, 404, str(error))
        except (TargetError, CannotHoldError) as error:
            return self._given_up(name, 422, str(error))
        held.holding = holding
        if held.ending or self._held.get(name) is not held:  # over, or stopped, before it was told to have begun
            await self._gone(name, held, holding)
            return _refused(name, HTTPStatus.GONE)
        log.info("injection %s into pod %s/%s is held", name, asked.namespace, asked.pod)
        return Answer(200, holding.state())

    def renew(self, name: str, asked: Renew) -> Answer:
        """Lengthen an injection by its lease. 404, 410: it is not held, and is not begun. 412: this comes too late."""
        held = self._held.get(name)
        lease = Lease(asked.instance, asked.not_after, held.asked.lease_secs if held else 0, self.cap_secs)
        status = self._kept(ledger.renew(self._book, AgentRenew(_spot(name), lease), self.clock()))
        if status is not HTTPStatus.OK or not held or not held.holding:
            return _refused(name, HTTPStatus.NOT_FOUND if status is HTTPStatus.OK else status)
        held.holding.hold(held.asked.lease_secs)
        return Answer(200, held.holding.state())

    async def delete(self, name: str) -> Answer:
        """End an injection, and wait until it is gone. 404: it is not held. Either way it never begins again."""
        self._kept(ledger.remove(self._book, InjectionId(name), self.clock()))
        return await self._end(name, "removed")

    async def _end(self, name: str, cause: str) -> Answer:
        if not (held := self._held.get(name)):
            return _refused(name, HTTPStatus.NOT_FOUND)
        held.ending = held.ending or cause
        if not held.holding:  # it is only beginning, and ends as soon as it has begun
            return _refused(name, HTTPStatus.NOT_FOUND)
        await self._gone(name, held, held.holding)
        return Answer(200, held.holding.state())

    async def _gone(self, name: str, held: _Held, holding: Holding) -> None:
        """End a holder, and take it out only when it is gone: until then its pod has no place for another."""
        await holding.end()
        self._over(name, held.ending)

    async def stop(self) -> Answer:
        """End all at once, and begin nothing that was asked for before: no holder waits for one that does not hear."""
        self._kept(ledger.stop(self._book, self.clock()))
        names = list(self._held)
        await asyncio.gather(*(self._end(name, "stopped") for name in names))
        log.warning("all injections were stopped (%d)", len(names))
        return Answer(200, {"ended": len(names)})

    async def close(self) -> None:
        """End all at once, since this agent ends."""
        await asyncio.gather(*map(self.delete, self._held))

    def _kept(self, kept: Kept) -> HTTPStatus:
        self._book, reply = kept
        return reply.status

    def _over(self, name: str, cause: str) -> None:
        """Note that one has ended by itself."""
        self._kept(ledger.remove(self._book, InjectionId(name), self.clock()))
        if held := self._held.pop(name, None):
            self._tell(name, held, held.ending or cause)

    def _given_up(self, name: str, status: int, why: str) -> Answer:
        self._kept(ledger.remove(self._book, InjectionId(name), self.clock()))
        self._held.pop(name, None)
        return _no(status, why)

    def _tell(self, name: str, held: _Held, cause: str) -> None:
        log.info("injection %s into pod %s/%s has ended: %s", name, held.asked.namespace, held.asked.pod, cause)
        self.ended("networkDelay" if held.asked.fault.network_delay else "cpuStress", cause)


def _spot(name: str, asked: Inject | None = None) -> Spot:
    pod = (asked.namespace, asked.pod, asked.uid) if asked else ("", "", "")
    return Spot(pod[0], pod[1], TargetUid(pod[2]), NodeName(""), InjectionId(name))


def _deed(name: str, asked: Inject) -> AgentInject:
    lease = Lease(asked.instance, asked.not_after, asked.lease_secs, asked.cap_secs)
    return AgentInject(_spot(name, asked), {"asked": asked.fault.model_dump_json()}, lease)


def _refused(name: str, status: HTTPStatus) -> Answer:
    return _no(status, _WHY[status].format(name=name))


def _no(status: int, why: str) -> Answer:
    return Answer(int(status), {"error": why})
