"""The page on compatibility names what the sessions really use."""

import ast
import re
from pathlib import Path

from testbed import envtest, gobuild

from .pages import ROOT

TEXT = (ROOT / "docs/operations/compatibility.md").read_text(encoding="utf-8")
MODULES = ROOT / "tools/testbed/src/testbed/gomod"


def row(name: str) -> str:
    """Return what was tried of something."""
    found = re.search(rf"^\| {re.escape(name)} \| (.*?) \|", TEXT, re.MULTILINE)
    assert found, name
    return found[1]


def required(module: str, of: str) -> list[str]:
    """Return major and minor version of a module that a program is built from."""
    found = re.search(rf"^\s*{re.escape(module)} v(\d+)\.(\d+)", (MODULES / of / "go.mod").read_text(), re.MULTILINE)
    assert found, module
    return [found[1], found[2]]


def constant(file: Path, name: str) -> object:
    """Return a constant of a Python file."""
    for each in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name:
            return ast.literal_eval(each.value)
    raise LookupError(name)


def test_versions_are_those_of_the_test_bed() -> None:
    """Kubernetes, etcd, Helm, Prometheus and Alertmanager stand there in the versions that are built."""
    assert gobuild.KUBERNETES in row("Kubernetes API server")
    assert envtest.VERSION in row("Kubernetes API server")
    assert f"etcd {'.'.join(required('go.etcd.io/etcd/server/v3', 'etcd'))}" in row("Kubernetes API server")
    helms = [required(f"helm.sh/helm/v{number}", of) for number, of in ((3, "helm3"), (4, "helm"))]
    assert row("Helm") == ", ".join(".".join(each) for each in helms)
    # Prometheus 3.15 is the module's v0.315.
    minor = required("github.com/prometheus/prometheus", "prometheus")[1]
    alertmanager = ".".join(required("github.com/prometheus/alertmanager", "alertmanager"))
    assert row("Prometheus, Alertmanager") == f"{minor[0]}.{int(minor[1:])}, {alertmanager}"


def test_pythons_and_systems_are_those_of_ci() -> None:
    """Each Python, and each system beside Linux, that CI runs stands there, and no other."""
    pythons = constant(ROOT / "noxfile.py", "PYTHONS")
    assert isinstance(pythons, tuple)
    workflow = (ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8")
    assert row("Python") == ", ".join(pythons)
    assert re.findall(r"python: \[(.*)\]", workflow) == [", ".join(f'"{each}"' for each in pythons)]
    (systems,) = re.findall(r"system: \[(.*)\]", workflow)
    told = row("operating system, `fabctl` and `mock-plc`").lower()
    assert all(
        each.replace("-", " ").split(" ")[0] in told and each.split("-")[1] in told for each in systems.split(", ")
    )


def test_the_chart_lets_in_what_the_page_says() -> None:
    """The oldest Kubernetes that the chart is installed on is told as one that was never run."""
    chart = (ROOT / "charts/fabgitops/Chart.yaml").read_text(encoding="utf-8")
    (oldest,) = re.findall(r'kubeVersion: ">=(1\.\d+)\.0-0"', chart)
    assert f"| {oldest} to 1.33, which the chart lets in" in TEXT


def test_tools_for_argo_rollouts_are_those_that_are_built() -> None:
    """The versions of the plugin, Argo CD and Flux stand there, and in the guide, as they are tried."""
    told = row("tools for [Rollouts of Argo Rollouts](../guides/argo-rollouts.md#tools)")
    guide = (ROOT / "docs/guides/argo-rollouts.md").read_text(encoding="utf-8")
    for name, module, of in (
        ("plugin", "github.com/argoproj/argo-rollouts", "argo-rollouts"),
        ("Argo CD", "github.com/argoproj/argo-cd/v3", "gitops-crds"),
        ("runtime", "github.com/fluxcd/pkg/runtime", "flux-health"),
    ):
        version = ".".join(required(module, of))
        assert f"{name} {version}" in told
        assert f" {version}." in guide
