"""A Rollout of a workload with its ReplicaSets and pods, and an API server that has them."""

import json
import queue
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Body = dict[str, Any]

AT = "2026-01-01T23:59:00Z"
HASH = "rollouts-pod-template-hash"
MARK = "rollout.fabgitops.io"
STEPS: list[Body] = [
    {"setWeight": 20},
    {"pause": {}},
    {"setWeight": 60},
    {"pause": {"duration": "10m"}},
    {"analysis": {"templates": [{"templateName": "errors"}]}},
]
DECISION = {
    "at": AT,
    "stage": "Progressing",
    "step": 0,
    "input": "20 % of the pods are of it",
    "rule": "StepDone",
    "outcome": "step 2 begins",
    "revision": "bb22",
}


def template(version: int, **labels: str) -> Body:
    """Return the pods of a version."""
    container = {"name": "hmi", "image": f"registry/hmi:{version}"}
    return {"metadata": {"labels": {"app": "hmi", **labels}}, "spec": {"containers": [container]}}


def rollout(phase: str = "Paused", strategy: Body | None = None, **more: Any) -> Body:
    """Return one that waits at the second of five steps.

    Args:
        phase: Where it stands.
        strategy: The strategy instead.
        **more: `annotations`, `labels`, `managed` and `spec` are added to it, the rest to its status.
    """
    metadata = {"name": "hmi", "namespace": "plant", "uid": "u", "generation": 2, "resourceVersion": "7"}
    metadata |= {"creationTimestamp": AT, "annotations": more.pop("annotations", {}), "labels": more.pop("labels", {})}
    metadata["managedFields"] = [{"manager": each} for each in more.pop("managed", ())]
    spec = {
        "replicas": 5,
        "selector": {"matchLabels": {"app": "hmi"}},
        "template": template(2),
        "strategy": strategy or {"canary": {"steps": STEPS}},
        **more.pop("spec", {}),
    }
    status = {
        "phase": phase,
        "message": "step 2 of 5: paused (CanaryPauseStep) until somebody promotes it",
        "currentPodHash": "bb22",
        "stableRS": "aa11",
        "revision": 2,
        "currentStepIndex": 1,
        "progress": "1/5",
        "weight": 20,
        "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": AT}] if phase == "Paused" else [],
        "replicas": 5,
        "updatedReplicas": 1,
        "readyReplicas": 5,
        "availableReplicas": 5,
        "decisions": [DECISION],
        "observedGeneration": 2,
        **more,
    }
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout"}
    return {**kind, "metadata": metadata, "spec": spec, "status": status}


def replica_set(number: int, hash_: str, pods: int, *, owner: str = "u", **annotations: str) -> Body:
    """Return the ReplicaSet of a revision, whose pods are all ready."""
    references = [{"kind": "Rollout", "name": "hmi", "uid": owner, "controller": True}]
    return {
        "metadata": {
            "name": f"hmi-{hash_}",
            "namespace": "plant",
            "uid": f"rs-{hash_}",
            "resourceVersion": "1",
            "creationTimestamp": AT,
            "labels": {HASH: hash_, "fabgitops.io/rollout": "hmi"},
            "annotations": {f"{MARK}/revision": str(number), **annotations},
            "ownerReferences": references,
        },
        "spec": {"replicas": pods, "template": template(number, **{HASH: hash_})},
        "status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods},
    }


def pod(name: str, hash_: str, **status: Any) -> Body:
    """Return a pod that runs, or what is said of it."""
    ready = [{"name": "hmi", "ready": True, "restartCount": 0, "state": {"running": {}}}]
    return {
        "metadata": {
            "name": name,
            "namespace": "plant",
            "resourceVersion": "1",
            "labels": {HASH: hash_, "app": "hmi"},
            "ownerReferences": [{"uid": f"rs-{hash_}", "controller": True}],
        },
        "spec": {"containers": [{"name": "hmi"}]},
        "status": {"phase": "Running", "containerStatuses": ready, **status},
    }


def waiting(reason: str, restarts: int = 0, **more: Any) -> Body:
    """Return the status of a pod whose container waits."""
    container = {"name": "hmi", "ready": False, "restartCount": restarts, "state": {"waiting": {"reason": reason}}}
    return {"containerStatuses": [container | more]}


class World:
    """What an API server has, by plural and name, and what was asked of it."""

    def __init__(self, *objects: tuple[str, Body]) -> None:
        """Take objects, each with the plural of its kind."""
        self.objects = {(plural, body["metadata"]["name"]): body for plural, body in objects}
        self.served = {"rollouts", "setpointrollouts", "replicasets", "pods"}
        self.denied: set[str] = set()
        self.argos: set[str] = set()
        """The names of Rollouts of argoproj.io."""
        self.patches: list[tuple[str, Body]] = []
        self.asked: list[str] = []
        self.after: Callable[[Body], None] = lambda _: None
        """What an operator makes of a Rollout that was patched."""
        self.watches: dict[str, queue.Queue[Body | None]] = {}

    def tell(self, plural: str, body: Body, how: str = "MODIFIED") -> None:
        """Change an object, and tell who watches."""
        name = body["metadata"]["name"]
        if how == "DELETED":
            del self.objects[plural, name]
        else:
            self.objects[plural, name] = body
        self.watch(plural).put({"type": how, "object": body})

    def watch(self, plural: str) -> "queue.Queue[Body | None]":
        """Return what who watches a kind is told."""
        return self.watches.setdefault(plural, queue.Queue())

    def found(self, plural: str, query: dict[str, list[str]]) -> list[Body]:
        """Return the objects of a list."""
        wanted = [each.split("=") for each in query.get("labelSelector", [""])[0].split(",") if "=" in each]
        name = query.get("fieldSelector", [""])[0].removeprefix("metadata.name=")
        bodies = [body for (of, _), body in self.objects.items() if of == plural]
        fitting = [body for body in bodies if not name or body["metadata"]["name"] == name]
        labels = [(body, body["metadata"].get("labels", {})) for body in fitting]
        return [body for body, has in labels if all(has.get(label) == value for label, value in wanted)]


def merged(into: Any, patch: Any) -> Any:
    """Return what a merge patch makes (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    whole = dict(into) if isinstance(into, dict) else {}
    for name, value in patch.items():
        if value is None:
            whole.pop(name, None)
        else:
            whole[name] = merged(whole.get(name), value)
    return whole


class Served(BaseHTTPRequestHandler):
    """Answers as an API server that has a world."""

    world: World

    def do_GET(self) -> None:
        """Answer with an object, a list, or what changes."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/apis/fabgitops.io/v1":
            self._say(200, {"resources": [{"name": each} for each in sorted(self.world.served)]})
            return
        plural, name = self._what(parts.path)
        if parts.path.startswith("/apis/argoproj.io/v1alpha1/namespaces/plant/rollouts/"):
            self._say(200 if name in self.world.argos else 404, {"metadata": {"name": name}})
            return
        verb = "watch" if "watch" in query else "get" if name else "list"
        self.world.asked.append(f"{verb} {plural}")
        if plural in self.world.denied:
            self._say(403, {"message": f'User "me" cannot {verb} resource "{plural}"'})
        elif plural not in self.world.served or (name and (plural, name) not in self.world.objects):
            self._say(404, {"message": "not found"})
        elif verb == "watch":
            self._watch(plural)
        else:
            listed = {"metadata": {"resourceVersion": "9"}, "items": self.world.found(plural, query)}
            self._say(200, self.world.objects[plural, name] if name else listed)

    def do_POST(self) -> None:
        """Say who asks."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(201, {"status": {"userInfo": {"username": "me"}}})

    def do_PATCH(self) -> None:
        """Merge a patch into the version that it is for."""
        patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        plural, name = self._what(urlsplit(self.path).path)
        there = self.world.objects[plural, name]
        version = there["metadata"]["resourceVersion"]
        if patch.get("metadata", {}).get("resourceVersion", version) != version:
            self._say(409, {"message": "the object has been modified"})
            return
        self.world.patches.append((f"{plural}/{name}", patch))
        body = merged(there, patch)
        self.world.after(body)
        self.world.objects[plural, name] = body
        self._say(200, body)

    def _what(self, path: str) -> tuple[str, str]:
        found = re.search(r"/(?:namespaces/[^/]+/)?(\w+)(?:/([^/]+))?$", path.partition("/v1")[2])
        return (found[1], found[2] or "") if found else ("", "")

    def _watch(self, plural: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        while (event := self.world.watch(plural).get()) is not None:
            self.wfile.write(json.dumps(event).encode() + b"\n")
            self.wfile.flush()

    def _say(self, status: int, answer: Body) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(world: World, serving: Callable[..., Any], folder: Path) -> Iterator[Path]:
    """Yield the kubeconfig of an API server that has a world; who watches is let go afterwards."""
    handler = type("Handler", (Served,), {"world": world})
    with serving(handler, folder, "plant") as kubeconfig:
        yield kubeconfig
        for watch in world.watches.values():
            watch.put(None)
