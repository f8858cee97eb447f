"""The stand-in for the ReplicaSet controller and the kubelet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.rollout.kinds import GRPC_ROUTE, HTTP_ROUTE, REPLICA_SET, SERVICE
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.workloads import FakeWorkloads


def key(name: str) -> Key:
    """Return the full name of a ReplicaSet."""
    return Key("ReplicaSet", "plant", name)


class Floor:
    """A cluster in memory; pods whose image is bad are never ready, the others after ten seconds."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.api = FakeApiServer([REPLICA_SET, SERVICE, HTTP_ROUTE, GRPC_ROUTE], lambda: self.time)
        self.objects = FakeObjects(self.api)
        self.workloads = FakeWorkloads(self.api, REPLICA_SET, lambda: self.time, self.ready)

    def ready(self, template: Any) -> float | None:
        """Return after how long a pod is ready."""
        return None if template["spec"]["containers"][0]["image"] == "bad" else 10.0

    def make(self, name: str, replicas: int | None, image: str = "good", **spec: Any) -> None:
        """Let somebody make a ReplicaSet."""
        template = {"spec": {"containers": [{"name": "hmi", "image": image}]}}
        metadata = {"namespace": "plant", "name": name}
        wanted = {} if replicas is None else {"replicas": replicas}
        spec = {**wanted, "template": template, **spec}
        self.api.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})

    def scale(self, name: str, replicas: int) -> None:
        """Let somebody scale it."""
        self.api.edit(key(name), {"spec": {"replicas": replicas}})

    def after(self, secs: float) -> None:
        """Let time pass, and the controller do a round."""
        self.time += timedelta(seconds=secs)
        self.workloads.tick()

    def counts(self, name: str) -> tuple[int, int, int, int]:
        """Return the counts of a status: all, ready, available, and the generation that was seen."""
        status = self.api[key(name)].get("status", {})
        names = ("replicas", "readyReplicas", "availableReplicas", "observedGeneration")
        return tuple(status.get(each, 0) for each in names)


@pytest.fixture
def floor() -> Floor:
    """Return a cluster without pods."""
    return Floor()


def test_pods_come_and_become_ready(floor: Floor) -> None:
    """A round later there are as many as are wanted; they are ready when it is time, and nothing changes at rest."""
    floor.make("a", 3)
    assert floor.counts("a") == (0, 0, 0, 0)
    floor.after(0)
    assert floor.counts("a") == (3, 0, 0, 1)
    floor.after(10)
    assert floor.counts("a") == (3, 3, 3, 1)
    version = floor.api.version
    floor.after(10)
    assert floor.api.version == version
    assert floor.api[key("a")]["metadata"]["generation"] == 1


def test_one_that_says_nothing_wants_one_pod(floor: Floor) -> None:
    """Without spec.replicas there is one pod, as Kubernetes fills it in."""
    floor.make("a", None)
    floor.after(0)
    assert floor.counts("a")[0] == 1


def test_a_bad_image_is_never_ready(floor: Floor) -> None:
    """Pods of a template that never comes up are there, and never ready; when a test lets them, they are."""
    floor.make("a", 2, "bad")
    for _ in range(3):
        floor.after(1000)
    assert floor.counts("a") == (2, 0, 0, 1)
    floor.workloads.ready = lambda _template: 0.0
    floor.after(0)
    assert floor.counts("a") == (2, 2, 2, 1)
    floor.workloads.ready = lambda _template: None
    floor.after(0)
    assert floor.counts("a") == (2, 0, 0, 1)


def test_a_pod_is_available_when_it_was_ready_for_long_enough(floor: Floor) -> None:
    """MinReadySeconds count from the round at which it was ready, by the clock of the test."""
    floor.make("a", 1, minReadySeconds=30)
    floor.after(0)
    floor.after(10)
    assert floor.counts("a") == (1, 1, 0, 1)
    floor.after(29)
    assert floor.counts("a") == (1, 1, 0, 1)
    floor.after(1)
    assert floor.counts("a") == (1, 1, 1, 1)


def test_those_that_are_not_ready_go_first(floor: Floor) -> None:
    """Scaled down, a ReplicaSet loses pods that are not ready before those that are, and the youngest of these."""
    floor.make("a", 2)
    floor.after(0)
    floor.after(10)
    floor.scale("a", 4)
    floor.after(5)
    assert floor.counts("a") == (4, 2, 2, 2)
    floor.scale("a", 3)
    floor.after(0)
    assert floor.counts("a") == (3, 2, 2, 3)
    floor.after(10)
    floor.scale("a", 2)
    floor.after(0)
    assert [pod.born for pod in floor.workloads.pods(key("a"))] == [datetime(2026, 1, 1, tzinfo=UTC)] * 2
    floor.scale("a", 0)
    floor.after(0)
    assert floor.api[key("a")]["status"] == {"replicas": 0, "observedGeneration": 5}


def test_what_lags_stays_as_it_was(floor: Floor) -> None:
    """While a controller is behind, its status is of the generation before, and none of its pods changes."""
    floor.make("a", 1)
    floor.after(0)
    floor.after(10)
    floor.workloads.lagging.add(key("a"))
    floor.scale("a", 5)
    floor.after(100)
    assert floor.counts("a") == (1, 1, 1, 1)
    floor.workloads.lagging.clear()
    floor.after(0)
    assert floor.counts("a") == (5, 1, 1, 2)


def test_what_is_lost_is_made_again(floor: Floor) -> None:
    """Pods that are lost are missed at the next round, and others come up in their place."""
    floor.make("a", 3)
    floor.after(0)
    floor.after(10)
    floor.workloads.lose(key("a"), 2)
    floor.after(0)
    assert floor.counts("a") == (3, 1, 1, 1)
    floor.after(10)
    assert floor.counts("a") == (3, 3, 3, 1)


async def test_what_is_deleted_takes_its_pods_with_it(floor: Floor) -> None:
    """One that is leaving is not scaled any more; made anew under its name it begins without a pod."""
    floor.make("a", 2)
    floor.after(0)
    floor.after(10)
    floor.api.edit(key("a"), {"metadata": {"finalizers": ["example.com/held"]}})
    uid = floor.api[key("a")]["metadata"]["uid"]
    await floor.objects.delete(key("a"), uid)
    await floor.objects.patch(key("a"), uid, [{"op": "replace", "path": "/spec/replicas", "value": 5}])
    floor.after(0)
    assert floor.counts("a")[:3] == (2, 2, 2)
    await floor.objects.patch(key("a"), uid, [{"op": "remove", "path": "/metadata/finalizers"}])
    floor.make("a", 1)
    floor.after(0)
    assert floor.counts("a") == (1, 0, 0, 1)
    floor.api.remove(key("a"))
    floor.after(0)
    assert floor.workloads._pods == {}


async def test_objects_of_kubernetes_are_kept_as_they_are_said(floor: Floor) -> None:
    """A Service of the core group, and routes of the Gateway API, are applied, shown and patched as what they are."""
    for kind in (SERVICE, HTTP_ROUTE, GRPC_ROUTE):
        about = {"namespace": "plant", "name": "hmi"}
        spec = {"rules": [{"backendRefs": [{"name": "hmi", "weight": 100}]}]}
        body = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": about, "spec": spec}
        uid = (await floor.objects.apply(body, force=False)).body["metadata"]["uid"]
        steps = [{"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 90}]
        shown = await floor.objects.patch(Key(kind.name, "plant", "hmi"), uid, steps)
        assert (shown["apiVersion"], shown["kind"]) == (kind.api_version, kind.name)
        assert shown["spec"]["rules"][0]["backendRefs"][0]["weight"] == 90
    assert [SERVICE.api_version, REPLICA_SET.api_version] == ["v1", "apps/v1"]


async def test_a_selector_is_one_value(floor: Floor) -> None:
    """Who applies a selector by force takes away what somebody else has put into it, as with a real Service."""
    about = {"namespace": "plant", "name": "hmi"}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": {"selector": {"app": "hmi"}}}
    uid = (await floor.objects.apply(body, force=False)).body["metadata"]["uid"]
    floor.api.edit(Key("Service", "plant", "hmi"), {"spec": {"selector": {"hash": "7f"}}})
    shown = await floor.objects.apply(body, force=True, uid=uid)
    assert shown.body["spec"]["selector"] == {"app": "hmi"}
