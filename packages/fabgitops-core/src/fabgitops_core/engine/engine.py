"""The engine: holds the state of every resource, and carries out what their controllers want done."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Request
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Contested, Declared, Event, Referenced, Removed, Used, fault_message
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.claims import Claim, Claims, claims_by_name, wishes_by_name
from fabgitops_core.control.plc.controller import DeviceController
from fabgitops_core.control.plc.rationing import UNLIMITED, Rates
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.asking import Asking
from fabgitops_core.engine.audits import Audits
from fabgitops_core.engine.beginning import Beginning
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.consulting import Consulting
from fabgitops_core.engine.device_requests import DeviceRequests
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.errands import Errands
from fabgitops_core.engine.families import Families
from fabgitops_core.engine.held import Held
from fabgitops_core.engine.holds import Holds
from fabgitops_core.engine.isolation import Isolation
from fabgitops_core.engine.leading import Leadership
from fabgitops_core.engine.listener import Listener
from fabgitops_core.engine.measuring import Measuring
from fabgitops_core.engine.neighbours import Neighbourhood
from fabgitops_core.engine.object_requests import ObjectRequests
from fabgitops_core.engine.opening import Opening
from fabgitops_core.engine.performing import Clearance, Performer, Performing
from fabgitops_core.engine.ports import Audit, Bus, Devices, Host, MetricSource, Objects, Observer, Secrets
from fabgitops_core.engine.rations import Rations
from fabgitops_core.engine.references import Reference, References
from fabgitops_core.engine.scheduler import Scheduler
from fabgitops_core.engine.shares import Shares
from fabgitops_core.engine.stirring import TOGETHER_SECS, Stirring
from fabgitops_core.engine.watching import Watching

Meter = TypeVar("Meter", float, str)
Metered = Iterator[tuple[Key, Mapping[str, Meter]]]
"""Of each resource what metrics show of its registers, by what they call the register."""

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """Polls and corrects every resource that is declared to it.

    `holds` say why nothing may be written, `families` are told of the objects that resources own or regard.

    Args:
        devices: Where connections come from.
        host: Where resources live.
        observer: Who listens.
        now: The time of day, for what people read; intervals are measured by the loop's clock.
        objects: Where the objects are kept that resources own, for kinds that own any.
        bus: Who is told what has happened, for kinds that tell.
        performers: By its type who carries out a request that a kind brings.
        audit: Who keeps a record of every write to a device, if anybody does.
        rates: How many writes go out in a time.
        metrics: Where metrics are that are kept elsewhere, for kinds that are judged by any.
        secrets: Where values are that are written and stand in no manifest, if there are any.
        clusterwide: The kinds whose objects are in no namespace.
    """

    def __init__(
        self,
        devices: Devices,
        host: Host,
        observer: Observer,
        now: Callable[[], datetime] = _utc_now,
        objects: Objects | None = None,
        bus: Bus | None = None,
        performers: Mapping[type[Request], Performer] = MappingProxyType({}),
        audit: Audit | None = None,
        rates: Rates = UNLIMITED,
        metrics: MetricSource | None = None,
        secrets: Secrets | None = None,
        clusterwide: Collection[str] = (),
    ) -> None:
        self._devices = devices
        self._host = host
        self._now = now
        self._entries: dict[Key, Entry] = {}
        self._references = References()
        self._claims = Claims()
        self._neighbourhood = Neighbourhood(self._entries, asyncio.get_running_loop().time)
        self._listener = Listener(observer)
        self._scheduler: Scheduler[Key] = Scheduler(self._pass)
        self._time = asyncio.get_running_loop().time
        self.circuits = Circuits(self._time)
        self._held = Held(self._time, self._why_held, self._look_again)
        self.holds = Holds(self._held.look)
        self._stirring = Stirring(self._entries, self._scheduler)
        self.families = Families(self._stirring.changed, self._stirring.complete)
        self._isolation = Isolation(
            host, self._listener, self._scheduler, self.holds, now, self._fallen, self._stepped, bus
        )
        self._shares = Shares(devices, self._isolation, self.circuits)
        self._consulting = Consulting(self._isolation, self._offer_of, self._reconsider, clusterwide)
        self._leading = Leadership(
            self._entries,
            self._isolation,
            partial(self._scheduler.wake, latest=True),
            self._time,
            now,
            self._consulting.offers,
            self._site,
            self._settle,
            self._held.look,
        )
        self._watching = Watching(self.families, self._isolation, objects)
        self._beginning = Beginning(
            self._isolation, self.circuits, self._neighbourhood, self._leading, self._watching, self._consulting, now
        )
        asking = Asking(self.circuits, self._listener.late, self._time)
        audits = None if audit is None else Audits(audit, now)
        rations = self._rations = Rations(rates, partial(self._wake, after=0.0)) if rates else None
        users, due, seen = self._shares.users, self._beginning.due, self._neighbourhood.of
        requests = DeviceRequests(
            host, asking, users, now, due, self.holds, self._held, seen, Opening(secrets), audits, rations
        )
        clearance = Clearance(self.holds, self._held, self._wake)
        own = requests.performers()
        self._measuring = Measuring(self._entries, self._leading.members, metrics, self._time, now, self._wake)
        own |= self._measuring.performers()
        if objects is not None:
            own |= ObjectRequests(objects, self.families, host, clearance, self._wake, now).performers()
        self._performing = Performing(own, performers, clearance)
        self._errands = Errands(self._tell, self._site, self._held.look)
        self.holds.ask_of_site("templates", self._errands.why_not, HoldReason.TEMPLATES)
        self.holds.ask_of_site("rollouts", self._leading.why_not, HoldReason.ROLLOUTS)

    def __len__(self) -> int:
        """Return how many resources are declared."""
        return len(self._entries)

    def keys(self) -> Iterable[Key]:
        """Return the keys of the declared resources."""
        return list(self._entries)

    def declare(self, key: Key, controller: Controller[Any], event: Declared[Any, Any]) -> None:
        """Take a resource as it stands now, whether new, changed or the same."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, controller, self.families)
            entry.said = event.status
        said = entry.said
        self._errands.drop(key)
        referrers = self._references.to(key)
        before = self._offer(entry) if referrers else None
        entry.revive()
        entry.generation = event.generation
        to = self._isolation.ask_of(entry, "reference", entry.referrer, lambda it: it.reference(event.spec), None)
        reference = self._refer(key, to)
        if reference is not None:
            event = replace(event, referenced=self._offered(reference, event.at))
        self._isolation.step(entry, self._leading.declares(entry, event))
        self._settle(entry)
        self._consulting.changed(key)
        if referrers:
            self._isolation.step(entry, Used(event.at, len(referrers)))
        if event.rival:
            entry.said = None  # nothing of ours is to stand there
        elif entry.said is said:
            self._isolation.ask(entry, "status", partial(self._isolation.put_right, entry, event.status), None)
        if referrers and self._offer(entry) != before:
            self._errands.add(referrers)

    def unreadable(
        self,
        key: Key,
        controller: Controller[Any],
        generation: int,
        error: Exception,
        status: ApiModel | None = None,
    ) -> None:
        """Take a resource whose declaration cannot be made out, by a fault of our own: nothing is in force for it.

        What can be read of the `status` that is stored with it goes on.
        """
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, controller, self.families)
            entry.said = status
        entry.generation = generation
        self._refer(key, None)
        self._isolation.strike(entry, "intake", error)

    def is_struck(self, key: Key) -> bool:
        """Return whether nothing of a resource is in force, by a fault of our own: to declare it again may end that."""
        entry = self._entries.get(key)
        return entry is None or entry.dead

    def remove(self, key: Key) -> None:
        """Forget a resource; its device is left as it is."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        entry.gone = True
        self._measuring.forget(entry)
        self._isolation.step(entry, Removed(self._now()))
        self._refer(key, None)
        self._settle(entry)
        self._errands.drop(key)
        self._wants_no_write(key)
        self._errands.add(self._references.to(key))
        self._leading.removed(entry)
        self._consulting.changed(key)
        self._scheduler.forget(key)
        self._listener.forgotten(key)

    def listed(self, kind: str, namespace: str | None) -> None:
        """Take it that all resources of a kind were declared once, in a namespace or (None) in all.

        Before that nobody who leads such resources looks at them: those that are not known yet would count for none.
        """
        self._leading.listed(kind, namespace)

    def readings(self) -> Metered[float]:
        """Yield the numbers last read of each resource, by what metrics call the register."""
        return self._metered(lambda it, state: it.readings(state))

    def targets(self) -> Metered[float]:
        """Yield the numbers that the registers of each resource must hold."""
        return self._metered(lambda it, state: it.targets(state))

    def units(self) -> Metered[str]:
        """Yield what the registers of each resource are counted in."""
        return self._metered(lambda it, state: it.units(state))

    def _metered(self, question: Callable[[DeviceController[Any], Any], Mapping[str, Meter]]) -> Metered[Meter]:
        for key, entry in list(self._entries.items()):
            if entry.at_device is not None:
                yield key, self._isolation.ask(entry, "readings", partial(question, entry.at_device, entry.state), {})

    async def stop(self, grace: float) -> None:
        """Begin no pass and no write any more; let writes in hand and their proofs end, at most `grace` seconds."""
        self.holds.put("stop", "the operator is being stopped", HoldReason.STOPPING)
        self._scheduler.stop()
        await self._errands.stop()
        await self._leading.stop()
        running = self._scheduler.running()
        finishing = [task for key, task in running.items() if self._entries[key].writing]
        for task in running.values():
            if task not in finishing:
                task.cancel()
        if finishing:
            log.info("finishing %d correction(s) in hand", len(finishing))
            await asyncio.wait(finishing, timeout=grace)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        await self._measuring.stop()
        await self._devices.close()

    # --- what belongs to a resource -----------------------------------------------------------------------------------

    def _settle(self, entry: Entry) -> None:
        """After a change: exchange its share of a connection, and tell everybody who wants what another wants."""
        self._shares.settle(entry)
        self._leading.settled(entry)
        self._watching.settle(entry)
        self._consulting.settle(entry)
        self._neighbourhood.point(entry.key, self._looked_at(entry))
        for key in self._claims.lay(entry.key, self._claimed(entry)):
            other = self._entries.get(key)
            if other is not None:
                self._isolation.step(other, Contested(self._now(), self._claims.rivals(key)))

    def _looked_at(self, entry: Entry) -> frozenset[str]:
        """Return whom a resource wants to know about."""
        nobody: frozenset[str] = frozenset()
        side = None if entry.gone else entry.at_device
        return self._isolation.ask_of(entry, "neighbours", side, lambda it: it.neighbours(entry.state), nobody)

    def _claimed(self, entry: Entry) -> frozenset[Claim]:
        """Return what a resource wants for itself alone."""
        if entry.gone:
            return frozenset()
        if entry.identified is None:
            mine: frozenset[Claim] = frozenset()
            return self._isolation.ask_of(entry, "claims", entry.at_device, lambda it: it.claims(entry.state), mine)
        if entry.dead and entry.modest is not None:
            return self._claims.of(entry.key)  # a fault of ours gives nobody what it has
        none: frozenset[str] = frozenset()
        names = self._isolation.ask_of(entry, "claims", entry.identified, lambda it: it.identities(entry.state), none)
        wishes = self._isolation.ask_of(entry, "claims", entry.modest, lambda it: it.wishes(entry.state), none)
        return claims_by_name(names) | wishes_by_name(wishes)

    def _refer(self, key: Key, to: Reference | None) -> Key | None:
        """Note what a resource refers to now, tell whom it is about of their number, and return its full name."""
        before = self._references.target(key)
        target = self._references.point(key, to)
        for each in {before, target} - {None} if before != target else ():
            used = self._entries.get(each) if each else None
            if used is not None:
                self._isolation.step(used, Used(self._now(), self._references.count(used.key)))
        return target

    def _offered(self, key: Key, at: datetime) -> Referenced:
        return Referenced(at, *self._offer_of(key))

    def _offer_of(self, key: Key) -> tuple[ApiModel | None, str]:
        entry = self._entries.get(key)
        return self._offer(entry) if entry else (None, "")

    def _offer(self, entry: Entry) -> tuple[ApiModel | None, str]:
        offer = self._isolation.ask_of(entry, "offer", entry.referent, lambda it: it.offer(entry.state), None)
        return offer or (None, fault_message(entry.fault))

    def _tell(self, key: Key) -> None:
        """Tell a resource how the one that it refers to stands now."""
        entry, target = self._entries.get(key), self._references.target(key)
        if entry is not None and target is not None:
            entry.revive()
            self._isolation.step(entry, self._offered(target, self._now()))
            self._settle(entry)
            self._leading.revived(entry)

    def _fallen(self, entry: Entry) -> None:
        """Let a resource of which nothing is in force any more give up device and claims, and tell who refers to it."""
        self._settle(entry)
        self._errands.add(self._references.to(entry.key))
        self._leading.look(entry)
        self._consulting.changed(entry.key)

    def _reconsider(self, key: Key) -> None:
        """Let a resource be looked at that consults one which offers something else now."""
        entry = self._entries.get(key)
        if entry is not None and entry.leader is not None:
            self._leading.reconsider(entry)
        else:
            self._stirring.changed(key)

    def _stepped(self, entry: Entry) -> None:
        self._leading.stepped(entry)

    def _site(self, key: Key) -> Endpoint | None:
        """Return where a declared resource wants to write."""
        entry = self._entries[key]
        target = self._isolation.ask_of(entry, "target", entry.at_device, lambda it: it.target(entry.state), None)
        return target.site if target else None

    def _why_held(self, key: Key) -> str:
        """Return what speaks now against the write of a resource that was held."""
        entry = self._entries[key]
        return self.holds.why_not(entry.endpoint) if entry.endpoint or entry.at_device is None else ""

    def _look_again(self, key: Key) -> None:
        self._scheduler.wake(key, 0.0, spread=TOGETHER_SECS)

    def _wake(self, key: Key, after: float) -> None:
        if key in self._entries:
            self._scheduler.wake(key, after)

    # --- one pass -----------------------------------------------------------------------------------------------------

    async def _pass(self, key: Key) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.dead:
            return
        began, faults = self._time(), entry.faults
        event: Event | None = await self._beginning.begin(entry)
        if event is None and entry.faults == faults:
            return
        entry.due, entry.held = self._scheduler.due(key), False
        try:
            while event is not None and not entry.gone:  # its key may be another's by now
                request = self._isolation.step(entry, event)
                event = None if request is None else await self._performing.perform(entry, request)
        except Exception as error:  # noqa: BLE001 - logged there
            self._isolation.strike(entry, "request", error)
        finally:
            entry.writing = False
        if entry.identified is not None and not entry.gone:
            self._settle(entry)
        if not entry.held and not entry.gone:
            self._wants_no_write(key)
        if faults:
            entry.passed(faults)
            self._leading.look(entry)
        self._neighbourhood.ended(entry, began)
        if entry.news and not entry.gone:
            self._scheduler.wake(key, self._leading.again(entry))  # whatever its controller thought before it knew
        elif (secs := self._watching.again(entry)) is not None and not entry.gone:
            self._scheduler.wake(key, secs, latest=True)
        self._listener.passed(key, self._time() - began)

    def _wants_no_write(self, key: Key) -> None:
        """Let nobody wait for the write of a resource."""
        self._held.drop(key)
        if self._rations is not None:
            self._rations.leave(key)
