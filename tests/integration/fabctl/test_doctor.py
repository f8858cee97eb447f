"""What doctor finds on both planes: with all in order, and with one thing after the other that is not."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_operator.cluster.install import manifests
from fabgitops_operator.cluster.lease.record import Record, body_of

from ..planes import APPLY, CRDS, FORCE, Reason, only_kubernetes, only_standalone

pytestmark = pytest.mark.integration

DEFINITION = "industrialplcs.fabgitops.io"


def told(plant: Any, *arguments: str, kubeconfig: Path | None = None) -> tuple[int, dict[str, dict[str, str]]]:
    """Return exit code and checks by name."""
    code, out, err = plant.fabctl("doctor", "-o", "json", *arguments, kubeconfig=kubeconfig)
    assert err == ""
    return code, {each["check"]: each for each in json.loads(out)["items"]}


def held(plant: Any, holder: str) -> str:
    """Let an operator hold a Lease, with the definitions that it brings, and return where."""
    body = next(each for each in yaml.safe_load_all(manifests()) if each["metadata"]["name"] == DEFINITION)
    plant.api.patch(f"{CRDS}/{DEFINITION}", params=FORCE, json=body, headers=APPLY).raise_for_status()
    path = f"/apis/coordination.k8s.io/v1/namespaces/{plant.namespace}/leases"
    plant.api.post(path, json=body_of(plant.namespace, "operator", Record("", holder, 3600.0))).raise_for_status()
    return f"{path}/operator"


@contextmanager
def pod(plant: Any, name: str, status: int, said: str) -> Iterator[None]:
    """Be a pod that answers whether it is ready; the API server reaches none on a loopback address."""

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent: it only tells the address from which it would be
        address = probe.getsockname()[0]
    server = ThreadingHTTPServer((address, 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"/api/v1/namespaces/{plant.namespace}"
    ports = [{"name": "metrics", "containerPort": server.server_port}]
    spec = {"containers": [{"name": "operator", "image": "x", "ports": ports}], "automountServiceAccountToken": False}
    plant.api.post(f"{at}/serviceaccounts", json={"metadata": {"name": "default"}})
    plant.api.post(f"{at}/pods", json={"metadata": {"name": name}, "spec": spec}).raise_for_status()
    merge = {"Content-Type": "application/merge-patch+json"}
    run = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
    plant.api.patch(f"{at}/pods/{name}/status", json=run, headers=merge).raise_for_status()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@only_kubernetes(Reason.LEASE)
def test_all_in_order_is_told_as_such(plant: Any) -> None:
    """Each check says what it found, the operator's own word on whether it is ready among them."""
    lease = held(plant, "operator-1_ab12")
    try:
        with pod(plant, "operator-1", 200, "ok\nholds the Lease\n"):
            code, checks = told(plant)
    finally:
        plant.api.delete(lease)
    assert (code, {each["state"] for each in checks.values()}) == (0, {"ok"}), checks
    assert checks["health of operator-1"]["found"] == "ready: ok holds the Lease"
    assert plant.namespace in checks["kubeconfig"]["found"]
    assert checks["definitions"]["found"].startswith("version ")


@only_kubernetes(Reason.LEASE)
def test_an_operator_that_is_not_ready_fails(plant: Any) -> None:
    """With its own word on why, and where to look; one that does not run at all fails as well."""
    code, checks = told(plant)
    assert (code, checks["operator"]["state"]) == (1, "FAILED")
    lease = held(plant, "operator-2_ab12")
    try:
        with pod(plant, "operator-2", 503, "the API server is away\n"):
            code, checks = told(plant)
    finally:
        plant.api.delete(lease)
    assert (code, checks["operator"]["state"]) == (1, "ok")
    assert checks["health of operator-2"]["found"] == "not ready (503): the API server is away"
    assert checks["health of operator-2"]["mend"].endswith(f"kubectl logs -n {plant.namespace} operator-2")


@only_kubernetes(Reason.RIGHTS)
def test_rights_that_are_missing_are_named(plant: Any) -> None:
    """Who may only read is warned of what they cannot do, and what they may not see is skipped."""
    reader = plant.grant("doctor-reader", ("fabgitops.io", "industrialplcs", ["get", "list"]))
    code, checks = told(plant, kubeconfig=reader)
    assert code == 0
    assert checks["you"]["found"] == "doctor-reader"
    for name, missing in (("rights: sync, suspend, resume", "patch"), ("rights: approve", "approve")):
        found = checks[name]
        assert (found["state"], f"{missing} industrialplcs.fabgitops.io" in found["found"]) == ("warning", True)
    assert checks["rights: top"]["found"] == "you may not: list leases.coordination.k8s.io in all namespaces"
    assert {checks[name]["state"] for name in ("definitions", "operator")} == {"skipped"}
    stranger = plant.plane.control.kubeconfig_for("doctor-stranger")
    assert told(plant, kubeconfig=stranger)[0] == 1


@only_standalone(Reason.LEASE)
def test_a_box_is_in_order(plant: Any) -> None:
    """Where the operator is its own API server nothing else has to run."""
    code, checks = told(plant)
    assert (code, {each["state"] for each in checks.values()}) == (0, {"ok"}), checks
    assert "is the API server itself" in checks["operator"]["found"]


def test_what_is_away_is_told_with_what_to_do(plant: Any, tmp_path: Path) -> None:
    """An API server that is away, and a kubeconfig that is none, end it there, as a table."""
    plant.plane.stop()
    try:
        code, out, _ = plant.fabctl("doctor")
    finally:
        plant.plane.start()
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["CHECK", "kubeconfig", "API"]
    assert "cannot be reached" in out
    (tmp_path / "none").write_text(yaml.safe_dump({"clusters": []}))
    code, checks = told(plant, kubeconfig=tmp_path / "none")
    assert (code, list(checks), checks["kubeconfig"]["state"]) == (1, ["kubeconfig"], "FAILED")
