"""Which versions are in a cluster."""

import json
from importlib.metadata import version
from typing import Any

import pytest
import yaml
from fabgitops_operator.cluster.install import manifests
from fabgitops_operator.cluster.lease.record import Record, body_of

from ..planes import Reason, only_kubernetes, only_standalone

pytestmark = pytest.mark.integration

DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/industrialplcs.fabgitops.io"
APPLY = {"Content-Type": "application/apply-patch+yaml"}


@only_kubernetes(Reason.LEASE)
def test_versions_of_fabctl_operator_and_definitions(plant: Any) -> None:
    """`version` names all three: its own, that of the operator by its Lease, that of the definitions as installed."""
    ours = version("fabgitops-operator")
    body = next(
        each for each in yaml.safe_load_all(manifests()) if each["metadata"]["name"].startswith("industrialplcs")
    )
    force = {"fieldManager": "tests", "force": "true"}
    plant.api.patch(DEFINITION, params=force, content=json.dumps(body), headers=APPLY).raise_for_status()
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{plant.namespace}/leases"
    for name, holder in (("one", "pod-1"), ("left", "")):
        made = body_of(plant.namespace, name, Record("", holder, 3600.0))
        plant.api.post(leases, json=made).raise_for_status()
    code, out, err = plant.fabctl("version")
    assert (code, err) == (0, "")
    assert f"fabctl {version('fabctl')}\n" in out
    assert f"operator {ours} (pod-1, Lease {plant.namespace}/one)\n" in out
    assert "/left" not in out
    assert f"definitions {ours}\n" in out
    told = json.loads(plant.fabctl("version", "-o", "json")[1])["items"][0]
    assert told["definitions"] == ours
    assert {"version": ours, "holder": "pod-1", "lease": f"{plant.namespace}/one"} in told["operators"]


@only_kubernetes(Reason.LEASE)
def test_who_may_not_ask_still_sees_the_own_version(plant: Any) -> None:
    """What a user may not see is told on standard error, and is no failure."""
    code, out, err = plant.fabctl("version", kubeconfig=plant.plane.control.kubeconfig_for("nobody"))
    assert (code, out) == (0, f"fabctl {version('fabctl')}\n")
    assert "nobody may not list leases.coordination.k8s.io in all namespaces (403)" in err
    assert "nobody may not get customresourcedefinitions.apiextensions.k8s.io" in err


@only_standalone(Reason.LEASE)
def test_without_a_cluster_the_operator_is_the_api_server(plant: Any) -> None:
    """Where the operator is its own API server, `version` names it without a Lease, and its definitions."""
    ours = version("fabgitops-operator")
    printed = f"fabctl {version('fabctl')}\noperator {ours} (without a cluster)\ndefinitions {ours}\n"
    assert plant.fabctl("version") == (0, printed, "")
