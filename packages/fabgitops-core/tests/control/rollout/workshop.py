"""A small world for one Rollout: its objects, pods that come up or do not, and what its controller wants done to them.

It is the adversary's: a request may be lost, come too late, or meet somebody else's change; pods die when told to.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.rollout import ROLLOUT, RolloutSpec
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.commands import (
    Apply,
    Command,
    Delete,
    Draft,
    Emit,
    Measure,
    Notice,
    Patch,
    Publish,
    Request,
    Wake,
)
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Declared,
    Deleted,
    DeleteFailed,
    Drafted,
    DraftFailed,
    Emitted,
    Event,
    Measured,
    MeasureFailed,
    Patched,
    PatchFailed,
    Surveyed,
)
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rollout import records
from fabgitops_core.control.rollout.runs.records import analysis_run
from fabgitops_core.control.rollout.state import Stage
from fabgitops_core.control.rollout.table import RolloutController
from fabgitops_core.testing.jsonpatch import patched

START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = Key(ROLLOUT.name, "plant", "hmi")
UID = "uid-of-hmi"
READERS: dict[str, Callable[[Mapping[str, Any]], Child]] = {
    "ReplicaSet": records.replica_set,
    "Deployment": records.deployment,
    "Service": records.service,
    "AnalysisRun": analysis_run,
}
OWNED = ("ReplicaSet", "AnalysisRun")


def template(version: str) -> dict[str, Any]:
    """Return the pods of a version."""
    return {
        "metadata": {"labels": {"app": "hmi"}},
        "spec": {"containers": [{"name": "hmi", "image": f"hmi:{version}"}]},
    }


def defaulted(pods: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod template as an API server stores it."""
    return {**pods, "spec": {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, **pods["spec"]}}


def spec(strategy: Mapping[str, Any], version: str = "1", replicas: int = 4, **more: Any) -> dict[str, Any]:
    """Return the spec of a Rollout."""
    selector = {"matchLabels": {"app": "hmi"}}
    return {"replicas": replicas, "selector": selector, "template": template(version), "strategy": strategy, **more}


@dataclass
class Plant:
    """The world; `bad` are versions whose pods never become ready.

    `answers` are what a metric source says by template and metric, a text for why it does not; `offers` what templates
    offer. Of what is told, `happenings`, the bus has the first each second, unless it is `away`.
    """

    spec: dict[str, Any]
    bad: set[str] = field(default_factory=set)
    at: datetime = START
    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    status: RolloutStatus | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    generation: int = 1
    version: int = 100
    notices: list[Notice] = field(default_factory=list)
    request: Request | None = None
    wake: float | None = 0.0
    slow: bool = False
    offers: dict[tuple[str, str], Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    measured: list[str] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    handed: list[str] = field(default_factory=list)
    away: bool = False
    requests: list[Request] = field(default_factory=list)
    key: Key = KEY
    uid: str = UID

    def __post_init__(self) -> None:
        """Declare the Rollout."""
        self.controller = RolloutController()
        self.state = self.controller.start(self.key)
        self.declare()

    # --- what people do -----------------------------------------------------------------------------------------------

    def declare(self, **changes: Any) -> None:
        """Change the spec, and tell the controller."""
        if changes:
            self.spec = {**self.spec, **changes}
            self.generation += 1
        model = RolloutSpec.model_validate(self.spec)
        self.tell(
            Declared(
                self.at, self.generation, model, status=self.status, uid=self.uid, annotations=dict(self.annotations)
            )
        )

    def say(self, mark: str, word: str | None) -> None:
        """Annotate the Rollout."""
        if word is None:
            self.annotations.pop(mark, None)
        else:
            self.annotations[mark] = word
        self.declare()

    def service(self, name: str) -> None:
        """Make a Service of the user's."""
        body = {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"app": "hmi"}}}
        self.store(Key("Service", KEY.namespace, name), body)

    def restart(self) -> None:
        """Kill the controller, and start another one that knows what is stored."""
        self.state, self.request = self.controller.start(self.key), None
        self.handed.clear()
        self.declare()

    # --- what the cluster does ----------------------------------------------------------------------------------------

    def store(self, key: Key, body: dict[str, Any]) -> None:
        """Store an object, with another version."""
        self.version += 1
        metadata = {**body["metadata"], "namespace": key.namespace, "resourceVersion": str(self.version)}
        metadata.setdefault("uid", f"uid-{self.version}")
        metadata.setdefault("creationTimestamp", self.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.objects[key] = {**body, "metadata": metadata}

    def tick(self, secs: float = 1.0) -> None:
        """Let time pass, and pods come and go."""
        self.at += timedelta(seconds=secs)
        for key, body in list(self.objects.items()):
            if key.kind == "ReplicaSet":
                self._pods(key, body)
        while self.handed and not self.away:
            self.tell(Emitted(self.at, self.handed.pop(0)))

    def _pods(self, key: Key, body: dict[str, Any]) -> None:
        wanted, before = body["spec"]["replicas"], body.get("status", {})
        image = body["spec"]["template"]["spec"]["containers"][0]["image"]
        ready = 0 if image.partition(":")[2] in self.bad else wanted
        if self.slow:
            ready = min(ready, before.get("readyReplicas", 0) + 1)
        status = {"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
        if status != before:
            self.store(key, {**body, "status": status})

    def children(self) -> dict[Key, Child]:
        """Return the records of all objects."""
        return {key: READERS[key.kind](body) for key, body in self.objects.items()}

    def carry_out(self, failure: ObjectFailureKind | None = None) -> None:
        """Carry the request out that is under way, or let it fail."""
        request, self.request = self.request, None
        if isinstance(request, Apply):
            self._apply(request, failure)
        elif isinstance(request, Patch):
            self._patch(request, failure)
        elif isinstance(request, Delete):
            self._delete(request, failure)
        elif isinstance(request, Draft):
            self._draft(request, failure)
        elif isinstance(request, Measure):
            self._measure(request)

    def _draft(self, request: Draft, failure: ObjectFailureKind | None) -> None:
        body = copy.deepcopy(dict(request.object))
        if failure is not None:
            key = Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
            self.tell(DraftFailed(self.at, key, ObjectFailure(failure, "no")))
            return
        body["spec"]["template"] = defaulted(body["spec"]["template"])
        self.tell(Drafted(self.at, records.replica_set(body)))

    def _measure(self, request: Measure) -> None:
        self.measured.append(request.name)
        answer = self.answers.get(request.name, request.problem or "no connection")
        if request.metric is None or isinstance(answer, str):
            self.tell(MeasureFailed(self.at, request, request.problem or answer))
        else:
            self.tell(Measured(self.at, request, Answer(answer)))

    def _apply(self, request: Apply, failure: ObjectFailureKind | None) -> None:
        body = copy.deepcopy(dict(request.object))
        key = Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
        if failure is None and key in self.objects:
            failure = ObjectFailureKind.TAKEN
        if failure is not None:
            stands = self.children().get(key)
            self.tell(ApplyFailed(self.at, key, ObjectFailure(failure, "no", stands=stands)))
            return
        self.store(key, body)
        self.tell(Applied(self.at, self.children()[key], created=True))

    def _patch(self, request: Patch, failure: ObjectFailureKind | None) -> None:
        key, stored = request.key, self.objects.get(request.key)
        if stored is None or stored["metadata"]["uid"] != request.uid:
            failure = ObjectFailureKind.GONE
        elif failure is None and request.version not in {0, int(stored["metadata"]["resourceVersion"])}:
            failure = ObjectFailureKind.CHANGED
        if failure is not None or stored is None:
            self.tell(PatchFailed(self.at, key, ObjectFailure(failure or ObjectFailureKind.GONE, "no")))
            return
        self.store(key, patched(stored, request.steps))
        self.tell(Patched(self.at, self.children()[key]))

    def _delete(self, request: Delete, failure: ObjectFailureKind | None) -> None:
        if failure is not None or request.key not in self.objects:
            self.tell(DeleteFailed(self.at, request.key, ObjectFailure(failure or ObjectFailureKind.GONE, "no")))
            return
        del self.objects[request.key]
        self.tell(Deleted(self.at, request.key, request.uid))

    # --- the controller -----------------------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Tell the controller something, and take what it wants."""
        self.state, commands = self.controller.step(self.state, event)
        for command in commands:
            self._take(command)

    def _take(self, command: Command) -> None:
        if isinstance(command, Publish):
            assert isinstance(command.status, RolloutStatus)
            self.status = command.status
        elif isinstance(command, Emit):
            stored = {each.id for each in self.status.outbox} if self.status else set()
            assert command.happening.id in stored or self.state.stage is Stage.GONE, "told before it is made known"
            self.happenings.append(command.happening)
            self.handed.append(command.happening.id)
        elif isinstance(command, Notice):
            self.notices.append(command)
        elif isinstance(command, Wake):
            self.wake = command.after
        elif isinstance(command, Request):
            assert self.request is None, "two requests at once"
            self.request = command
            self.requests.append(command)

    def look(self) -> None:
        """Begin a pass."""
        regarded = self.controller.regards(self.state)
        known = {key: child for key, child in self.children().items() if key.kind in OWNED or key in regarded}
        offers = {each: self.offers.get(each, (None, "")) for each in self.controller.consults(self.state)}
        self.tell(Surveyed(self.at, known, offers=offers))

    def settle(self, rounds: int = 300, *, wait: bool = True) -> None:
        """Let the controller work until it has nothing to do, also after what it waits for, while pods come and go."""
        for _ in range(rounds):
            before = (self.status, self.version)
            self.look()
            while self.request is not None:
                self.carry_out()
            self.tick()
            if before != (self.status, self.version):
                continue
            if self.wake == 0.0:
                continue
            if not self.wake or not wait:
                return
            self.tick(self.wake)

    def stays(self, secs: float) -> None:
        """Let it work for so long, with a pass each second."""
        for _ in range(round(secs)):
            self.wake = 0.0
            while self.wake == 0.0:
                self.look()
                while self.request is not None:
                    self.carry_out()
            self.tick()

    # --- what is seen -------------------------------------------------------------------------------------------------

    def revisions(self) -> dict[str, dict[str, Any]]:
        """Return the ReplicaSets by the version of their pods."""
        found = [body for key, body in self.objects.items() if key.kind == "ReplicaSet"]
        return {each["spec"]["template"]["spec"]["containers"][0]["image"].partition(":")[2]: each for each in found}

    def counts(self) -> dict[str, int]:
        """Return how many pods each version wants."""
        return {version: body["spec"]["replicas"] for version, body in sorted(self.revisions().items())}

    def available(self) -> int:
        """Return how many pods are available."""
        return sum(
            min(each.get("status", {}).get("availableReplicas", 0), each["spec"]["replicas"])
            for each in self.revisions().values()
        )

    def selected(self, name: str) -> str:
        """Return the version that a Service selects, "" for all of them."""
        selector = self.objects[Key("Service", KEY.namespace, name)]["spec"]["selector"]
        hash_ = selector.get(marks.HASH, "")
        return next((v for v, each in self.revisions().items() if each["metadata"]["labels"][marks.HASH] == hash_), "")
