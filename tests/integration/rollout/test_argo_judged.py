"""Rollouts of Argo Rollouts that are judged, on a real API server."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fabgitops_core.api.argo.owning import DEFAULT_ID
from fabgitops_core.api.rollout.marks import ROLLOUT
from testbed import ControlPlane

from ..operators import Operator
from ..planes import APPLY, FORCE, until
from .conftest import NAMESPACE
from .test_argo import ACCOUNT, GROUP, ArgoWorkload
from .tools import ArgoCD, Plugin
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
    """Answers each query with 0, or with an error where a test says so."""

    def __init__(self) -> None:
        self.code, self.queries = 200, list[str]()
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.queries += parse_qs(urlsplit(self.path).query)["query"]
                result = [{"metric": {}, "value": [1795888324.0, "0"]}]
                body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
                self.send_response(outer.code)
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
    """Return the operator of Argo Rollouts' kinds in one namespace, with exactly its rights."""
    kubeconfig, flags = (
        delivery_plane.kubeconfig_for(ACCOUNT),
        ("--prometheus", prometheus.url, "--namespace", NAMESPACE),
    )
    with Operator(kubeconfig, "memory", tmp_path / "log", *flags, kinds="argo") as running:
        yield running


@pytest.fixture
def plugin(argo_plugin: Path, delivery_plane: ControlPlane) -> Plugin:
    """Return the kubectl plugin."""
    return Plugin(argo_plugin, delivery_plane.kubeconfig, NAMESPACE)


class Judged(ArgoWorkload):
    """A canary whose second step is an analysis by a template of the cluster."""

    def __init__(self, api: httpx.Client, name: str) -> None:
        super().__init__(api, name, DEFAULT_ID)
        self._labels = {**self._labels, "line": "7"}

    def runs(self, phase: str = "") -> list[Body]:
        """Return the AnalysisRuns that tell of it, in one phase or in any."""
        found = self.api.get(f"{GROUP}/analysisruns", params={"labelSelector": f"{ROLLOUT}={self.name}"})
        rows: list[Body] = found.raise_for_status().json()["items"]
        return [each for each in rows if phase in {"", each["status"]["phase"]}]

    def steps(self) -> list[Body]:
        """Return its steps."""
        templates = [{"templateName": "errors", "clusterScope": True}]
        return [{"setWeight": 25}, {"analysis": {"templates": templates, "args": ARGS}}, {"pause": {}}]


def test_judged_by_a_template_of_the_cluster(
    argo: Operator, administrator: httpx.Client, plugin: Plugin, prometheus: Prometheus
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
    (run,) = until(lambda: hmi.runs("Successful"), "a run tells of it")
    assert run["metadata"]["name"] == f"argo-judged-{latest}-2-1"
    assert run["metadata"]["labels"]["step-index"] == "1"
    assert re.search(
        rf" {run['metadata']['name']} +AnalysisRun +✔ Successful .*✔ 2", plugin("get", "rollout", hmi.name)
    )
    assert run["status"]["metricResults"][0]["count"] == 2
    assert ArgoCD("AnalysisRun").health(run) == ("Healthy", "Analysis run completed successfully")
    assert run["spec"]["metrics"][0]["name"] == "errors"
    _terminated(hmi, plugin, prometheus)
    own = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {"name": "own"},
        "spec": run["spec"],
    }
    answer = administrator.post(f"{GROUP}/analysisruns", json=own)
    assert (answer.status_code, "is not run" in answer.text) == (422, True)
    refused = [each for each in argo.metrics().splitlines() if "api_writes" in each and 'result="refused"' in each]
    assert not refused
    hmi.delete()
    until(lambda: not hmi.runs(), "its runs are collected with it")


def _terminated(hmi: Judged, plugin: Plugin, prometheus: Prometheus) -> None:
    """Terminate the analysis of another version by the kubectl plugin; delete its run when it is over."""
    prometheus.code = 503
    hmi.declare("3")
    (run,) = until(lambda: hmi.runs("Running"), "the next version is judged")
    name, path = run["metadata"]["name"], f"{GROUP}/analysisruns/{run['metadata']['name']}"
    assert re.search(rf" {name} +AnalysisRun +◌ Running", plugin("get", "rollout", hmi.name))
    assert ArgoCD("AnalysisRun").health(run)[0] == "Progressing"
    plugin("terminate", "analysisrun", name)
    stands = hmi.is_so(phase="Paused", currentStepIndex=1)
    assert [each["reason"] for each in stands["pauseConditions"]] == ["InconclusiveAnalysisRun"]
    assert stands["canary"]["currentStepAnalysisRunStatus"]["name"] == name
    (ended,) = until(lambda: hmi.runs("Inconclusive"), "the run says so")
    assert ArgoCD("AnalysisRun").health(ended) == ("Unknown", ended["status"]["message"])
    assert "terminated" in ended["status"]["message"]
    hmi.api.delete(path).raise_for_status()
    again = until(lambda: [each for each in hmi.runs("Inconclusive") if _uid(each) != _uid(ended)], "it is told again")
    assert again[0]["status"]["message"] == ended["status"]["message"]


def _uid(run: Body) -> str:
    uid: str = run["metadata"]["uid"]
    return uid
