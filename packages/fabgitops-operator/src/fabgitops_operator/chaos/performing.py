"""Carries out what the decisions of chaos experiments ask for: one request, answered within a few seconds.

Nothing is begun before its record is stored, nor while the operator may change nothing; nothing is renewed then
either, so it ends by itself. To end something is always allowed.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from fabgitops_core.api.chaos.marks import CHAOS, PROTECTED
from fabgitops_core.api.chaos.probes import Probe
from fabgitops_core.api.chaos.scenarios import CONTROL_PORT
from fabgitops_core.api.chaos.target import Target, TargetKind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.deeds import (
    AgentInject,
    Deed,
    Delete,
    Evict,
    Leased,
    Mock,
    MockFault,
    MockSet,
    Renewal,
    Spot,
)
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Released, Selected, Unrecorded
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place
from fabgitops_core.control.chaos.requests import Act, Examine, Hold, Look, Release, Select
from fabgitops_core.control.chaos.selecting import Candidate, real_allowed
from fabgitops_core.control.commands import Request
from fabgitops_core.engine.performing import Performer, WhyNot
from fabgitops_core.engine.ports import Host, Stored

from fabgitops_operator.chaos.allowing import Allowing, Permits, Stop
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.claims import Claims

ROUND_SECS = 5.0
"""How long a round of requests takes at most: what has not answered by then is not known."""
RECORD_SECS = 5.0
_CHANGES = (Leased, Renewal, Evict, Delete)
"""What is not done while the operator may change nothing; to end something is none of them."""
NOT_STORED = "the record could not be stored"
Asked = TypeVar("Asked")
Told = TypeVar("Told")
log = logging.getLogger(__name__)


class World(Permits, Protocol):
    """Where experiments and their targets are kept. Each may raise AwayError."""

    async def candidates(self, namespace: str, target: Target) -> tuple[Candidate, ...]:
        """Return what a target's selector matches."""

    async def operator(self, namespace: str) -> Candidate:
        """Return the pod of the operator that looks after the PLCs of a namespace."""

    async def hold(self, key: Key) -> None:
        """Put the finalizer on an experiment."""

    async def release(self, key: Key) -> None:
        """Take the finalizer off an experiment; one that is gone is no error."""

    async def kill(self, deed: Evict | Delete) -> Outcome:
        """Evict or delete the pod of this uid, and no other."""


class Places(Protocol):
    """Those who hold injections in pods: agents."""

    async def place(self, deed: Deed) -> Place:
        """Return what can be done there, and by which clock."""

    async def do(self, deed: Deed) -> Outcome:
        """Have something done."""


class Probes(Protocol):
    """What answers probes."""

    async def ask(self, probe: Probe, namespace: str) -> Answer:
        """Return whether it holds."""


class Performing:
    """Performs the requests of all experiments.

    Args:
        host: Where statuses are stored.
        world: Where experiments and targets are kept.
        agents: Who holds injections in pods.
        mocks: Who holds faults of mock PLCs.
        probes: Who answers probes.
        now: The time of day.
        clock: Seconds that never go back.
        stop: Ends whatever is injected in pods: asked for once, when a policy is seen to allow nothing any more.
    """

    def __init__(
        self,
        host: Host,
        world: World,
        agents: Places,
        mocks: Places,
        probes: Probes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        stop: Stop | None = None,
    ) -> None:
        self._host, self._world, self._agents, self._mocks, self._probes = host, world, agents, mocks, probes
        self._now = now
        self._allowing = Allowing(world, stop)
        self._claims, self._clock = Claims(clock), clock

    def performers(self) -> Mapping[type[Request], Performer]:
        """Return who carries out which request."""
        return {
            Look: self._look,
            Hold: self._hold,
            Release: self._release,
            Select: self._select,
            Examine: self._examine,
            Act: self._act,
        }

    async def _look(self, key: Key, request: Look, _why_not: WhyNot) -> Looked:
        self._claims.heard(key)
        facts = await self._allowing.now(request.namespace)
        return Looked(self._now(), facts, ticks=self._clock())

    async def _hold(self, key: Key, _request: Hold, _why_not: WhyNot) -> Held:
        return Held(self._now(), await _why(self._world.hold(key)))

    async def _release(self, key: Key, _request: Release, _why_not: WhyNot) -> Released:
        if await self._host.stored(key, RECORD_SECS) is Stored.AWAY:
            return Released(self._now(), NOT_STORED)
        self._claims.drop(key)
        return Released(self._now(), await _why(self._world.release(key)))

    async def _select(self, _key: Key, request: Select, _why_not: WhyNot) -> Selected:
        facts = await self._allowing.freshly(request.namespace)
        try:
            found = await self._found(request, facts)
        except AwayError as error:
            return Selected(self._now(), facts, why=str(error))
        return Selected(self._now(), facts, found)

    async def _found(self, request: Select, facts: Facts) -> tuple[Candidate, ...]:
        if request.target is None:
            return (await self._world.operator(request.namespace),)
        found = await self._world.candidates(request.namespace, request.target)
        if not request.told_apart or request.target.kind is not TargetKind.PLCS or not found:
            return found
        told = await self._told_apart(found, facts)
        operator = await self._world.operator(request.namespace)
        return tuple(_through(operator, each) for each in told)

    async def _told_apart(self, found: tuple[Candidate, ...], facts: Facts) -> tuple[Candidate, ...]:
        """Say of each PLC whether it is real: one that may be hit all the same is not asked, and counts as real."""
        allowed = {each.uid for each in found if facts.policy and real_allowed(each, facts.policy)}
        asked = [_proof(each) for each in found if each.uid not in allowed]
        mocks = {deed.spot.uid for deed, place in await _all(asked, self._mocks.place) if not place.why}
        return tuple(replace(each, real=each.uid not in mocks) for each in found)

    async def _examine(self, key: Key, request: Examine, _why_not: WhyNot) -> Examined:
        facts = await self._allowed(request, key)
        places = _each(await _all(_shared(request.deeds), self._place))
        if request.again is None:
            return Examined(self._now(), facts, places, ticks=self._clock())
        try:
            return Examined(self._now(), facts, places, await self._found(request.again, facts))
        except AwayError as error:
            return Examined(self._now(), facts, places, why=str(error))

    async def _allowed(self, request: Examine, key: Key) -> Facts:
        """Return what is allowed: to what is to begin nothing, while nobody answers."""
        namespace = _where(request.deeds, key)
        return await (self._allowing.now(namespace) if request.again is None else self._allowing.freshly(namespace))

    async def _place(self, asked: tuple[Deed, tuple[Spot, ...]]) -> Place:
        deed, _ = asked
        if isinstance(deed, Evict | Delete):
            return Place()
        return await self._of(deed).place(deed)

    async def _act(self, key: Key, request: Act, why_not: WhyNot) -> Acted | Unrecorded:
        held = why_not() if any(isinstance(deed, _CHANGES) for deed in request.deeds) else ""
        if request.recorded and (why := held or await self._unclaimed(key, request) or why_not()):
            self._claims.drop(key)
            return Unrecorded(self._now(), why)
        wanted = [deed for deed in request.deeds if not (held and isinstance(deed, _CHANGES))]
        namespace = request.namespace or key.namespace
        outcomes, answers = await asyncio.gather(
            _all(_shared(wanted), self._do), _all(request.probes, lambda probe: self._probes.ask(probe, namespace))
        )
        return Acted(self._now(), _each(outcomes), tuple(answer for _, answer in answers), self._clock())

    async def _unclaimed(self, key: Key, request: Act) -> str:
        """Return why targets cannot be had: somebody else has one or too many, or the record is not stored."""
        taken = self._claims.take(key, (deed.spot for deed in request.deeds), request.caps)
        return taken or await self._unstored(key)

    async def _unstored(self, key: Key) -> str:
        return "" if await self._host.stored(key, RECORD_SECS) is Stored.YES else NOT_STORED

    async def _do(self, asked: tuple[Deed, tuple[Spot, ...]]) -> Outcome:
        deed, _ = asked
        if isinstance(deed, Evict | Delete):
            return await self._world.kill(deed)
        return await self._of(deed).do(deed)

    def _of(self, deed: Deed) -> Places:
        mock = getattr(deed, "mock", None)
        return self._mocks if isinstance(deed, MockFault | MockSet) or isinstance(mock, Mock) else self._agents


def _proof(plc: Candidate) -> Deed:
    """Return what only a mock could do, to ask whether a PLC is one; it is never carried out."""
    spot = Spot(plc.namespace, plc.name, plc.uid, plc.node, InjectionId(""))
    return MockFault(spot, mock=Mock(CONTROL_PORT))


def _through(operator: Candidate, plc: Candidate) -> Candidate:
    """Return a PLC that packets are late to which leave the operator's pod: what speaks against that one does here."""
    protected = {CHAOS: PROTECTED} if operator.labels.get(CHAOS) == PROTECTED else {}
    return replace(
        plc,
        node=operator.node,
        place=operator.uid,
        labels={**plc.labels, **protected},
        ready=plc.ready and operator.ready,
        deleting=plc.deleting or operator.deleting,
        host_network=operator.host_network,
        claimed_by=plc.claimed_by or operator.claimed_by,
        moved_by=plc.moved_by or operator.moved_by,
    )


def _shared(deeds: Iterable[Deed]) -> list[tuple[Deed, tuple[Spot, ...]]]:
    """Return what is asked for once, and of which targets: an injection that several share is one."""
    by_name: dict[object, list[Deed]] = {}
    for place, deed in enumerate(deeds):
        by_name.setdefault(deed.spot.id or place, []).append(deed)
    return [(_one(same), tuple(deed.spot for deed in same)) for same in by_name.values()]


def _one(same: Sequence[Deed]) -> Deed:
    first, *others = same
    return replace(first, beside=tuple(each.spot for each in others)) if isinstance(first, AgentInject) else first


def _each(told: Iterable[tuple[tuple[Deed, tuple[Spot, ...]], Told]]) -> dict[TargetUid, Told]:
    """Return what was told, by each target that it is of."""
    return {spot.uid: answer for (_, spots), answer in told for spot in spots}


def _where(deeds: Sequence[Deed], key: Key) -> str:
    """Return the namespace of the targets."""
    return deeds[0].spot.namespace if deeds else key.namespace


async def _why(doing: Awaitable[None]) -> str:
    """Return why something was not done, or nothing."""
    try:
        await doing
    except AwayError as error:
        return str(error)
    return ""


async def _all(things: Iterable[Asked], ask: Callable[[Asked], Awaitable[Told]]) -> list[tuple[Asked, Told]]:
    """Ask all at once, and return what was answered within a round; a fault of ours in one is none of the others'."""
    asking = [(each, asyncio.ensure_future(ask(each))) for each in things]
    if not asking:
        return []
    _, late = await asyncio.wait([task for _, task in asking], timeout=ROUND_SECS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for _, task in asking:
        if not task.cancelled() and (error := task.exception()):
            log.error("a fault of its own, in a request of an experiment", exc_info=error)
    return [(each, task.result()) for each, task in asking if not task.cancelled() and not task.exception()]
