"""The agent of chaos before a real API server: who may ask it, how it is found, and what it says of a pod it lacks."""

import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from testbed.plane import ControlPlane

from ..planes import until

pytestmark = pytest.mark.integration
PROGRAM = Path(sys.executable).with_name("fabgitops-operator")
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/fabgitops-agent-node-1"
AUDIENCE = "fabgitops-agent"
INJECTION: dict[str, Any] = {
    "namespace": "line-1",
    "pod": "hmi-0",
    "uid": "0b5a2f6e-5a4e-4d6c-9c1d-1f3f5a7b9c0d",
    "fault": {"networkDelay": {"delayMillis": 100}},
    "capSecs": 60,
}


@dataclass
class Agent:
    """An agent as a process, and the API server that it asks."""

    process: "subprocess.Popen[bytes]"
    api: httpx.Client

    def lease(self) -> dict[str, Any]:
        """Return its Lease, or nothing."""
        answer = self.api.get(LEASE)
        return dict(answer.json()) if answer.is_success else {}

    def about(self, what: str) -> str:
        """Return what the Lease says of it."""
        return str(self.lease()["metadata"]["annotations"][f"agent.fabgitops.io/{what}"])

    def token(self, account: str, audience: str) -> str:
        """Return a token of a service account for an audience, as a projected volume has it."""
        url = f"/api/v1/namespaces/default/serviceaccounts/{account}/token"
        asked = {"spec": {"audiences": [audience], "expirationSeconds": 600}}
        return str(self.api.post(url, json=asked).raise_for_status().json()["status"]["token"])

    def ask(self, method: str, path: str, token: str, body: object = None) -> httpx.Response:
        """Ask it, trusting the certificate that its Lease names, and no other."""
        url = urlsplit(self.about("address"))
        pem = ssl.get_server_certificate((str(url.hostname), int(url.port or 0)))
        assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == self.about("certificate-sha256")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(base_url=url.geturl(), verify=ssl.create_default_context(cadata=pem)) as client:
            return client.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def agent(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """Run an agent that lets the account `operator` ask."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"node": "node-1", "address": "127.0.0.1", "port": port, "lease-namespace": "default"}
    settings |= {"account": "system:serviceaccount:default:operator", "metrics-port": 0, "metrics-bind": "127.0.0.1"}
    words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    log = tmp_path_factory.mktemp("agent") / "log"
    with control_plane.client() as api:
        for account in ("operator", "somebody"):
            url = "/api/v1/namespaces/default/serviceaccounts"
            api.post(url, json={"metadata": {"name": account}}).raise_for_status()
        environment = {**os.environ, "KUBECONFIG": str(control_plane.kubeconfig)}
        with log.open("wb") as out, subprocess.Popen([PROGRAM, "agent", *words], stderr=out, env=environment) as made:
            found = Agent(made, api)
            try:
                until(lambda: made.poll() is not None or found.lease(), "the agent has its Lease")
                assert made.poll() is None, log.read_text()
                yield found
            finally:
                made.send_signal(signal.SIGTERM)
                assert made.wait(20) == 0, log.read_text()
                assert found.lease()["spec"]["holderIdentity"] == ""


def test_the_lease_says_where_it_is_and_what_it_can(agent: Agent) -> None:
    """The Lease has address, certificate and capabilities, and is renewed; the agent says the same of itself."""
    first = agent.lease()["spec"]
    assert first["leaseDurationSeconds"] == 15
    health = agent.ask("GET", "/v1/health", agent.token("operator", AUDIENCE)).raise_for_status().json()
    assert health["instance"] == first["holderIdentity"]
    assert health["capabilities"] == json.loads(agent.about("capabilities"))
    assert (health["node"], health["injections"]) == ("node-1", [])
    assert health["now"] > 0
    until(lambda: agent.lease()["spec"]["renewTime"] > first["renewTime"], "the Lease is renewed")


def test_only_one_account_may_ask(agent: Agent) -> None:
    """A token of another account, of another audience or of nobody opens nothing, and each is told why."""
    ask = ("DELETE", "/v1/injections")
    cases = {
        agent.token("somebody", AUDIENCE): (403, "system:serviceaccount:default:somebody may ask this agent nothing"),
        agent.token("operator", "https://kubernetes.default.svc"): (401, "none for the audience fabgitops-agent"),
        "rubbish": (401, "none for the audience"),
        "": (401, "wants a token"),
    }
    for token, (status, why) in cases.items():
        answer = agent.ask(*ask, token)
        assert (answer.status_code, why in answer.json()["error"]) == (status, True), answer.text


def test_a_pod_that_is_not_here(agent: Agent) -> None:
    """An injection into a pod of another node is refused, what is sent wrongly is named, and a renewal begins none."""
    token = agent.token("operator", AUDIENCE)
    health = agent.ask("GET", "/v1/health", token).json()
    now, injection = health["now"], {**INJECTION, "instance": health["instance"]}
    wrong = agent.ask("PUT", "/v1/injections/e.t", token, injection)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "notAfter: Field required")
    late = agent.ask("PUT", "/v1/injections/e.t", token, {**injection, "notAfter": now - 1})
    missing = agent.ask("PUT", "/v1/injections/e.t", token, {**injection, "notAfter": now + 10})
    known = "nfqueue" in agent.about("capabilities")
    if known:
        assert (late.status_code, missing.status_code) == (412, 404)
        assert missing.json()["error"] == f"no process of a pod {INJECTION['uid']} is on this node"
    else:
        assert "cannot be held on node node-1: none: " in missing.json()["error"]
    renewed = agent.ask(
        "POST", "/v1/injections/e.t/renew", token, {"instance": health["instance"], "notAfter": now + 10}
    )
    why = "has ended, and does not begin again" if known else "is not held"
    assert (renewed.status_code, renewed.json()["error"]) == (410 if known else 404, f"injection e.t {why}")
    assert agent.ask("DELETE", "/v1/injections/e.t", token).status_code == 404
