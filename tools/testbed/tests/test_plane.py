"""The control plane as tests use it: a real API server."""

from __future__ import annotations

import base64
import http
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml
from testbed import ControlPlane, TestbedError, control_plane

pytestmark = pytest.mark.integration

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ACCOUNT = "system:serviceaccount:plant:reader"


def config_map(name: str) -> dict[str, object]:
    """The smallest thing to create."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def client_of(kubeconfig: Path, folder: Path) -> httpx.Client:
    """A client made, as any Kubernetes client is, from the kubeconfig alone."""
    content = yaml.safe_load(kubeconfig.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    pem = folder / "user.pem"
    parts = (user["client-certificate-data"], user["client-key-data"])
    pem.write_bytes(b"".join(base64.b64decode(part) for part in parts))
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    tls.load_cert_chain(pem)
    return httpx.Client(base_url=cluster["server"], verify=tls, trust_env=False)


def requests_for_config_maps(plane: ControlPlane) -> float:
    """How many ConfigMaps the API server says it was asked to create."""
    lines = plane.apiserver_metrics().splitlines()
    asked = [
        line
        for line in lines
        if line.startswith("apiserver_request_total{") and 'resource="configmaps"' in line and 'verb="POST"' in line
    ]
    return sum(float(line.rpartition(" ")[2]) for line in asked)


def test_kubeconfig_is_for_its_owner_alone(control_plane: ControlPlane, tmp_path: Path) -> None:
    """The administrator's kubeconfig works by itself and nobody else can read it."""
    with client_of(control_plane.kubeconfig, tmp_path) as client:
        version = client.get("/version").raise_for_status().json()
    assert version["major"] == "1"
    assert version["minor"] == "34"
    assert stat.S_IMODE(control_plane.kubeconfig.stat().st_mode) == 0o600


def test_user_has_the_rights_that_roles_give(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A user starts with no rights, and gets exactly those that a role binding gives to the name."""
    kubeconfig = control_plane.kubeconfig_for(ACCOUNT)
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "plant", "name": "reader"}],
    }
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    with client_of(kubeconfig, tmp_path) as reader, control_plane.client() as admin:
        refused = reader.get(CONFIG_MAPS)
        assert refused.status_code == http.HTTPStatus.FORBIDDEN
        assert f'User "{ACCOUNT}" cannot list' in refused.json()["message"]
        admin.post(f"{rbac}/roles", json=role).raise_for_status()
        admin.post(f"{rbac}/rolebindings", json=binding).raise_for_status()
        reader.get(CONFIG_MAPS).raise_for_status()
        assert reader.post(CONFIG_MAPS, json=config_map("no")).status_code == http.HTTPStatus.FORBIDDEN


def test_service_account_has_its_groups(control_plane: ControlPlane, tmp_path: Path) -> None:
    """The API server sees a service account's name in the groups that a real one is in, and those asked for."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with client_of(control_plane.kubeconfig_for(ACCOUNT, ["extra"]), tmp_path) as client:
        answer = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=review)
    user = answer.raise_for_status().json()["status"]["userInfo"]
    assert user["username"] == ACCOUNT
    assert sorted(user["groups"]) == [
        "extra",
        "system:authenticated",
        "system:serviceaccounts",
        "system:serviceaccounts:plant",
    ]


@pytest.mark.parametrize(
    ("user", "reason"),
    [("x" * 65, "has 65 characters"), ("", "has 0 characters"), ("system:serviceaccount:x", "<namespace>:<name>")],
)
def test_user_that_no_certificate_can_name(control_plane: ControlPlane, user: str, reason: str) -> None:
    """A user's name that cannot stand in a certificate is refused with the reason."""
    with pytest.raises(ValueError, match=reason):
        control_plane.kubeconfig_for(user)


def test_metrics_count_requests(control_plane: ControlPlane) -> None:
    """One request more to the API server is one more in its metrics."""
    before = requests_for_config_maps(control_plane)
    with control_plane.client() as client:
        client.post(CONFIG_MAPS, json=config_map("counted")).raise_for_status()
    assert requests_for_config_maps(control_plane) == before + 1


def test_api_server_stops_and_starts_again(control_plane: ControlPlane) -> None:
    """A stopped API server refuses connections, and comes back at the same address with its data."""
    with control_plane.client() as client:
        client.post(CONFIG_MAPS, json=config_map("kept")).raise_for_status()
    control_plane.stop_apiserver()
    try:
        with control_plane.client() as client, pytest.raises(httpx.ConnectError):
            client.get("/readyz")
        with pytest.raises(TestbedError, match="is not running"):
            control_plane.stop_apiserver()
    finally:
        control_plane.start_apiserver()
    with control_plane.client() as client:
        client.get(f"{CONFIG_MAPS}/kept").raise_for_status()
    with pytest.raises(TestbedError, match="is already running"):
        control_plane.start_apiserver()


def test_data_is_set_back() -> None:
    """A restore brings back what was there at the backup, and nothing of what came after it; without one it refuses."""
    with control_plane() as plane, plane.client() as client:
        with pytest.raises(TestbedError, match="take one first"):
            plane.restore()
        client.post(CONFIG_MAPS, json=config_map("kept")).raise_for_status()
        plane.back_up()
        client.delete(f"{CONFIG_MAPS}/kept").raise_for_status()
        client.post(CONFIG_MAPS, json=config_map("later")).raise_for_status()
        plane.restore()
        client.get(f"{CONFIG_MAPS}/kept").raise_for_status()
        assert client.get(f"{CONFIG_MAPS}/later").status_code == http.HTTPStatus.NOT_FOUND


def test_controller_manager_deletes_namespaces(until: Callable[..., None]) -> None:
    """With the controller manager a deleted namespace goes, and with the block everything else."""
    with control_plane(controller_manager=True) as plane, plane.client() as client:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "line-1"}}
        client.post("/api/v1/namespaces", json=namespace).raise_for_status()
        client.delete("/api/v1/namespaces/line-1").raise_for_status()
        gone = http.HTTPStatus.NOT_FOUND
        until(lambda: client.get("/api/v1/namespaces/line-1").status_code == gone, "the namespace is gone")
    assert not plane.dir.exists()


def test_component_that_dies_shows_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When a component ends during the start, the error has the end of its log."""
    for name in ("etcd", "kube-apiserver"):
        path = tmp_path / name
        path.write_text("#!/bin/sh\necho 'disk on fire'\nexit 7\n")
        path.chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    died = pytest.raises(TestbedError, match=r"etcd ended with 7; its last lines were\n    disk on fire")
    with died, control_plane():
        pytest.fail("a control plane without etcd started")
