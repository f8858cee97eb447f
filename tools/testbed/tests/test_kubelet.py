"""Pods without containers: what makes them, finds them and counts them takes them for running ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx
import pytest
from testbed import ControlPlane, TestbedError
from testbed.addresses import RANGE
from testbed.pods import Kubelet
from testbed.pods.manifest import Pod

pytestmark = pytest.mark.integration

Until = Callable[..., None]
READY = "testbed.fabgitops.io/ready"
LABELS = {"app": "press"}
NUMBERS = count(1)


@pytest.fixture
def api(workload_plane: ControlPlane, kubelet: Kubelet) -> Iterator[httpx.Client]:
    """An administrator's client of a plane whose pods run."""
    kubelet.check()
    with workload_plane.client() as client:
        yield client


@pytest.fixture
def namespace(api: httpx.Client) -> Iterator[str]:
    """A namespace of its own, which is deleted in the end."""
    name = f"hall-{next(NUMBERS)}"
    api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    yield name
    api.delete(f"/api/v1/namespaces/{name}").raise_for_status()


def pod_spec(image: str) -> dict[str, Any]:
    """Pods of one container, that go at once when they are deleted."""
    containers = [{"name": "press", "image": image, "ports": [{"containerPort": 18080}]}]
    return {"terminationGracePeriodSeconds": 0, "containers": containers}


def deployment(image: str, replicas: int, annotations: Mapping[str, str]) -> dict[str, Any]:
    """A Deployment of such pods."""
    template = {"metadata": {"labels": LABELS, "annotations": annotations}, "spec": pod_spec(image)}
    spec = {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template}
    return {"metadata": {"name": "press"}, "spec": spec}


class Press:
    """A Deployment in a namespace, with the Service in front of it."""

    def __init__(self, api: httpx.Client, namespace: str, until: Until) -> None:
        self._api = api
        self._namespace = namespace
        self._until = until
        self.url = f"/apis/apps/v1/namespaces/{namespace}/deployments"

    def declare(self, image: str = "plant/press:v1", replicas: int = 2, **annotations: str) -> None:
        """Make both; annotations are those of the test bed."""
        marks = {f"testbed.fabgitops.io/{name}": value for name, value in annotations.items()}
        self._api.post(self.url, json=deployment(image, replicas, marks)).raise_for_status()
        spec = {"selector": LABELS, "ports": [{"port": 80, "targetPort": 18080}]}
        service = {"metadata": {"name": "press"}, "spec": spec}
        self._api.post(f"/api/v1/namespaces/{self._namespace}/services", json=service).raise_for_status()

    def change(self, spec: Mapping[str, Any]) -> None:
        """Change the Deployment by a merge patch."""
        merge = {"Content-Type": "application/merge-patch+json"}
        self._api.patch(f"{self.url}/press", json={"spec": spec}, headers=merge).raise_for_status()

    def counted(self, **counts: int) -> None:
        """Wait until the Deployment counts so many."""

        def so() -> bool:
            found = self._api.get(f"{self.url}/press").raise_for_status().json()
            status = found.get("status", {})
            current = status.get("observedGeneration") == found["metadata"]["generation"]
            return current and all(status.get(f"{name}Replicas", 0) == value for name, value in counts.items())

        self._until(so, f"the Deployment counts {counts}")

    def pods(self) -> list[Pod]:
        """All its pods, those that are being deleted included."""
        found = self._api.get(f"/api/v1/namespaces/{self._namespace}/pods").raise_for_status()
        return list(found.json()["items"])

    def endpoints(self) -> dict[str, bool]:
        """The addresses that its Service leads to, and whether each is ready."""
        url = f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices"
        slices = self._api.get(url).raise_for_status().json()["items"]
        found = [each for one in slices for each in one["endpoints"] or []]
        return {each["addresses"][0]: each["conditions"]["ready"] for each in found}


@pytest.fixture
def press(api: httpx.Client, namespace: str, until: Until) -> Press:
    """A Deployment that is not declared yet."""
    return Press(api, namespace, until)


def test_workloads_run(press: Press, until: Until) -> None:
    """Pods are available at addresses to which their Service leads, and those of a new version take their place."""
    press.declare(replicas=3)
    press.counted(available=3)
    until(lambda: list(press.endpoints().values()) == [True] * 3, "three addresses are ready")
    assert all(each in map(str, RANGE) for each in press.endpoints())
    press.change({"template": {"spec": {"containers": [{"name": "press", "image": "plant/press:v2"}]}}})
    press.counted(updated=3, available=3)
    until(lambda: len(press.pods()) == 3, "the old pods are gone")
    assert {each["spec"]["containers"][0]["image"] for each in press.pods()} == {"plant/press:v2"}


def test_pods_that_are_never_ready(press: Press) -> None:
    """Pods that say so run, and never count as ready."""
    press.declare(ready="never")
    press.counted(updated=2, unavailable=2)
    assert {each["status"].get("phase") for each in press.pods()} <= {"Running", "Pending"}
    assert True not in press.endpoints().values()


def test_image_breaks_and_is_mended(press: Press, kubelet: Kubelet) -> None:
    """All pods of an image can be made unready while they run, also those that come later, and ready again."""
    press.declare("plant/press:weak")
    press.counted(ready=2)
    kubelet.break_image("plant/press:weak")
    press.counted(ready=0)
    press.change({"replicas": 3})
    press.counted(unavailable=3)
    kubelet.mend_image("plant/press:weak")
    press.counted(ready=3)


def test_grace(press: Press, until: Until) -> None:
    """A deleted pod goes on for its grace, as one that Kubernetes counts out already, and is gone then."""
    press.declare(replicas=1, ready="0.2")
    press.change({"template": {"spec": {"terminationGracePeriodSeconds": 3}}})
    press.counted(updated=1, available=1)
    until(lambda: len(press.pods()) == 1, "the first one, which had no grace, is gone")
    address = press.pods()[0]["status"]["podIP"]
    press.change({"replicas": 0})
    press.counted(available=0)
    until(lambda: press.endpoints() in ({}, {address: False}), "its Service leads nowhere")
    assert ["deletionTimestamp" in each["metadata"] for each in press.pods()] == [True]
    until(lambda: press.pods() == [], "it is gone")


def test_api_server_comes_back(press: Press, workload_plane: ControlPlane) -> None:
    """It goes on with its pods when the API server was away."""
    press.declare(replicas=1)
    press.counted(available=1)
    workload_plane.stop_apiserver()
    workload_plane.start_apiserver()
    press.change({"replicas": 2})
    press.counted(available=2)


class Refusing:
    """Runs no program."""

    @asynccontextmanager
    async def running(self, pod: Pod) -> AsyncIterator[str]:
        """Refuse each pod."""
        if pod:
            raise TestbedError(f"no place for {pod['metadata']['name']}")
        yield "never"


def test_end_of_the_kubelet_is_told(
    api: httpx.Client, namespace: str, workload_plane: ControlPlane, until: Until
) -> None:
    """What ends it by itself is told to the test that asks it."""
    spec = {**pod_spec("plant/press:v1"), "nodeName": "node-2"}
    url = f"/api/v1/namespaces/{namespace}/pods"
    api.post(url, json={"metadata": {"name": "odd"}, "spec": spec}).raise_for_status()
    told = pytest.raises(TestbedError, match="no place for odd")
    with told, Kubelet(workload_plane, Refusing(), "node-2") as running:

        def asked() -> bool:
            running.check()
            return False

        until(asked, "it has ended")
