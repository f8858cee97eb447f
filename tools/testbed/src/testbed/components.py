"""The control plane's components: their files and their command lines, and nothing that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.certificates import KeyPair, issue_client, issue_server, make_authority, write_key
from testbed.kubeconfig import write_kubeconfig

ETCD = "etcd"
API_SERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
ADMIN_USER = "testbed-admin"
ADMIN_GROUP = "system:masters"  # the one group that RBAC lets do everything from the first moment
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Layout:
    """Where each file of one control plane lies, below its folder."""

    folder: Path

    @property
    def authority(self) -> KeyPair:
        """The certificate authority of this control plane alone."""
        return KeyPair.named(self.folder / "pki", "ca")

    @property
    def server(self) -> KeyPair:
        """What etcd and the API server show, and what the API server shows to etcd."""
        return KeyPair.named(self.folder / "pki", "server")

    @property
    def admin(self) -> KeyPair:
        """The client certificate of the administrator."""
        return KeyPair.named(self.folder / "pki", "admin")

    @property
    def service_account_key(self) -> Path:
        """The key that signs service account tokens."""
        return self.folder / "pki" / "service-account.key"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "admin.kubeconfig"

    @property
    def data(self) -> Path:
        """What etcd keeps."""
        return self.folder / "data"

    @property
    def backup(self) -> Path:
        """A copy of what etcd kept when it was last asked for."""
        return self.folder / "backup"

    def log(self, component: str) -> Path:
        """The log file of a component."""
        return self.folder / "logs" / f"{component}.log"

    def prepare(self, url: str) -> None:
        """Make the folders, keys, certificates and the administrator's kubeconfig."""
        for name in ("pki", "data", "logs", "users"):
            (self.folder / name).mkdir(mode=0o700)
        make_authority(self.authority)
        issue_server(self.authority, self.server)
        issue_client(self.authority, self.admin, ADMIN_USER, [ADMIN_GROUP])
        write_key(self.service_account_key)
        write_kubeconfig(self.kubeconfig, url, self.authority.certificate, self.admin)


def etcd_arguments(layout: Layout, port: int) -> list[str]:
    """Etcd on loopback: only the API server's certificate opens it, and nothing is synced to disk."""
    url = f"https://{LOOPBACK}:{port}"
    return [
        f"--data-dir={layout.data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        "--listen-peer-urls=http://127.0.0.1:0",  # one member has no peers
        "--client-cert-auth",
        f"--trusted-ca-file={layout.authority.certificate}",
        f"--cert-file={layout.server.certificate}",
        f"--key-file={layout.server.key}",
        "--unsafe-no-fsync",  # the data is thrown away; syncing is most of what a write costs
    ]


def api_server_arguments(layout: Layout, port: int, etcd_port: int) -> list[str]:
    """The API server with RBAC on, as close to a production one as a folder on loopback allows."""
    return [
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--etcd-servers=https://{LOOPBACK}:{etcd_port}",
        f"--etcd-cafile={layout.authority.certificate}",
        f"--etcd-certfile={layout.server.certificate}",
        f"--etcd-keyfile={layout.server.key}",
        f"--client-ca-file={layout.authority.certificate}",
        f"--tls-cert-file={layout.server.certificate}",
        f"--tls-private-key-file={layout.server.key}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={layout.service_account_key}",
        f"--service-account-signing-key-file={layout.service_account_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # Without kube-controller-manager no namespace gets its default service account, and this
        # admission plugin would then refuse every pod.
        "--disable-admission-plugins=ServiceAccount",
        # The `kubernetes` Service may not point to loopback, and nothing here looks it up.
        "--endpoint-reconciler-type=none",
    ]


def controller_manager_arguments(layout: Layout, port: int, controllers: Sequence[str]) -> list[str]:
    """The controllers, each under its own service account, as kubeadm runs them."""
    return [
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--kubeconfig={layout.kubeconfig}",
        f"--tls-cert-file={layout.server.certificate}",
        f"--tls-private-key-file={layout.server.key}",
        f"--root-ca-file={layout.authority.certificate}",
        f"--service-account-private-key-file={layout.service_account_key}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",  # there is one
        f"--controllers={','.join(controllers)}",
    ]
