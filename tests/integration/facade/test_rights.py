"""Who may do what: each caller what the API server lets them, and the facade itself next to nothing."""

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import yaml
from testbed.plane import ControlPlane

from ..planes import until
from .conftest import Start

pytestmark = pytest.mark.integration

SPEC = {"chassisCount": 1, "chassisConfig": {"bladeCount": 1, "bladeConfig": {"nodeCount": 1, "bmcMode": "shared"}}}
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GUIDE = Path(__file__).parents[3] / "docs/guides/rest.md"


def role_of_the_page() -> dict[str, Any]:
    """Return the role that the guide gives the facade."""
    blocks = GUIDE.read_text().split("```yaml\n")[1:]
    documents = [each for block in blocks for each in yaml.safe_load_all(block.partition("```")[0])]
    return next(each for each in documents if each and each["kind"] == "Role")


def bound(kubernetes: httpx.Client, namespace: str, name: str, rules: list[dict[str, Any]], subject: Any) -> None:
    """Give somebody a role in the namespace."""
    at = f"{RBAC}/namespaces/{namespace}"
    role = {"metadata": {"name": name}, "rules": rules}
    kubernetes.post(f"{at}/roles", json=role).raise_for_status()
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    kubernetes.post(f"{at}/rolebindings", json=binding).raise_for_status()


def token(kubernetes: httpx.Client, namespace: str, name: str, rules: list[dict[str, Any]]) -> dict[str, str]:
    """Make an account with a role, and return a header with its token."""
    at = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    kubernetes.post(at, json={"metadata": {"name": name}}).raise_for_status()
    bound(kubernetes, namespace, name, rules, {"kind": "ServiceAccount", "name": name, "namespace": namespace})
    asked = kubernetes.post(f"{at}/{name}/token", json={"spec": {}})
    return {"Authorization": f"Bearer {asked.raise_for_status().json()['status']['token']}"}


@pytest.fixture
def shown(tmp_path: Path) -> tuple[list[str], ssl.SSLContext]:
    """Return flags by which a facade shows a certificate, and what trusts it."""
    ca = trustme.CA()
    server = ca.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    server.cert_chain_pems[0].write_to_path(str(certificate))
    server.private_key_pem.write_to_path(str(key))
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    return ["--tls-cert", str(certificate), "--tls-key", str(key)], trusting


def test_each_caller_is_who_they_are(
    start: Start,
    shown: tuple[list[str], ssl.SSLContext],
    racks: ControlPlane,
    kubernetes: httpx.Client,
    namespace: str,
) -> None:
    """Over TLS a reader reads, a writer writes, an unknown token and none are refused, whoever runs the facade.

    It runs as the role that its page gives it, which lets nobody write: what a caller could not do by kubectl, they
    cannot do here.
    """
    user = "facade"
    bound(kubernetes, namespace, "facade", role_of_the_page()["rules"], {"kind": "User", "name": user})
    reads = {"apiGroups": ["fabgitops.io"], "resources": ["*"], "verbs": ["get", "list"]}
    reader = token(kubernetes, namespace, "reader", [reads])
    writes = {**reads, "verbs": ["get", "list", "create", "update", "delete"]}
    writer = token(kubernetes, namespace, "writer", [writes])
    flags, trusting = shown
    url = start(*flags, kubeconfig=racks.kubeconfig_for(user), verify=trusting)
    template = {"name": "t", **SPEC}
    with httpx.Client(base_url=url, verify=trusting) as rest:
        assert rest.get("/racktemplates").status_code == 401
        assert rest.get("/racktemplates", headers={"Authorization": "Bearer x"}).status_code == 401
        assert rest.get("/racktemplates", headers=reader).json() == []
        refused = rest.post("/racktemplates", json=template, headers=reader)
        assert refused.status_code == 403
        assert f"system:serviceaccount:{namespace}:reader" in refused.json()["error"]
        made = rest.post("/racktemplates", json=template, headers=writer)
        assert made.status_code == 201
        at = f"/racktemplates/{made.json()['metadata']['uid']}"
        assert rest.get(at, headers=reader).json() == made.json()
        assert rest.delete(at, headers=reader).status_code == 403
        assert rest.put(f"{at}/status", json={"usageCount": 1}, headers=writer).status_code == 200
        assert rest.delete(at, headers=writer).status_code == 200


def test_a_certificate_of_ours_is_never_anothers(start: Start, kubernetes: httpx.Client, namespace: str) -> None:
    """Run by an administrator whose kubeconfig has a certificate, a caller with a token is that token's owner."""
    reads = {"apiGroups": ["fabgitops.io"], "resources": ["*"], "verbs": ["list"]}
    reader = token(kubernetes, namespace, "reader", [reads])
    with httpx.Client(base_url=start()) as rest:
        assert rest.post("/racktemplates", json={"name": "t", **SPEC}, headers=reader).status_code == 403
        assert rest.post("/racktemplates", json={"name": "t", **SPEC}).status_code == 201
        assert len(rest.get("/racktemplates", headers=reader).json()) == 1


def _why(url: str) -> str:
    health = httpx.get(f"{url}/health")
    assert health.status_code == 503
    return str(health.json()["error"])


def test_without_the_right_to_follow_it_says_so(start: Start, racks: ControlPlane) -> None:
    """Run by somebody who may not list, nothing is answered, and /health says what is missing."""
    url = start(kubeconfig=racks.kubeconfig_for("nobody"), ready=False)
    until(lambda: 'User "nobody" cannot list resource' in _why(url), "/health says what is forbidden")
    assert httpx.get(f"{url}/racks").status_code == 503
