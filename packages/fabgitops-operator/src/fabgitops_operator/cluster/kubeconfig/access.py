"""One way to an API server: everything that goes there takes it, so all are the same client."""

import os
from collections.abc import Mapping
from pathlib import Path

from fabgitops_operator.cluster.kubeconfig.errors import KubeconfigError, NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User, cluster_of, user_of
from fabgitops_operator.cluster.kubeconfig.files import Chosen
from fabgitops_operator.cluster.kubeconfig.login import Identity, Login
from fabgitops_operator.cluster.kubeconfig.tls import context, show

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access:
    """How an API server is reached, and as whom."""

    def __init__(self, name: str, namespace: str, cluster: Cluster, user: User) -> None:
        """Prepare to connect; nothing is sent yet.

        Raises:
            KubeconfigError: A certificate or a key cannot be read or used.
        """
        self.name = name
        self.namespace = namespace
        self.cluster = cluster
        self.login = Login(user, cluster)
        self.tls = context(cluster, user)
        self._impersonation = user.impersonation
        self._shown: tuple[str, str] | None = None

    def headers(self, identity: Identity) -> list[tuple[str, str]]:
        """Return what each request says of who we are; connections made from now on say it, too.

        Raises:
            NoCredentialsError: The certificate cannot be used.
        """
        if identity.certificate is not None and identity.certificate != self._shown:
            try:
                show(self.tls, *identity.certificate)
            except OSError as error:
                raise NoCredentialsError(f"the plugin's certificate cannot be used: {error}") from error
            self._shown = identity.certificate
        proof = [("Authorization", identity.authorization)] if identity.authorization else []
        plain = [] if self.cluster.compress else [("Accept-Encoding", "identity")]
        return [*proof, *plain, *self._impersonation]


def by_kubeconfig(chosen: Chosen) -> Access:
    """Return the way that a context of a kubeconfig says.

    Raises:
        KubeconfigError: A field cannot be used.
    """
    namespace = chosen.context.get("namespace") or "default"
    if not isinstance(namespace, str):
        raise KubeconfigError("namespace is no text: write it in quotes")
    return Access(chosen.name, namespace, cluster_of(chosen.cluster), user_of(chosen.user))


def in_cluster(environment: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> Access | None:
    """Return the way of a pod by its service account; None where this is no pod that has one.

    Raises:
        KubeconfigError: The account cannot be used.
    """
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    if not host or not (account / "token").exists():
        return None
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        namespace = (account / "namespace").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise KubeconfigError(f"{account}: {error}") from error
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = cluster_of({"server": server, "certificate-authority": os.fspath(account / "ca.crt")})
    return Access("in-cluster", namespace, cluster, User(token_file=os.fspath(account / "token")))
