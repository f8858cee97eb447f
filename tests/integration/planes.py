"""The two planes that tests run on: a real API server, and the one box that needs no cluster.

A test that asks for `plane` (or for `site` or `plant`, which stand on one) runs on each; `-k kubernetes` and
`-k standalone` choose. What only one can do is marked so, with the reason, and docs/standalone.md lists the reasons.
"""

import base64
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import httpx
import httpx2
import pytest
import yaml
from testbed.plane import ControlPlane

KUBERNETES, STANDALONE = "kubernetes", "standalone"


class Reason(StrEnum):
    """Why a test cannot run on both planes."""

    LEASE = "a second operator, and the Lease"
    AWAY = "an API server that is away while the operator runs"
    WATCH = "a watch that is refused, breaks off, or is set back by a backup of etcd"
    LOGIN = "logins by certificate, plugin or impersonation, and TLS by default"
    RIGHTS = "rights of single accounts (RBAC)"
    DEFINITIONS = "definitions and policy that are changed or taken away while it runs"
    FIELDS = "managedFields, and server-side apply"
    NAMESPACES = "an operator for some namespaces alone"
    RACKS = "racks and their parts"
    MISTAKES = "a manifest that the API server takes, and that is not valid"
    COLLECTING = "what an owner leaves is collected at once"


only_kubernetes = pytest.mark.only_kubernetes
only_standalone = pytest.mark.only_standalone

MANIFESTS = Path(__file__).parents[2] / "packages/fabgitops-operator/src/fabgitops_operator/manifests"
KINDS = ("industrialplcs", "industrialplctemplates")
NAME = "fabgitops.io"
GROUP = f"/apis/{NAME}/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
FORCE = {"fieldManager": "tests", "force": "true"}
MERGE = {"Content-Type": "application/merge-patch+json"}
PATIENCE = 60.0
T = TypeVar("T")


ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"


def until(found: Callable[[], T], what: str) -> T:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.05)
    return value


class Plane(ABC):
    """Where objects are kept, and how a test gets there as somebody who may do everything."""

    name: str
    url: str
    kubeconfig: Path
    operators_kubeconfig: Path
    """By which an operator gets there."""

    @abstractmethod
    def client(self) -> httpx.Client:
        """Return an HTTP client; close it after use."""

    def install(self) -> None:  # noqa: B027 - a box has its kinds
        """See to it that the kinds are served."""

    @abstractmethod
    def add_namespace(self, name: str) -> None:
        """Make a namespace."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the API; connections to it are refused from now on, what it keeps stays."""

    @abstractmethod
    def start(self) -> None:
        """Start it again, at the same address."""

    @abstractmethod
    def command(self, *namespaces: str) -> list[str]:
        """Return what runs the operator for namespaces, without the program's name."""

    @abstractmethod
    def make_way(self) -> None:
        """Let an operator begin."""

    @abstractmethod
    def runs(self, alive: Callable[[], bool]) -> None:
        """Note an operator, which lives for as long as this says."""

    @abstractmethod
    def transport(self) -> httpx2.AsyncBaseTransport | None:
        """Return how a lightkube client is to send its requests; None: as it does."""

    @abstractmethod
    def let_secrets_be_read(self) -> None:
        """Let operators that begin from now on read Secrets."""

    @abstractmethod
    def keep_secret(self, namespace: str, name: str, data: Mapping[str, bytes]) -> None:
        """Let the operator find a Secret."""

    @property
    @abstractmethod
    def control(self) -> ControlPlane:
        """Return what only Kubernetes has."""


class Kubernetes(Plane):
    """A real API server on which the kinds are installed."""

    name = KUBERNETES

    def __init__(self, control: ControlPlane) -> None:
        self._control = control
        self.url, self.kubeconfig = control.url, control.kubeconfig
        self.operators_kubeconfig = control.kubeconfig_for(ACCOUNT)

    @property
    def control(self) -> ControlPlane:
        """Return it."""
        return self._control

    def client(self) -> httpx.Client:
        """Return a client of its administrator."""
        return self._control.client()

    def install(self) -> None:
        """Install the kinds as they are shipped, and wait until they are served."""
        with self.client() as api:
            for kind in KINDS:
                body = (MANIFESTS / f"{kind}.fabgitops.io.yaml").read_text()
                url = f"{CRDS}/{kind}.fabgitops.io"
                api.patch(url, params=FORCE, content=body, headers=APPLY).raise_for_status()
            served = [f"{GROUP}/{kind}" for kind in KINDS]
            until(lambda: all(api.get(url).status_code == 200 for url in served), "the kinds are served")
            until(lambda: discovered(api), "kubectl finds the kinds")

    def let_go(self) -> None:
        """Take off the finalizers that a test has left: they hold the kind, too, when another test takes it away."""
        with self.client() as api:
            for kind in KINDS:
                listed = api.get(f"{GROUP}/{kind}")
                for each in listed.json()["items"] if listed.status_code == 200 else ():
                    metadata = each["metadata"]
                    if metadata.get("finalizers"):
                        url = f"{GROUP}/namespaces/{metadata['namespace']}/{kind}/{metadata['name']}"
                        api.patch(url, json={"metadata": {"finalizers": None}}, headers=MERGE)

    def add_namespace(self, name: str) -> None:
        """Make a namespace."""
        with self.client() as api:
            api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()

    def stop(self) -> None:
        """Stop the API server."""
        self._control.stop_apiserver()

    def start(self) -> None:
        """Start it again."""
        self._control.start_apiserver()

    def command(self, *namespaces: str) -> list[str]:
        """Return what runs it outside a cluster."""
        flags = [word for name in namespaces for word in ("--namespace", name)]
        return ["run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0", *flags]

    def make_way(self) -> None:
        """Do nothing: the API server is there beside it."""

    def runs(self, alive: Callable[[], bool]) -> None:
        """Pass over it."""

    def transport(self) -> None:
        """Leave it as it is."""

    def let_secrets_be_read(self) -> None:
        """Give the operator that right, exactly as it is shipped."""
        with self.client() as api:
            for body in yaml.safe_load_all((MANIFESTS / "secrets.yaml").read_text()):
                plural = f"{body['kind'].lower()}s"
                url = f"/apis/rbac.authorization.k8s.io/v1/{plural}/{body['metadata']['name']}"
                api.patch(url, params=FORCE, json=body, headers=APPLY).raise_for_status()

    def keep_secret(self, namespace: str, name: str, data: Mapping[str, bytes]) -> None:
        """Store a Secret."""
        secrets = f"/api/v1/namespaces/{namespace}/secrets"
        text = {field: base64.b64encode(content).decode() for field, content in data.items()}
        with self.client() as api:
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": text}
            api.patch(f"{secrets}/{name}", params=FORCE, json=body, headers=APPLY).raise_for_status()


def discovered(api: httpx.Client) -> bool:
    """Return whether the kinds stand where kubectl looks for names and schemas: both follow what is served later."""
    groups = api.get("/apis", headers=DISCOVERY).json()["items"]
    versions = [version for each in groups if each["metadata"]["name"] == NAME for version in each["versions"]]
    found = {each["resource"] for version in versions for each in version["resources"]}
    schemas = api.get(f"/openapi/v3{GROUP}")
    return found.issuperset(KINDS) and all(f"/{kind}" in schemas.text for kind in KINDS)


def merging(before: Any, wanted: Any) -> Any:
    """Return the merge patch (RFC 7386) that makes one value of another, with null for what is dropped."""
    if not isinstance(before, dict) or not isinstance(wanted, dict):
        return wanted
    dropped = dict.fromkeys(before.keys() - wanted.keys())
    return dropped | {name: merging(before.get(name), value) for name, value in wanted.items()}
