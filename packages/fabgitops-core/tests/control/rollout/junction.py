"""The small world with routes: a gateway that takes them, or does not, and traffic that may only go where pods are."""

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Apply
from fabgitops_core.control.events import Applied, Surveyed
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.traffic.routes import grpc_route, http_route

from .workshop import KEY, READERS, UID, Plant, spec, template

READERS |= {"HTTPRoute": http_route, "GRPCRoute": grpc_route}
ROUTES = ("HTTPRoute", "GRPCRoute")
PROPAGATION = 5


def backend(name: str, **more: Any) -> dict[str, Any]:
    """Return a backend of a rule."""
    return {"name": name, "port": 80, **more}


def routing(*steps: dict[str, Any], routes: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """Return the strategy of a canary whose routes share requests out."""
    way: dict[str, Any] = {"gatewayAPI": {"routes": routes or [{"name": "hmi"}], "propagationSeconds": PROPAGATION}}
    managed = {each["setHeaderRoute"]["name"]: None for each in steps if "setHeaderRoute" in each}
    if managed:
        way["managedRoutes"] = [{"name": name} for name in managed]
    way |= more.pop("trafficRouting", {})
    services = {"stableService": "hmi", "canaryService": "hmi-canary"}
    return {"canary": {"steps": list(steps), **services, "trafficRouting": way, **more}}


def parents() -> list[dict[str, Any]]:
    """Return the gateway of a route."""
    return [{"name": "plant-gateway"}]


@dataclass
class Junction(Plant):
    """The world; while the gateway is `away` it takes no change of a route. `caps` are how many pods may be ready."""

    away: bool = False
    unseen: dict[str, str] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)
    routes: bool = True

    def __post_init__(self) -> None:
        """Make Services and a route of the user's first."""
        self.service("hmi")
        self.service("hmi-canary")
        if self.routes:
            self.route("hmi")
        super().__post_init__()

    def service(self, name: str) -> None:
        """Make a Service with a port."""
        body = {
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": {"app": "hmi"}, "ports": [{"port": 80}]},
        }
        self.store(Key("Service", KEY.namespace, name), body)

    def route(self, name: str, *rules: dict[str, Any], kind: str = "HTTPRoute") -> None:
        """Make a route of the user's; without rules it has one with both Services."""
        both = {"backendRefs": [backend("hmi"), backend("hmi-canary")]}
        body = {
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"parentRefs": parents(), "rules": list(rules) or [both]},
        }
        self.store(Key(kind, KEY.namespace, name), body)

    def store(self, key: Key, body: dict[str, Any]) -> None:
        """Store an object; of a route its weights are filled in, and each change of its spec is a generation."""
        if key.kind in ROUTES:
            body, before = copy.deepcopy(body), self.objects.get(key)
            for rule in body["spec"]["rules"]:
                for each in rule.get("backendRefs", ()):
                    each.setdefault("weight", 1)
            generation = before["metadata"]["generation"] if before else 0
            if before is None or before["spec"] != body["spec"]:
                generation += 1
            body["metadata"] = {**body["metadata"], "generation": generation}
        super().store(key, body)

    def tick(self, secs: float = 1.0) -> None:
        """Let time pass: the gateway takes what is new."""
        super().tick(secs)
        for key, body in list(self.objects.items()):
            if key.kind in ROUTES and not self.away:
                self._take_route(key, body)

    def _pods(self, key: Key, body: dict[str, Any]) -> None:
        wanted, before = body["spec"]["replicas"], body.get("status", {})
        version = body["spec"]["template"]["spec"]["containers"][0]["image"].partition(":")[2]
        ready = 0 if version in self.bad else min(wanted, self.caps.get(version, wanted))
        if self.slow:
            ready = min(ready, before.get("readyReplicas", 0) + 1)
        status = {"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
        if status != before:
            self.store(key, {**body, "status": status})

    def _take_route(self, key: Key, body: dict[str, Any]) -> None:
        generation = body["metadata"]["generation"]
        conditions = [
            {"type": name, "status": "True", "observedGeneration": generation} for name in ("Accepted", "ResolvedRefs")
        ]
        said = [{"parentRef": each, "conditions": conditions} for each in body["spec"].get("parentRefs", ())]
        if body.get("status") != {"parents": said}:
            self.store(key, {**body, "status": {"parents": said}})

    def _apply(self, request: Apply, failure: ObjectFailureKind | None) -> None:
        body = copy.deepcopy(dict(request.object))
        key = Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
        stored = self.objects.get(key)
        if failure is not None or key.kind not in ROUTES or stored is None or stored["metadata"]["uid"] != request.uid:
            super()._apply(request, failure)
            return
        self.store(key, {**stored, "spec": body["spec"]})
        self.tell(Applied(self.at, self.children()[key], created=False))

    def look(self) -> None:
        """Begin a pass with what it owns and what it looks at."""
        regarded = self.controller.regards(self.state)
        known = {
            key: child
            for key, child in self.children().items()
            if key in regarded or (child.owner == UID and self._is_labelled(key)) or key.kind == "ReplicaSet"
        }
        shown = {key: child for key, child in known.items() if key.kind not in self.unseen}
        offers = {each: self.offers.get(each, (None, "")) for each in self.controller.consults(self.state)}
        self.tell(Surveyed(self.at, shown, unseen=self.unseen, offers=offers))

    def _is_labelled(self, key: Key) -> bool:
        """Return whether the watch of what it owns tells of an object."""
        return marks.ROLLOUT in (self.objects[key]["metadata"].get("labels") or {})

    # --- what is seen -------------------------------------------------------------------------------------------------

    def rules(self, name: str = "hmi", kind: str = "HTTPRoute") -> list[dict[str, Any]]:
        """Return the rules of a route."""
        found: list[dict[str, Any]] = self.objects[Key(kind, KEY.namespace, name)]["spec"]["rules"]
        return found

    def weights(self, name: str = "hmi", kind: str = "HTTPRoute") -> tuple[int, int]:
        """Return the weights of the stable and the canary Service, in the last rule of a route."""
        rows = {each["name"]: each["weight"] for each in self.rules(name, kind)[-1]["backendRefs"]}
        return rows["hmi"], rows["hmi-canary"]

    def headers(self, name: str = "hmi") -> list[str]:
        """Return the names of our header rules of a route, "" of one that has none."""
        rows = [each for each in self.rules(name) if [ref["name"] for ref in each["backendRefs"]] == ["hmi-canary"]]
        return [each.get("name", "") for each in rows]

    def set_weights(self, stable: int, canary: int, name: str = "hmi") -> None:
        """Set the weights as somebody else does it."""
        key = Key("HTTPRoute", KEY.namespace, name)
        body = copy.deepcopy(self.objects[key])
        body["spec"]["rules"][-1]["backendRefs"] = [
            backend("hmi", weight=stable),
            backend("hmi-canary", weight=canary),
        ]
        self.store(key, body)

    def availables(self) -> Mapping[str, int]:
        """Return how many pods of each version are available."""
        return {
            version: min(each.get("status", {}).get("availableReplicas", 0), each["spec"]["replicas"])
            for version, each in self.revisions().items()
        }

    def hash_of(self, version: str) -> str:
        """Return what names a version."""
        found: str = self.revisions()[version]["metadata"]["labels"][marks.HASH]
        return found


def out(strategy: dict[str, Any], replicas: int = 4, **more: Any) -> Junction:
    """Return a world in which version 1 is out."""
    plant = Junction(spec(strategy, replicas=replicas), **more)
    plant.settle()
    assert plant.status is not None
    assert plant.counts() == {"1": replicas}
    assert (plant.selected("hmi"), plant.selected("hmi-canary")) == ("1", "1")
    return plant


def another(plant: Junction, version: str = "2") -> None:
    """Declare another version, and let it come as far as it can by itself."""
    plant.declare(template=template(version))
    plant.settle()


def promote(plant: Junction) -> None:
    """Promote the step at which it waits."""
    assert plant.status is not None
    plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/{plant.status.current_step_index}")


def passes(plant: Junction, until: Any, most: int = 400) -> None:
    """Let the controller work, and the world go on, until something is so."""
    for _ in itertools.repeat(None, most):
        plant.look()
        while plant.request is not None:
            plant.carry_out()
        if until():
            return
        plant.tick()
    raise AssertionError(f"it never came to it: {plant.status}")
