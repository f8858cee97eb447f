"""What the chart is made of, by Helm 3 and by Helm 4, as its checkers and the API server see it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from .cluster import Cluster
from .conftest import BOTH, checked
from .helm import CHART, KUBERNETES, NAMESPACE, Helm, objects
from .matrix import MATRIX, NAMESPACES
from .schemas import write

pytestmark = pytest.mark.chart

ONE = pytest.mark.parametrize("version", ["helm 4"])
"""Enough where objects are looked at, for both make the same: test_same_by_both_versions."""

# What kube-score would have otherwise, and why it is not. The names of its checks: kube-score list.
LEFT_OUT = {
    "container-image-pull-policy": "a release's tag is never moved, so pulling it again helps nobody; image.pullPolicy",
    "container-resources": "a CPU limit delays polls, and reading late is worse than reading dear; resources.limits",
    "container-ephemeral-storage-request-and-limit": "nothing is written: the root is read-only",
    "pod-networkpolicy": "needs plc.cidrs, which nobody but the user knows; networkPolicy.enabled",
    "pod-probes": "/readyz and /healthz differ by their path; a mock PLC cannot hang; the test's pod ends by itself",
    "deployment-strategy": "Recreate, so that the old operator has released its Lease when the new one begins",
    "deployment-replicas": "a second operator only stands by; replicas",
}
# What it looks at only when asked to.
FURTHER = ("container-seccomp-profile", "container-ports-check")


@pytest.fixture(scope="session")
def location(informed: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return where kubeconform finds the schemas of what this API server knows."""
    return write(informed.client, tmp_path_factory.mktemp("schemas"))


@pytest.mark.parametrize("name", MATRIX)
def test_lint(helm: Helm, name: str) -> None:
    """Helm's own linter finds nothing to say, whatever the values."""
    told = helm.run("lint", "--strict", CHART, "--kube-version", KUBERNETES, values=MATRIX[name])
    assert "[" not in told, told


@pytest.mark.parametrize("name", MATRIX)
def test_schemas(helm: Helm, programs: Mapping[str, Path], location: str, name: str) -> None:
    """Every object, of whatever kind, is one that the API server knows down to the last field."""
    text = helm.template(MATRIX[name])
    done = checked(
        programs["kubeconform"], "-strict", "-summary", "-output=json", "-schema-location", location, text=text
    )
    told = json.loads(done.stdout)
    assert done.returncode == 0, told.get("resources", done.stderr)
    assert told["summary"] == {"valid": len(objects(text)), "invalid": 0, "errors": 0, "skipped": 0}


@pytest.mark.parametrize(
    ("kind", "version", "spec", "named"),
    [
        ("Deployment", "apps/v1", {"replica": 1}, "replica"),
        ("Service", "v1", {"ports": [{"prot": 80}]}, "prot"),
        ("ServiceMonitor", "monitoring.coreos.com/v1", {"selector": {}, "endpoints": [{"prot": "metrics"}]}, "prot"),
        ("IndustrialPLC", "fabgitops.io/v1", {"deviceAdress": "10.20.0.4"}, "deviceAdress"),
        ("Deployment", "apps/v2", {}, "could not find schema"),
    ],
)
def test_schemas_see_mistakes(
    programs: Mapping[str, Path], location: str, kind: str, version: str, spec: object, named: str
) -> None:
    """These schemas refuse a field, and a kind, that the API server does not know."""
    wrong = {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    done = checked(programs["kubeconform"], "-strict", "-schema-location", location, text=json.dumps(wrong))
    assert done.returncode == 1
    assert named in done.stdout


@ONE
@pytest.mark.parametrize("name", MATRIX)
def test_api_server_takes_it(helm: Helm, informed: Cluster, name: str) -> None:
    """The API server itself, asked to be strict, takes every object, those of `helm test` included."""
    for namespace in (NAMESPACE, *NAMESPACES):
        text = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        informed.kubectl("apply", "--filename", "-", text=text)
    told = informed.kubectl(
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--validate=strict",
        "--filename=-",
        text=helm.template(MATRIX[name]),
    )
    assert len(told.splitlines()) == len(helm.objects(MATRIX[name]))


@pytest.mark.parametrize("name", MATRIX)
def test_same_by_both_versions(programs: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """Helm 3 and Helm 4 make the same objects of the same values."""
    three, four = (Helm(programs[each], tmp_path).objects(MATRIX[name]) for each in BOTH)
    assert sorted(map(str, three)) == sorted(map(str, four))


@ONE
@pytest.mark.parametrize("name", ["defaults", "namespaces", "monitored", "fenced", "two stacks"])
def test_kube_score(helm: Helm, programs: Mapping[str, Path], name: str) -> None:
    """kube-score has nothing to say beyond what is left out on purpose."""
    chosen = [word for check in LEFT_OUT for word in ("--ignore-test", check)]
    chosen += [word for check in FURTHER for word in ("--enable-optional-test", check)]
    text = helm.template(MATRIX[name])
    done = checked(programs["kube-score"], "score", "--output-format", "ci", *chosen, "-", text=text)
    bad = [line for line in done.stdout.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))]
    assert (done.returncode, bad) == (0, []), done.stderr
    assert "[OK]" in done.stdout


@ONE
def test_what_kube_score_leaves_out_is_needed(helm: Helm, programs: Mapping[str, Path]) -> None:
    """Every check that is left out by name exists, and would have something to say otherwise."""
    text = helm.template(MATRIX["two stacks"])
    done = checked(programs["kube-score"], "score", "--output-format", "json", "-", text=text)
    found = {
        check["check"]["id"]
        for each in json.loads(done.stdout)
        for check in each["checks"]
        if check["grade"] < 10 and not check["skipped"]
    }
    assert LEFT_OUT.keys() - found == set()
