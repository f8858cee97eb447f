"""The operator for those without Helm: `fabgitops-operator manifests --with-operator`."""

import tomllib
from typing import Any

import pytest
from fabgitops_operator.cluster.install import manifests

from .cluster import Cluster, until
from .helm import ROOT, Helm, Object, find, objects

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

SYSTEM, NAME = "fabgitops-system", "fabgitops-operator"
STRICT = "fabgitops-strict"
"""A namespace that takes only pods without rights; other tests may have made the usual one."""
OURS = {"app.kubernetes.io/managed-by", "helm.sh/chart"}
"""Labels that Helm's objects have beside."""


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


def bare(object_: Object) -> Object:
    """Return what an object says, but for its names, Helm's labels and the arguments of the operator."""
    spec: dict[str, Any] = {**object_["spec"]}
    spec.pop("selector")
    if "template" in spec:
        pod = spec.pop("template")["spec"]
        (container,) = pod["containers"]
        container = {key: value for key, value in container.items() if key != "args"}
        spec |= {"pod": {key: value for key, value in pod.items() if key not in {"containers", "serviceAccountName"}}}
        spec |= {"container": container}
    return spec


def test_the_same_as_the_chart(helm: Helm) -> None:
    """Deployment and Service are what the chart makes by default, down to the last field."""
    theirs, ours = objects(manifests(with_operator=True)), helm.objects({"fullnameOverride": NAME})
    for kind, name in (("Deployment", NAME), ("Service", f"{NAME}-metrics")):
        made, chart = find(theirs, kind, name), find(ours, kind, name)
        assert bare(made) == bare(chart)
        assert made["metadata"]["labels"].keys() == chart["metadata"]["labels"].keys() - OURS
    deployment = find(theirs, "Deployment", NAME)
    template = deployment["spec"]["template"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert find(theirs, "Service", "-metrics")["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    assert template["spec"]["containers"][0]["args"] == ["run"]  # its defaults are the chart's: test_values
    account = find(theirs, "ServiceAccount", template["spec"]["serviceAccountName"])
    assert {each["metadata"]["namespace"] for each in (account, deployment)} == {SYSTEM}


def test_the_version_is_the_package_s() -> None:
    """The image is that of the version which prints the manifests, and nothing is left to be filled in."""
    text = (ROOT / "packages/fabgitops-operator/pyproject.toml").read_text(encoding="utf-8")
    version = tomllib.loads(text)["project"]["version"]
    deployment = find(objects(manifests(with_operator=True)), "Deployment", NAME)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"ghcr.io/fabgitops/fabgitops-operator:{version}"
    assert deployment["metadata"]["labels"]["app.kubernetes.io/version"] == version
    assert "@VERSION@" not in manifests(with_operator=True)
    assert "Deployment" not in {each["kind"] for each in objects(manifests())}


def test_a_cluster_takes_it(cluster: Cluster) -> None:
    """The API server takes all of it and makes the pod in a namespace that takes only pods without rights."""
    text = manifests(with_operator=True).replace(SYSTEM, STRICT)
    cluster.kubectl("create", "namespace", STRICT)
    cluster.kubectl("label", "namespace", STRICT, "pod-security.kubernetes.io/enforce=restricted")
    try:
        cluster.kubectl("apply", "--validate=strict", "--filename=-", text=text)
        selector = f"app.kubernetes.io/instance={NAME}"
        until(lambda: cluster.names("pod", STRICT, selector), "the operator's pod is made")
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", "--filename=-", text=text)
