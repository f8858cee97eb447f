"""A Rack, its controller, and a small API server: stepped by hand, so that a test can strike between any two steps."""

from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK, RACK_NODE, RACK_TEMPLATE
from fabgitops_core.api.rack.rackstatus import RackStatus
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer, RackTemplateSpec
from fabgitops_core.control.commands import Apply, Command, Delete, Emit, Notice, Publish, Request, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Deleted,
    DeleteFailed,
    Emitted,
    Event,
    Referenced,
    Removed,
    Surveyed,
    SyncRequest,
)
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.intake import declared
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rack.kinds import PARTS
from fabgitops_core.control.rack.records import watched
from fabgitops_core.control.rack.state import RackState
from fabgitops_core.control.rack.table import RackController
from fabgitops_core.engine.families import Families, owner_of
from fabgitops_core.engine.object_errors import Gone, ObjectError, Taken
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACE = "floor"
NAMES = {kind.name: kind for kind in PARTS}
SHAPE = {"chassis": 2, "blades": 4, "nodes": 2, "mode": "shared"}
COUNTED = (CHASSIS.name, BLADE.name, BMC.name, RACK_NODE.name)

T = TypeVar("T")


def key(kind: str, name: str) -> Key:
    """Return the full name of an object of the floor."""
    return Key(kind, NAMESPACE, name)


def template(chassis: int = 2, blades: int = 4, nodes: int = 2, mode: str = "shared", **more: Any) -> RackTemplateSpec:
    """Return the spec of a RackTemplate."""
    blade = {"nodeCount": nodes, "bmcMode": mode}
    config = {"bladeCount": blades, "bladeConfig": blade}
    return RackTemplateSpec.model_validate({"chassisCount": chassis, "chassisConfig": config, **more})


def _ran(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end what waits for nothing but its turn."""
    try:
        while True:
            work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result


class World:
    """One Rack that is looked after.

    `events` are told before anything else, `bus` takes what it is told unless it is `bus_away`. `published` are the
    statuses that were made known, of which the API server stores the last when `store` is called, or a deletion needs
    it. `steps` counts requests; `stop_after` of them the process is killed in its tracks (`Killed`).
    """

    def __init__(self, name: str = "rack-01", *, lagging: bool = False) -> None:
        self.at = START
        self.api = FakeApiServer((RACK, RACK_TEMPLATE, *PARTS), lambda: self.at)
        self.objects = FakeObjects(self.api)
        self.key = key(RACK.name, name)
        self.offer: RackTemplateOffer | None = None
        self.problem = ""
        self.taken: list[Happening] = []
        self.bus_away = False
        self.notices: list[str] = []
        self.published: list[RackStatus] = []
        self.wakes: list[float | None] = []
        self.lagging = lagging
        self.failures: deque[ObjectFailureKind] = deque()
        self.generations = 0
        self.begin()

    # --- the process --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin anew, as a process that has just started: nothing is known but what is stored."""
        self.controller = RackController()
        self.state: RackState = self.controller.start(self.key)
        self.families = Families(lambda _owner: None, lambda _kind, _namespace: None)
        self.api.watchers.clear()
        self.watches = [FakeWatch(self.api, self.families, each, lagging=self.lagging) for each in watched()]
        self.untaken: deque[Happening] = deque()
        self.request: Request | None = None
        self.unstored: RackStatus | None = None
        self.due: float | None = None
        for watch in self.watches:
            watch.list()
        if self.key in self.api:
            self.declare()

    def tell(self, event: Event) -> Request | None:
        """Tell the controller something; return the request that it makes."""
        self.state, commands = self.controller.step(self.state, event)
        request: Request | None = None
        for command in commands:
            request = self._carried_out(command) or request
        return request

    def _carried_out(self, command: Command) -> Request | None:
        if isinstance(command, Request):
            return command
        if isinstance(command, Publish):
            assert isinstance(command.status, RackStatus)
            self.published.append(command.status)
            self.unstored = command.status
        elif isinstance(command, Notice):
            self.notices.append(f"{command.reason}: {command.message}")
        elif isinstance(command, Emit):
            self.untaken.append(command.happening)
        elif isinstance(command, Wake):
            self.wakes.append(command.after)
            if command.after is not None:
                self.due = command.after if self.due is None else min(command.after, self.due)
        return None

    def store(self) -> None:
        """Let the status that was made known last be stored."""
        if self.unstored is not None and self.key in self.api:
            said = self.unstored.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
            self.api.write_status(self.key, said)
        self.unstored = None

    def take(self, count: int | None = None) -> None:
        """Let the bus take what waits, or so many."""
        for _ in range(len(self.untaken) if count is None else min(count, len(self.untaken))):
            happening = self.untaken.popleft()
            self.taken.append(happening)
            self.request = self.tell(Emitted(self.at, happening.id)) or self.request

    # --- one pass -----------------------------------------------------------------------------------------------------

    def survey(self) -> Request | None:
        """Begin a pass with what is known."""
        self.due = None
        self.request = self.tell(Surveyed(self.at, self.families.of(RACK.name).of(self.key)))
        return self.request

    def advance(self) -> Request | None:
        """Carry out the request under way, and return the next."""
        assert self.request is not None
        event = self._performed(self.request)
        self.at += timedelta(milliseconds=20)
        self.request = self.tell(event)
        if not self.bus_away:
            self.take()
        return self.request

    def run(self, limit: int = 100_000) -> None:
        """Go on until there is nothing to do, for a minute at most."""
        until = self.at + timedelta(seconds=60)
        for _ in range(limit):
            if self.request is None and (self.due is None or self.at + timedelta(seconds=self.due) > until):
                break
            if self.request is None:
                self.at += timedelta(seconds=self.due or 0.0)
                self.survey()
                if not self.bus_away:
                    self.take()
            else:
                self.advance()
        else:
            raise AssertionError("it does not come to an end")
        self.store()

    def _performed(self, request: Request) -> Event:
        if isinstance(request, Apply):
            return self._applied(request)
        assert isinstance(request, Delete)
        return self._deleted(request)

    def _applied(self, request: Apply) -> Event:
        metadata = request.object["metadata"]
        there = Key(request.object["kind"], metadata["namespace"], metadata["name"])
        if self.failures:
            return ApplyFailed(self.at, there, ObjectFailure(self.failures.popleft(), "no luck"))
        family, kind = self.families.of(RACK.name), NAMES[there.kind]
        seen = next(each for each in watched() if each.kind is kind).seen
        try:
            applying = _ran(self.objects.apply(request.object, force=request.force, uid=request.uid))
        except Taken as error:
            stands = seen(error.stands) if error.stands is not None else None
            if error.stands is not None and stands is not None and self._is_ours(kind.name, error.stands):
                family.take(self.key, stands)
            return ApplyFailed(self.at, there, replace(error.failure, stands=stands))
        except ObjectError as error:
            return ApplyFailed(self.at, there, error.failure)
        child = seen(applying.body)
        family.take(self.key, child, ours=True)
        return Applied(self.at, child, applying.created)

    def _is_ours(self, kind: str, body: Mapping[str, Any]) -> bool:
        return owner_of(next(each for each in watched() if each.kind.name == kind), body) == self.key

    def _deleted(self, request: Delete) -> Event:
        if self.failures:
            return DeleteFailed(self.at, request.key, ObjectFailure(self.failures.popleft(), "no luck"))
        family = self.families.of(RACK.name)
        if request.recorded:
            self.store()
        try:
            _ran(self.objects.delete(request.key, request.uid, request.version))
        except Gone:
            family.lost(request.key, request.uid)
        except ObjectError as error:
            return DeleteFailed(self.at, request.key, error.failure)
        else:
            family.leaving(self.key, request.key, request.uid)
        return Deleted(self.at, request.key, request.uid)

    # --- what people do -----------------------------------------------------------------------------------------------

    def make(self, spec: RackTemplateSpec | None = None, **rack: Any) -> "World":
        """Make template and Rack, and declare it."""
        self.offer = self._offered(spec or template())
        self.api.create(
            {
                "apiVersion": "fabgitops.io/v1",
                "kind": RACK.name,
                "metadata": {"namespace": NAMESPACE, "name": self.key.name},
                "spec": {"templateRef": {"name": "build"}, **rack},
            }
        )
        self.declare()
        return self

    def declare(self, sync: str = "") -> None:
        """Tell the controller how the Rack stands."""
        event = declared(RACK, self.api[self.key], self.at)
        event = replace(event, referenced=Referenced(self.at, self.offer, self.problem))
        if sync:
            event = replace(event, request=SyncRequest(sync, force=False))
        self.request = self.tell(event) or self.request

    def reshape(self, spec: RackTemplateSpec | None) -> None:
        """Change the template, or take it away."""
        self.offer = self._offered(spec) if spec else None
        self.request = self.tell(Referenced(self.at, self.offer, self.problem)) or self.request

    def edit(self, patch: Mapping[str, Any]) -> None:
        """Change the Rack."""
        self.api.edit(self.key, patch)
        self.declare()

    def approve(self) -> None:
        """Agree to what the status shows."""
        self.store()
        shown = self.status.template
        assert shown is not None
        self.edit({"metadata": {"annotations": {"fabgitops.io/approve": shown.plan_hash}}})

    def remove(self) -> None:
        """Delete the Rack."""
        self.api.remove(self.key)
        self.request = self.tell(Removed(self.at)) or self.request

    def _offered(self, spec: RackTemplateSpec) -> RackTemplateOffer:
        self.generations += 1
        return RackTemplateOffer(name="build", uid="t", generation=self.generations, spec=spec)

    # --- what can be seen ---------------------------------------------------------------------------------------------

    @property
    def status(self) -> RackStatus:
        """Return what was made known last."""
        return self.published[-1]

    @property
    def conditions(self) -> dict[str, str]:
        """Return the conditions, each as status and reason."""
        return {each.type: f"{each.status} {each.reason}" for each in self.status.conditions}

    def there(self, *kinds: str) -> list[str]:
        """Return the names of the parts that there are."""
        return [each.name for each in self.api.keys(*(kinds or COUNTED))]

    def child(self, there: Key) -> Child:
        """Return the record of a part."""
        return next(each for each in watched() if each.kind.name == there.kind).seen(self.api[there])

    def counts(self) -> list[int]:
        """Return how many chassis, blades, BMCs and nodes there are."""
        return [len(self.api.keys(kind)) for kind in COUNTED]

    def ids(self, ending: str) -> list[str]:
        """Return the ids of the happenings that the bus has, each once."""
        return sorted({each.id for each in self.taken if each.type.endswith(ending)})
