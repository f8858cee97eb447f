"""Rollouts of Argo Rollouts that are judged, on a real API server."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fabgitops_core.api.argo.owning import DEFAULT_ID
from testbed import ControlPlane

from ..operators import Operator
from ..planes import APPLY, FORCE
from .test_argo import ACCOUNT, ArgoWorkload
from .workload import Body

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TEMPLATES = "/apis/argoproj.io/v1alpha1/clusteranalysistemplates"
METRIC = {
    "name": "errors",
    "interval": "1s",
    "count": 2,
    "successCondition": "result[0] < 1",
    "provider": {"prometheus": {"query": "errors({{args.hash}}, {{args.line}})"}},
}
ARGS = [
    {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}},
    {"name": "line", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['line']"}}},
]


class Prometheus:
    """Answers each query with a value that a test sets."""

    def __init__(self) -> None:
        self.value, self.queries = "0", list[str]()
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.queries += parse_qs(urlsplit(self.path).query)["query"]
                result = [{"metric": {}, "value": [1795888324.0, outer.value]}]
                body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    """Return what metrics come from."""
    found = Prometheus()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def argo(delivery_plane: ControlPlane, prometheus: Prometheus, tmp_path: Path) -> Iterator[Operator]:
    """Return the operator of Argo Rollouts' kinds, with exactly its rights."""
    kubeconfig, flags = delivery_plane.kubeconfig_for(ACCOUNT), ("--prometheus", prometheus.url)
    with Operator(kubeconfig, "memory", tmp_path / "log", *flags, kinds="argo") as running:
        yield running


class Judged(ArgoWorkload):
    """A canary whose second step is an analysis by a template of the cluster."""

    def __init__(self, api: httpx.Client, name: str) -> None:
        super().__init__(api, name, DEFAULT_ID)
        self._labels = {**self._labels, "line": "7"}

    def steps(self) -> list[Body]:
        """Return its steps."""
        templates = [{"templateName": "errors", "clusterScope": True}]
        return [{"setWeight": 25}, {"analysis": {"templates": templates, "args": ARGS}}, {"pause": {}}]


def test_judged_by_a_template_of_the_cluster(
    argo: Operator, administrator: httpx.Client, prometheus: Prometheus
) -> None:
    """A canary is asked about by its hash and by its label, and goes on when the template is satisfied."""
    spec = {"args": [{"name": "hash"}, {"name": "line"}], "metrics": [METRIC]}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ClusterAnalysisTemplate", "spec": spec}
    body["metadata"] = {"name": "errors"}
    administrator.patch(f"{TEMPLATES}/errors", params=FORCE, json=body, headers=APPLY).raise_for_status()
    hmi = Judged(administrator, "argo-judged")
    hmi.declare("1")
    hmi.is_so(phase="Healthy", availableReplicas=4)
    hmi.declare("2")
    latest = hmi.is_so(phase="Paused", currentStepIndex=2)["currentPodHash"]
    assert set(prometheus.queries) == {f"errors({latest}, 7)"}
    hmi.delete()
