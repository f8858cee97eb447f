"""A Rollout takes its pods from a Deployment on a real API server, and the place of that one's own."""

import httpx
import pytest

from ..planes import APPLY, FORCE, MERGE, until
from .conftest import NAMESPACE
from .workload import STEPS, Body, Workload

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


class Deployment:
    """A Deployment of the name of a Rollout."""

    def __init__(self, api: httpx.Client, name: str) -> None:
        self._api = api
        self._name = name
        self._path = f"{DEPLOYMENTS}/{name}"
        labels = {"app": name}
        pod = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "hmi", "image": f"{name}:1"}]}
        template = {"metadata": {"labels": labels}, "spec": pod}
        spec = {"replicas": 4, "selector": {"matchLabels": labels}, "template": template}
        api.post(DEPLOYMENTS, json={"metadata": {"name": name}, "spec": spec}).raise_for_status()
        until(lambda: self.available() == 4, "the Deployment has its pods")

    def available(self) -> int:
        """Return how many of its own pods are available."""
        found = self._api.get(self._path).raise_for_status().json()
        return int(found["status"].get("availableReplicas", 0))

    def says(self, version: str) -> None:
        """Let it say another version."""
        containers = [{"name": "hmi", "image": f"{self._name}:{version}"}]
        patch = {"spec": {"template": {"spec": {"containers": containers}}}}
        self._api.patch(self._path, json=patch, headers=MERGE).raise_for_status()

    def delete(self) -> None:
        """Delete it."""
        self._api.delete(self._path).raise_for_status()


def referring(hmi: Workload, **more: object) -> httpx.Response:
    """Declare a Rollout that refers to the Deployment of its name."""
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": hmi.name, "scaleDown": "progressively"}
    strategy = {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS}}
    spec: Body = {"replicas": 4, "workloadRef": ref, "strategy": strategy, **more}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "Rollout", "metadata": {"name": hmi.name}, "spec": spec}
    return hmi.api.patch(hmi.path, params=FORCE, json=body, headers=APPLY)


def test_a_deployment_says_the_pods(hmi: Workload) -> None:
    """Its pods make place as those of the Rollout come up, its next image is a canary, and without it nothing moves."""
    deployment = Deployment(hmi.api, hmi.name)
    answer = referring(hmi, template={"metadata": {}})
    assert (answer.status_code, "say either template, or workloadRef" in answer.text) == (422, True)
    answer = referring(hmi, workloadRef=None)
    assert (answer.status_code, "say which pods are its own" in answer.text) == (422, True)
    referring(hmi).raise_for_status()
    hmi.stands("Completed", availableReplicas=4, selector=f"app={hmi.name}")
    until(lambda: deployment.available() == 0, "its own pods are gone")
    assert dict(hmi.pods()) == {"1": 4}
    deployment.says("2")
    hmi.stands("Paused", progress="1/4")
    assert dict(hmi.pods()) == {"1": 3, "2": 1}
    deployment.delete()
    until(lambda: hmi.status()["message"].startswith(f"the Deployment {hmi.name}"), "it says so")
    assert hmi.stands("ReferenceNotFound", phase="Failed")["availableReplicas"] == 4
    assert dict(hmi.pods()) == {"1": 3, "2": 1}
