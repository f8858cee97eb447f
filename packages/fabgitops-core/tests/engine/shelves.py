"""A kind that owns objects: a shelf wants so many boxes, makes those that are missing, and deletes those beyond."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fabgitops_core.api.argo.kinds import CLUSTER_TEMPLATE
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, ApiModel, Key
from fabgitops_core.control.commands import Apply, Commands, Delete, Emit, Publish, Request, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Declared,
    Deleted,
    DeleteFailed,
    Emitted,
    Event,
    Faulted,
    Surveyed,
)
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.intake import declared
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind, Watched
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.bus import FakeBus
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch

LABEL = "fabgitops.io/shelf"
START = datetime(2026, 1, 1, tzinfo=UTC)


class ShelfSpec(ApiModel):
    """How many boxes there must be."""

    boxes: int


class ShelfStatus(ApiModel):
    """How many there are, what is being deleted, what has been told, and what went wrong last."""

    boxes: int = 0
    deleting: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    problem: str = ""


class BoxSpec(ApiModel):
    """Where a box stands."""

    place: int
    label: str = ""


SHELF = Kind("Shelf", "shelves", "shelf", (), "A shelf.", ShelfSpec, ShelfStatus, ())
BOX = Kind("Box", "boxes", "box", (), "A box.", BoxSpec, ShelfStatus, ())


def seen(body: Mapping[str, Any]) -> Child:
    """Return a record of a box; one at no place cannot be read."""
    metadata, place = body["metadata"], body["spec"]["place"]
    owners = [each["uid"] for each in metadata.get("ownerReferences", ()) if each.get("controller")]
    return Child(
        Key("Box", metadata["namespace"], metadata["name"]),
        metadata["uid"],
        int(metadata["resourceVersion"]),
        owner="".join(owners),
        digest=b"%d" % place,
        leaving="deletionTimestamp" in metadata,
    )


WATCHED = Watched(BOX, LABEL, "Shelf", seen)


@dataclass(frozen=True, slots=True)
class Shake(Request):
    """A request of the kind's own."""


@dataclass(frozen=True, slots=True)
class Shaken(Event):
    """What comes of it."""

    at: datetime
    why_not: str


class ShelfState(NamedTuple):
    """What a shelf knows."""

    key: Key
    spec: ShelfSpec | None = None
    uid: str = ""
    todo: tuple[Request, ...] = ()
    status: ShelfStatus = ShelfStatus()
    asked: Apply | None = None
    failures: tuple[ObjectFailure, ...] = ()


class ShelfController:
    """The decisions of a shelf; `also` is asked for at the end of each pass, `waits` is its last word after one."""

    kind = SHELF

    def __init__(self, also: tuple[Request, ...] = (), waits: Commands = ()) -> None:
        self.also = also
        self.waits = waits

    def owns(self) -> tuple[Watched, ...]:
        """Return that it owns boxes."""
        return (WATCHED,)

    def start(self, key: Key) -> ShelfState:
        """Return that nothing is known."""
        return ShelfState(key)

    def step(self, state: ShelfState, event: Event) -> tuple[ShelfState, Commands]:
        """Do what is to be done."""
        if isinstance(event, Declared):
            return state._replace(spec=event.spec, uid=event.uid), (Wake(0),)
        if isinstance(event, Surveyed):
            return self._planned(state, event)
        if isinstance(event, Emitted):
            told = f"{event.id}: {event.refused}" if event.refused else event.id
            status = state.status.model_copy(update={"told": (*state.status.told, told)})
            return state._replace(status=status), (Publish(status),)
        if isinstance(event, Applied) and event.created:
            happening = Happening(f"{event.child.uid}/created", "io.example.box.created", "/", "", event.at, "plant/a")
            return self._next(state, Emit(happening), Publish(state.status))
        if isinstance(event, ApplyFailed | DeleteFailed):
            failed = state._replace(failures=(*state.failures, event.failure), todo=())
            held = event.failure.kind is ObjectFailureKind.HELD  # then the engine wakes it
            return self._next(failed, *(() if held else (Wake(5),)))
        if isinstance(event, Applied | Deleted | Shaken):
            return self._next(state)
        if isinstance(event, Faulted):
            return state._replace(todo=()), (Publish(ShelfStatus(problem=event.cause)),)
        return state, ()

    def _planned(self, state: ShelfState, event: Surveyed) -> tuple[ShelfState, Commands]:
        wanted = range(state.spec.boxes if state.spec else 0)
        names = {Key("Box", state.key.namespace, f"{state.key.name}-{place}"): place for place in wanted}
        todo: list[Request] = []
        for key, place in names.items():
            child = event.children.get(key)
            if child is None or (child.digest != b"%d" % place and not child.leaving):
                todo.append(Apply(body(state.key, state.uid, place), uid=child.uid if child else ""))
        beyond = [child for key, child in event.children.items() if key not in names and not child.leaving]
        todo += [Delete(child.key, child.uid, version=child.version) for child in beyond]
        deleting = tuple(child.key.name for child in beyond)
        status = state.status.model_copy(update={"boxes": len(event.children), "deleting": deleting})
        return self._next(state._replace(todo=(*todo, *self.also), status=status), Publish(status))

    def _next(self, state: ShelfState, *first: Any) -> tuple[ShelfState, Commands]:
        if not state.todo:
            return state, (*first, *self.waits)
        return self._asking(state._replace(todo=state.todo[1:]), state.todo[0], *first)

    def _asking(self, state: ShelfState, request: Request, *first: Any) -> tuple[ShelfState, Commands]:
        asked = request if isinstance(request, Apply) else None
        return state._replace(asked=asked), (*first, request)


class Heedless(ShelfController):
    """One that takes back what somebody changed, and what is its own though it did not know; it is never put off."""

    def step(self, state: ShelfState, event: Event) -> tuple[ShelfState, Commands]:
        """Do what is to be done."""
        if isinstance(event, ApplyFailed) and state.asked is not None:
            failure, asked = event.failure, state.asked
            ours = failure.stands is not None and failure.stands.owner == state.uid
            if failure.kind is ObjectFailureKind.CONFLICT:
                return self._asking(state, replace(asked, force=True))
            if failure.kind is ObjectFailureKind.TAKEN and failure.stands is not None and ours:
                return self._asking(state, replace(asked, uid=failure.stands.uid, force=True))
        return super().step(state, event)


def body(shelf: Key, uid: str, place: int) -> dict[str, Any]:
    """Return a box as a shelf wants it."""
    owner = {"apiVersion": API_VERSION, "kind": "Shelf", "name": shelf.name, "uid": uid, "controller": True}
    about = {"namespace": shelf.namespace, "name": f"{shelf.name}-{place}", "labels": {LABEL: shelf.name}}
    metadata = {**about, "ownerReferences": [owner]}
    return {"apiVersion": API_VERSION, "kind": "Box", "metadata": metadata, "spec": {"place": place}}


class Shelves:
    """An engine with shelves, before an API server in memory; its watch is `listed` unless a test begins without."""

    kinds: tuple[Kind, ...] = (SHELF, BOX)

    def __init__(self) -> None:
        self.time = asyncio.get_running_loop().time
        self.api = FakeApiServer(self.kinds, self.now)
        self.objects = FakeObjects(self.api)
        self.bus = FakeBus()
        self.host = FakeHost()
        self.observer = FakeObserver()
        self.shaken: list[Key] = []
        self.begin()
        self.watch = FakeWatch(self.api, self.engine.families, WATCHED)
        self.controller = ShelfController()

    def begin(self) -> None:
        """Begin an engine, as a process does."""
        self.engine = Engine(
            FakeDevices(),
            self.host,
            self.observer,
            self.now,
            self.objects,
            self.bus,
            {Shake: self.shake},
            clusterwide=[CLUSTER_TEMPLATE.name],
        )

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    async def shake(self, key: Key, request: Shake, why_not: Callable[[], str]) -> Event:
        """Carry out the request of the kind's own."""
        del request
        why = why_not()
        if not why:
            self.shaken.append(key)
        return Shaken(self.now(), why)

    def declare(self, boxes: int, name: str = "a", namespace: str = "plant") -> Key:
        """Declare a shelf, new or changed."""
        key = Key("Shelf", namespace, name)
        if key in self.api:
            self.api.edit(key, {"spec": {"boxes": boxes}})
        else:
            metadata = {"name": name, "namespace": namespace}
            self.api.create(
                {"apiVersion": API_VERSION, "kind": "Shelf", "metadata": metadata, "spec": {"boxes": boxes}}
            )
        self.engine.declare(key, self.controller, self.declared(key))
        return key

    def declared(self, key: Key) -> Declared[Any, Any]:
        """Return what a shelf declares as it stands."""
        return declared(SHELF, self.api[key], self.now())

    def boxes(self) -> list[str]:
        """Return the names of the boxes that are there."""
        return [key.name for key in self.api.keys("Box")]

    def sent(self) -> list[str]:
        """Return what was sent, in order."""
        return [f"{what} {key.name}" for what, key in self.objects.requests]

    def failures(self, key: Key) -> list[ObjectFailure]:
        """Return what a shelf was told of failures."""
        told = [event for each, event in self.observer.events if each == key]
        return [event.failure for event in told if isinstance(event, ApplyFailed | DeleteFailed)]

    def passes(self, key: Key) -> int:
        """Return how many passes of a shelf have begun."""
        return sum(each == key and isinstance(event, Surveyed) for each, event in self.observer.events)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true; the test's time limit ends what never is."""
        while not true():
            await asyncio.sleep(0)

    async def rest(self, seconds: float = 3.0) -> None:
        """Let time pass, as much as it takes for all that is to happen at once."""
        await asyncio.sleep(seconds)
