"""Experiments, and an API server that has them, with a policy, pods, agents and an operator that is played."""

import io
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fabctl.errors import FabctlError
from fabctl.options import Connection

from .workload import Body, Served, World

AT = "2026-01-01T00:00:00Z"
CHAOS = "chaosexperiments"
TARGET = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
SPEC: Body = {"scenario": {"podKiller": {}}, "target": TARGET}
PROBE = {"name": "page", "http": {"url": "http://hmi/"}}


def manifest(name: str = "kill", **spec: Any) -> Body:
    """Return an experiment as it stands in a file."""
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment"}
    return {**kind, "metadata": {"name": name}, "spec": {**SPEC, **spec}}


def experiment(phase: str = "", name: str = "kill", spec: Body | None = None, **status: Any) -> Body:
    """Return an experiment as an API server has it; without a phase no operator has looked at it."""
    body = manifest(name, **(spec or {}))
    body["metadata"] |= {"namespace": "plant", "uid": f"u-{name}", "generation": 1, "creationTimestamp": AT}
    body["metadata"]["resourceVersion"] = "7"
    if phase:
        body["status"] = {"phase": phase, "observedGeneration": 1, "startedAt": AT, **status}
    return body


def target(name: str, state: str = "Injected", **more: Any) -> Body:
    """Return the record of a target."""
    return {"name": name, "uid": f"u-{name}", "state": state, "injectedAt": AT, **more}


def pod(name: str, node: str = "n1", **metadata: Any) -> Body:
    """Return a pod that is ready."""
    labels = {"app": "hmi", **metadata.pop("labels", {})}
    return {
        "metadata": {"name": name, "namespace": "plant", "uid": f"u-{name}", "labels": labels, **metadata},
        "spec": {"nodeName": node},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def policy(**spec: Any) -> Body:
    """Return the policy, which allows pods to be killed."""
    given = {"enabled": True, "scenarios": ["podKiller"], "maxPercent": 100, **spec}
    return {"metadata": {"name": "default", "resourceVersion": "1"}, "spec": given}


def agent(node: str, renewed: str, **can: str) -> Body:
    """Return the Lease of an agent."""
    said = {"node": node, "version": "1.2.0", "address": f"https://{node}:8443", "capabilities": json.dumps(can)}
    annotations = {f"agent.fabgitops.io/{name}": value for name, value in said.items()}
    labels = {"app.kubernetes.io/name": "fabgitops", "app.kubernetes.io/component": "chaos-agent"}
    metadata = {"name": f"fabgitops-agent-{node}", "namespace": "agents", "labels": labels, "annotations": annotations}
    spec = {"holderIdentity": "i-1", "leaseDurationSeconds": 15, "renewTime": renewed}
    return {"metadata": metadata, "spec": spec}


SOURCED = "it comes from the source, change it in Git: runs/kill.yaml"


class Plant(World):
    """A cluster in which experiments can be made."""

    def __init__(self, *objects: tuple[str, Body]) -> None:
        """Let the namespace in, and take objects."""
        labels = {"fabgitops.io/chaos": "allowed"}
        super().__init__(("namespaces", {"metadata": {"name": "plant", "labels": labels}}), *objects)
        self.served = {CHAOS, "chaospolicies", "pods", "industrialplcs", "leases", "namespaces"}
        self.refusal = ""
        """What the API server says instead of making anything."""
        self.unwatchable = self.homeless = False
        """Whether nobody may watch; whether the namespace is not there."""
        self.sourced: set[str] = set()
        """Names of what nobody may change, for it comes from elsewhere."""
        self.away = False
        """Whether it answers nothing but what it was asked before."""
        self.rehearsed: list[Body] = []
        self.version = "v1.34.2"
        self.made = threading.Event()

    def stands(self, phase: str, name: str = "kill", **status: Any) -> None:
        """Let the operator say how an experiment stands."""
        body = {**self.objects[CHAOS, name]}
        body["status"] = {"phase": phase, "observedGeneration": 1, "startedAt": AT, **status}
        self.tell(CHAOS, body)


class Answering(Served):
    """Answers as an API server that has a plant."""

    world: Plant

    def do_GET(self) -> None:  # noqa: N802 - as the server calls it
        """Answer, unless nobody may watch."""
        if self.world.away:
            self._say(503, {"message": "away"})
        elif self.path == "/version":
            self._say(200, {"gitVersion": self.world.version})
        elif self.world.unwatchable and "watch" in parse_qs(urlsplit(self.path).query):
            self._say(403, {"message": 'User "me" cannot watch resource "chaosexperiments"'})
        else:
            super().do_GET()

    def do_PATCH(self) -> None:  # noqa: N802 - as the server calls it
        """Change an object, where that is allowed, and if it is the one that is meant."""
        plural, name = self._what(urlsplit(self.path).path)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        there = self.world.objects[plural, name]["metadata"]
        if self.world.away:
            self._say(503, {"message": "away"})
        elif plural in self.world.denied:
            self._say(403, {"message": f'User "me" cannot patch resource "{plural}"'})
        elif name in self.world.sourced:
            self._say(403, {"message": f'{plural}.fabgitops.io "{name}" is forbidden: {SOURCED}'})
        elif json.loads(content).get("metadata", {}).get("uid", there.get("uid")) != there.get("uid"):
            self._say(422, {"message": "metadata.uid: Invalid value: field is immutable"})
        else:
            self.rfile = io.BytesIO(content)
            super().do_PATCH()

    def do_POST(self) -> None:  # noqa: N802 - as the server calls it
        """Make an object, or say what would be made."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        parts = urlsplit(self.path)
        plural, _ = self._what(parts.path)
        if plural not in self.world.served:
            self._say(404, {"message": "not found"})
        elif plural in self.world.denied:
            self._say(403, {"message": f'User "me" cannot create resource "{plural}"'})
        elif self.world.homeless:
            self._say(404, {"message": 'namespaces "plant" not found'})
        elif self.world.refusal:
            self._say(422, {"message": self.world.refusal})
        elif (plural, body["metadata"]["name"]) in self.world.objects:
            self._say(409, {"message": "already exists"})
        elif "dryRun" in parse_qs(parts.query):
            self.world.rehearsed.append(body)
            self._say(201, body)
        else:
            name = body["metadata"]["name"]
            body["metadata"] |= {"uid": f"u-{name}", "generation": 1, "resourceVersion": "7", "creationTimestamp": AT}
            self.world.objects[plural, name] = body
            self._say(201, body)
            self.world.made.set()


@contextmanager
def served(world: Plant, serving: Callable[..., Any], folder: Path) -> Iterator[Path]:
    """Yield the kubeconfig of an API server that has a plant; who watches is let go afterwards."""
    handler = type("Handler", (Answering,), {"world": world})
    with serving(handler, folder, "plant") as kubeconfig:
        yield kubeconfig
        for watch in world.watches.values():
            watch.put(None)


POLICY = ("chaospolicies", policy())
ENDED = {"verdict": "Inconclusive", "reason": "Aborted", "message": "it was ended by spec.abort"}
Play = Callable[..., tuple["Plant", Connection]]
"""Serves a cluster with these objects."""


async def raised(work: Awaitable[Any]) -> FabctlError:
    """Return the error that something ends with."""
    with pytest.raises(FabctlError) as error:
        await work
    return error.value


def obeying(world: Plant) -> None:
    """Let the operator end what it is told to end."""

    def obey(body: Any) -> None:
        if body.get("spec", {}).get("abort"):
            body["status"] = {**body.get("status", {}), "phase": "Aborted", **ENDED, "observedGeneration": 2}

    world.after = obey


def operated(world: Plant, *statuses: tuple[str, dict[str, Any]], name: str = "kill") -> threading.Thread:
    """Play an operator that takes an experiment through phases as soon as it is made and watched."""

    def play() -> None:
        assert world.made.wait(30)
        while "watch chaosexperiments" not in world.asked:
            time.sleep(0.01)
        for phase, status in statuses:
            world.stands(phase, name, **status)

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    return thread
