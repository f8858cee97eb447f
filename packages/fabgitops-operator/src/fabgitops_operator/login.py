"""How kopf reaches the API server: the same way as everything else here."""

import kopf

from fabgitops_operator.kube import SingleConfig


def connection(config: SingleConfig) -> kopf.ConnectionInfo:
    """Return what kopf must know of a kubeconfig's context."""
    cluster, user = config.cluster, config.user
    return kopf.ConnectionInfo(
        server=cluster.server,
        ca_path=_path(config, cluster.certificate_auth),
        ca_data=cluster.certificate_auth_data,
        insecure=cluster.insecure,
        username=user.username if user else None,
        password=user.password if user else None,
        token=user.token if user else None,
        certificate_path=_path(config, user.client_cert if user else None),
        certificate_data=user.client_cert_data if user else None,
        private_key_path=_path(config, user.client_key if user else None),
        private_key_data=user.client_key_data if user else None,
        default_namespace=config.namespace,
    )


def _path(config: SingleConfig, name: str | None) -> str | None:
    return str(config.abs_file(name)) if name else None
