"""One operator: the decisions of each PLC and each rollout, told what the store says, and what it wants carried out.

It stands in for the engine and keeps its promises: facts are asked for after what is published or news, a muster begins
each pass of a rollout, each resource has one request under way, and records are stored before what they are records of.
"""

import heapq
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Annotate, Commands, Emit, Publish, Request, Wake
from fabgitops_core.control.events import Annotated, AnnotateFailed, Due, Emitted, Event, Led, Mustered, News, Removed
from fabgitops_core.control.intake import declared
from fabgitops_core.control.members import Facts, Leading
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_core.control.plc.commands import DeviceRequest, Write
from fabgitops_core.control.plc.events import ReadDone, WriteWithdrawn
from fabgitops_core.control.plc.gate.words import wanted_by_git
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.setpoint.table import SetpointRolloutController

from .onlooker import Onlooker
from .plant import Device
from .store import Store, Stored

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MUSTER_SECS = 1.0
NEVER = float("inf")


class Killed(Exception):
    """The process ends in the middle of what it does."""


@dataclass
class Plant:
    """What outlives every process: time, devices, the store, and who looks on.

    `kill_in` counts down the requests after which the process is killed. `lossy` says that a status that nobody waits
    for is lost with its process, `refuses` that the API server takes no permit.
    """

    store: Store
    devices: dict[str, Device]
    onlooker: Onlooker
    clock: float = 0.0
    kill_in: int = -1
    lossy: bool = False
    refuses: bool = False

    @property
    def at(self) -> datetime:
        """Return the time of day."""
        return BEGIN + timedelta(seconds=self.clock)

    def hazard(self) -> None:
        """Let the process be killed if it is time."""
        self.kill_in -= 1
        if self.kill_in == 0:
            raise Killed


class Process:
    """One process, from its start to its end."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.plc, self.rollout = PlcController(), SetpointRolloutController()
        self.states: dict[str, Any] = {}
        self.leaders: dict[str, Any] = {}
        self.facts: dict[str, Facts] = {}
        self.told: dict[str, tuple[Leading, ...]] = {}
        self.places: dict[str, object] = {}
        self.unsaid: dict[str, tuple[Stored, ApiModel]] = {}
        self.heard: dict[str, tuple[str, str]] = {}
        self.mustered: dict[str, float] = {}
        self.due: dict[tuple[str, str], float] = {}
        self.queue: list[tuple[float, int, str, str]] = []
        self.number = count()

    def starts(self) -> None:
        """List everything, rollouts first, as an operator does."""
        for name in self.plant.store.rollouts:
            self.hears_rollout(name)
        for name in self.plant.store.plcs:
            self.hears_plc(name)

    # --- what it hears ---

    def hears_rollout(self, name: str) -> None:
        """Hear of a rollout as it stands, or that it is gone."""
        stored = self.plant.store.rollouts.get(name)
        if stored is None:
            if name in self.leaders:
                self.tell_rollout(name, Removed(self.plant.at))
                del self.leaders[name]
                self.tell_members()
            return
        self.leaders.setdefault(name, self.rollout.start(stored.key))
        self.tell_rollout(name, declared(stored.kind, stored.body(), self.plant.at))
        self.tell_members()
        self.wake("rollout", name, 0.0)

    def hears_plc(self, name: str) -> None:
        """Hear of a PLC as it stands."""
        stored = self.plant.store.plcs[name]
        self.states.setdefault(name, self.plc.start(stored.key))
        event = declared(stored.kind, stored.body(), self.plant.at)
        self.told[name] = self.led_by(name)
        self.tell_plc(name, replace(event, labels=stored.labels, led_by=self.told[name]))
        state = self.states[name]
        self.heard[name] = (stored.annotations.get(PERMIT, ""), wanted_by_git(state.git))

    def led_by(self, name: str) -> tuple[Leading, ...]:
        """Return who leads a PLC."""
        labels, found = self.plant.store.plcs[name].labels, []
        for leader, state in sorted(self.leaders.items()):
            selects = self.rollout.selects(state)
            if selects is not None and selects(labels):
                stored = self.plant.store.rollouts[leader]
                found.append(Leading(leader, stored.uid, self.rollout.place(state, name)))
        return tuple(found)

    def tell_members(self) -> None:
        """Tell each PLC who leads it, where that has changed."""
        for name in self.states:
            by = self.led_by(name)
            if by != self.told[name]:
                self.told[name] = by
                self.tell_plc(name, Led(self.plant.at, by))
        for leader in self.leaders:
            self.wake("rollout", leader, 0.0)

    # --- what it decides ---

    def tell_plc(self, name: str, event: Event) -> DeviceRequest | None:
        """Tell the decisions of a PLC, and carry out what needs no waiting."""
        self.states[name], commands = self.plc.step(self.states[name], event)
        request = self.carry_out("plc", name, commands)
        if isinstance(event, News) or any(isinstance(each, Publish) for each in commands):
            self.asks_facts(name)
        assert request is None or isinstance(request, DeviceRequest)
        return request

    def asks_facts(self, name: str) -> None:
        """Ask how a PLC stands, and let those who lead it know when that has changed."""
        found = self.plc.facts(self.states[name])
        if found is None or found._replace(labels=self.plant.store.plcs[name].labels) == self.facts.get(name):
            return
        self.facts[name] = found._replace(labels=self.plant.store.plcs[name].labels)
        for leader in self.leaders:
            last = self.mustered.get(leader, -MUSTER_SECS)
            self.wake("rollout", leader, max(0.0, last + MUSTER_SECS - self.plant.clock), sooner=True)

    def tell_rollout(self, name: str, event: Event) -> Request | None:
        """Tell the decisions of a rollout."""
        self.leaders[name], commands = self.rollout.step(self.leaders[name], event)
        request = self.carry_out("rollout", name, commands)
        places = self.rollout.places(self.leaders[name])
        if self.places.get(name) != places:
            self.places[name] = places
            self.tell_places()
        return request

    def tell_places(self) -> None:
        """Tell each PLC where it stands in the plan."""
        for plc in self.states:
            by = self.led_by(plc)
            if by != self.told.get(plc):
                self.told[plc] = by
                self.tell_plc(plc, Led(self.plant.at, by))

    def carry_out(self, kind: str, name: str, commands: Commands) -> Request | None:
        """Carry out what needs no waiting, and return what does."""
        request: Request | None = None
        for each in commands:
            if isinstance(each, Publish):
                stored = (self.plant.store.plcs if kind == "plc" else self.plant.store.rollouts).get(name)
                if stored is not None:
                    self.unsaid[f"{kind}/{name}"] = stored, each.status
                if not self.plant.lossy or each.before_write:
                    self.flush(f"{kind}/{name}")
            elif isinstance(each, Wake):
                self.wake(kind, name, each.after)
            elif isinstance(each, Emit):
                self.plant.onlooker.hears(each.happening)
                self.later_emitted(name, each.happening.id)
            elif isinstance(each, Request):
                assert request is None, "two requests at once"
                request = each
        return request

    def later_emitted(self, name: str, happening: str) -> None:
        """Let the bus have an event for good, in the next turn."""
        self.due["emitted", f"{name} {happening}"] = self.plant.clock
        heapq.heappush(self.queue, (self.plant.clock, next(self.number), "emitted", f"{name} {happening}"))

    def flush(self, which: str) -> None:
        """Store what was published last."""
        if which in self.unsaid:
            stored, status = self.unsaid.pop(which)
            stored.status = status

    def wake(self, kind: str, name: str, after: float | None, *, sooner: bool = False) -> None:
        """Look at a resource after so many seconds."""
        when = NEVER if after is None else self.plant.clock + after
        if sooner and self.due.get((kind, name), NEVER) <= when:
            return
        self.due[kind, name] = when
        if when < NEVER:
            heapq.heappush(self.queue, (when, next(self.number), kind, name))

    # --- what it does ---

    def runs(self, seconds: float) -> None:
        """Go on for so many seconds."""
        until = self.plant.clock + seconds
        while self.queue and self.queue[0][0] <= until:
            when, _, kind, name = heapq.heappop(self.queue)
            if self.due.get((kind, name)) != when:
                continue
            self.due.pop((kind, name))
            self.plant.clock = max(self.plant.clock, when)
            self.looks(kind, name)
        self.plant.clock = until
        for which in list(self.unsaid):
            self.flush(which)

    def looks(self, kind: str, name: str) -> None:
        """Go through a pass over a resource."""
        if kind == "emitted":
            leader, _, happening = name.partition(" ")
            if leader in self.leaders:
                self.tell_rollout(leader, Emitted(self.plant.at, happening))
        elif kind == "plc":
            self.polls(name)
        elif name in self.leaders:
            self.musters(name)

    def polls(self, name: str) -> None:
        """Look at a PLC, and correct it."""
        request = self.tell_plc(name, Due(self.plant.at, PASS))
        while request is not None:
            self.plant.hazard()
            request = self.tell_plc(name, self.performed(name, request))

    def performed(self, name: str, request: DeviceRequest) -> Event:
        """Carry out a request to a device."""
        if not isinstance(request, Write):
            event = self.plant.devices[name].answers(request, self.plant.at)
            if isinstance(event, ReadDone):
                words = dict(enumerate(event.values, event.plan.address))
                self.plant.onlooker.reads(name, words, self.heard[name][0])
            return event
        self.flush(f"plc/{name}")
        change, device = request.change, self.plant.devices[name]
        if not self.plc.still_wanted(self.states[name], change, self.plant.at, Outside()):
            hold = self.plc.why_held(self.states[name], change, self.plant.at, Outside())
            return WriteWithdrawn(self.plant.at, change, hold, recorded=True)
        permit, wanted = self.heard[name]
        stands = device.words[change.address]
        self.plant.onlooker.writes(name, change.address, change.values[0], stands, permit, wanted)
        event = device.answers(request, self.plant.at)
        if device.words[change.address] == change.values[0]:
            self.plant.onlooker.kept(name, change.address, change.values[0])
        self.plant.hazard()
        return event

    def musters(self, name: str) -> None:
        """Let a rollout look at its members, and carry out what it wants, one request after the other."""
        selects = self.rollout.selects(self.leaders[name])
        self.mustered[name] = self.plant.clock
        if selects is None:
            return
        members = {plc: facts for plc, facts in self.facts.items() if selects(facts.labels)}
        rivals = {
            plc: next(each.name for each in self.told[plc] if each.name != name)
            for plc in members
            if len(self.told[plc]) > 1
        }
        request = self.tell_rollout(name, Mustered(self.plant.at, members, rivals))
        while request is not None:
            assert isinstance(request, Annotate), request
            self.plant.hazard()
            request = self.tell_rollout(name, self.annotated(name, request))

    def annotated(self, name: str, request: Annotate) -> Event:
        """Give a permit; meanwhile the devices are looked at."""
        self.plant.clock += request.after
        if request.recorded:
            self.flush(f"rollout/{name}")
        stored = self.plant.store.plcs.get(request.key.name)
        if self.plant.refuses or stored is None or stored.uid != request.uid:
            kind = ObjectFailureKind.AWAY if self.plant.refuses else ObjectFailureKind.GONE
            return AnnotateFailed(self.plant.at, request.key, ObjectFailure(kind, "no"))
        given = {key: text for key, text in request.annotations.items() if text is not None}
        self.plant.onlooker.permits(request.key.name, given[PERMIT], self.plant.store.rollouts[name].status)
        stored.annotations = {**stored.annotations, **given}
        self.plant.hazard()
        self.hears_plc(request.key.name)
        return Annotated(self.plant.at, request.key)
