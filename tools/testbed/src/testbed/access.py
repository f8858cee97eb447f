"""What anyone who has a control plane's folder can do with it: call it, and make further users."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx

from testbed.certificates import KeyPair, issue_client
from testbed.components import Layout
from testbed.kubeconfig import write_kubeconfig

SERVICE_ACCOUNT = "system:serviceaccount:"
REQUEST_TIMEOUT = 10.0  # seconds


def admin_tls(layout: Layout) -> ssl.SSLContext:
    """TLS that trusts this control plane alone and shows the administrator's certificate."""
    context = ssl.create_default_context(cafile=layout.authority.certificate)
    context.load_cert_chain(layout.admin.certificate, layout.admin.key)
    return context


class Access:
    """The administrator's way into a running control plane.

    Attributes:
        dir: the folder that holds the control plane's keys, data and logs.
        url: the API server, `https://127.0.0.1:<port>`.
        kubeconfig: the administrator's kubeconfig, mode 0600.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._layout = Layout(folder)
        self.dir = folder
        self.url = url
        self.kubeconfig = self._layout.kubeconfig

    def client(self) -> httpx.Client:
        """An HTTP client that speaks to the API server as administrator; close it after use."""
        # trust_env=False: a proxy from the environment has no business on loopback.
        return httpx.Client(base_url=self.url, verify=self.tls(), trust_env=False, timeout=REQUEST_TIMEOUT)

    def tls(self) -> ssl.SSLContext:
        """What any other client needs to speak to the API server as administrator."""
        return admin_tls(self._layout)

    def apiserver_metrics(self) -> str:
        """The API server's own metrics, in the Prometheus text format.

        `apiserver_request_total` counts the requests it served by verb, resource and code.

        Raises:
            httpx.HTTPError: the API server did not answer, or not with 200.
        """
        with self.client() as client:
            return client.get("/metrics").raise_for_status().text

    def kubeconfig_for(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig for a user with no rights but those that RBAC gives to the name or its groups.

        A service account's name (`system:serviceaccount:<namespace>:<name>`) also gets the groups that
        the API server gives a service account, so a program runs under exactly its role. Asked again
        for the same user and groups, it returns the same file.

        Args:
            user: 1 to 64 characters.
            groups: further groups; `system:authenticated` comes by itself.

        Raises:
            ValueError: the user's name does not fit into a certificate.
        """
        every = [*_service_account_groups(user), *groups]
        digest = hashlib.sha256("\0".join([user, *every]).encode()).hexdigest()[:12]
        name = f"{quote(user, safe=':')}-{digest}".replace(":", ".")
        path = self.dir / "users" / f"{name}.kubeconfig"
        if not path.exists():
            pair = KeyPair.named(self.dir / "users", name)
            issue_client(self._layout.authority, pair, user, every)
            write_kubeconfig(path, self.url, self._layout.authority.certificate, pair)
        return path


def _service_account_groups(user: str) -> list[str]:
    if not user.startswith(SERVICE_ACCOUNT):
        return []
    namespace, separator, name = user.removeprefix(SERVICE_ACCOUNT).partition(":")
    if not (namespace and separator and name):
        raise ValueError(f"user {user!r}: a service account is {SERVICE_ACCOUNT}<namespace>:<name>")
    return ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
