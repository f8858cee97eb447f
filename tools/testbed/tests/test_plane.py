"""The control plane as tests use it: a real API server."""

from __future__ import annotations

import http
import json
import ssl
from pathlib import Path

import httpx
import pytest
import yaml
from testbed import ControlPlane, TestbedError
from testbed.access import Access

pytestmark = pytest.mark.integration

SERVICE_ACCOUNT = "system:serviceaccount:plant:reader"


def client_from(kubeconfig: Path, folder: Path) -> httpx.Client:
    """A client as any Kubernetes client would make it from a kubeconfig alone."""
    import base64

    content = yaml.safe_load(kubeconfig.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    pem = folder / "user.pem"
    pem.write_bytes(b"".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    tls.load_cert_chain(pem)
    return httpx.Client(base_url=cluster["server"], verify=tls, trust_env=False)


def test_api_server_stops_and_starts_again(control_plane: ControlPlane) -> None:
    """A stopped API server refuses connections, and comes back at the same address with its data."""
    with control_plane.client() as client:
        name = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}}
        client.post("/api/v1/namespaces/default/configmaps", json=name).raise_for_status()
    control_plane.stop_apiserver()
    try:
        with control_plane.client() as client, pytest.raises(httpx.ConnectError):
            client.get("/readyz")
    finally:
        control_plane.start_apiserver()
    with control_plane.client() as client:
        kept = client.get("/api/v1/namespaces/default/configmaps/kept")
    assert kept.status_code == http.HTTPStatus.OK
