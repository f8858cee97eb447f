"""A stand-in for the ReplicaSet controller and the kubelet, on the fake API server: pods come, are ready, and go.

It does one round at each `tick`, as the controller does at each sync: pods are made or taken away until there are as
many as spec.replicas says, those that are not ready go first and then the youngest, and the status counts what there is
then, for the generation that was seen. Pods are no objects: of a ReplicaSet only its status is looked at.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.testing.apiserver import Body, FakeApiServer

Template = Mapping[str, Any]

Ready = Callable[[Template], float | None]
"""After how many seconds a pod of a template is ready; None: never. It is asked at each round, and may change."""


@dataclass(slots=True)
class FakePod:
    """A pod: its template, when it was made, and since when it is ready, None while it is not."""

    template: Template
    born: datetime
    ready: datetime | None = None

    def is_available(self, at: datetime, min_ready_secs: float) -> bool:
        """Return whether it has been ready for long enough."""
        return self.ready is not None and at >= self.ready + timedelta(seconds=min_ready_secs)


def at_once(template: Template) -> float:
    """Let pods of any template be ready as soon as they are made."""
    del template
    return 0.0


class FakeWorkloads:
    """What keeps the pods of ReplicaSets.

    With those in `lagging` nothing is done, as by a controller that is behind: neither pods nor status change.

    Args:
        api: The API server.
        kind: The kind of ReplicaSets there.
        now: The time of day, by which readiness and minReadySeconds count.
        ready: After how long pods are ready.
    """

    def __init__(self, api: FakeApiServer, kind: Kind, now: Callable[[], datetime], ready: Ready = at_once) -> None:
        self._api = api
        self._kind = kind.name
        self._now = now
        self.ready = ready
        self.lagging: set[Key] = set()
        self._pods: dict[str, list[FakePod]] = {}

    def tick(self) -> None:
        """Do one round over all ReplicaSets."""
        keys = self._api.keys(self._kind)
        there = {self._uid(key) for key in keys}
        self._pods = {uid: pods for uid, pods in self._pods.items() if uid in there}
        for key in keys:
            if key not in self.lagging:
                self._sync(key, self._api[key])

    async def forever(self, secs: float = 1.0) -> None:
        """Do a round each so many seconds, until it is cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(secs)

    def pods(self, key: Key) -> list[FakePod]:
        """Return the pods of a ReplicaSet, the oldest first."""
        return list(self._pods.get(self._uid(key), ()))

    def lose(self, key: Key, count: int = 1) -> None:
        """Let pods be lost, the oldest first, as with a node; the next round tells of it, and makes others."""
        del self._pods[self._uid(key)][:count]

    def _uid(self, key: Key) -> str:
        stored = self._api.stored(key)
        return stored.uid if stored is not None else ""

    def _sync(self, key: Key, body: Body) -> None:
        at, spec = self._now(), body.get("spec") or {}
        pods = self._pods.setdefault(body["metadata"]["uid"], [])
        if "deletionTimestamp" not in body["metadata"]:
            self._scale(pods, spec, at)
        for pod in pods:
            self._look_after(pod, at)
        self._api.write_status(key, _status(pods, spec, at, body["metadata"]["generation"]))

    def _scale(self, pods: list[FakePod], spec: Body, at: datetime) -> None:
        wanted = spec.get("replicas", 1)
        pods.extend(FakePod(spec.get("template") or {}, at) for _ in range(wanted - len(pods)))
        for pod in sorted(pods, key=_worth)[: len(pods) - wanted]:
            pods.remove(pod)

    def _look_after(self, pod: FakePod, at: datetime) -> None:
        secs = self.ready(pod.template)
        if secs is None or at < pod.born + timedelta(seconds=secs):
            pod.ready = None
        elif pod.ready is None:
            pod.ready = at


def _worth(pod: FakePod) -> tuple[bool, float]:
    """Return what pods are taken away by, the least first: one that is not ready, then the youngest."""
    return pod.ready is not None, -pod.born.timestamp()


def _status(pods: list[FakePod], spec: Body, at: datetime, generation: int) -> Body:
    """Return what is counted, as the API server has it: a count of 0 is not there, but for that of all."""
    counts = {
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": sum(pod.ready is not None for pod in pods),
        "availableReplicas": sum(pod.is_available(at, spec.get("minReadySeconds", 0)) for pod in pods),
    }
    told = {name: count for name, count in counts.items() if count}
    return {"replicas": len(pods), **told, "observedGeneration": generation}
