"""Where the API server is, and who we are: one access for everything that goes there."""

import os
from collections.abc import Sequence
from pathlib import Path

from fabgitops_operator.cluster.kubeconfig.access import Access, by_kubeconfig, in_cluster
from fabgitops_operator.cluster.kubeconfig.errors import KubeconfigError
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.hosting.errors import ApiError


class NoConfig(ApiError):
    """It is not known where the API server is."""


def load_access() -> Access:
    """Return how to reach the API server: in a cluster by the pod's service account, else by KUBECONFIG.

    Raises:
        NoConfig: There is neither, or it cannot be used.
    """
    try:
        return in_cluster(os.environ) or by_kubeconfig(chosen(_paths()))
    except KubeconfigError as error:
        raise NoConfig(f"no way to the API server: {error}; set KUBECONFIG to a kubeconfig file", "config") from error


def _paths() -> Sequence[Path]:
    named = [Path(name).expanduser() for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    named = named or [Path("~/.kube/config").expanduser()]
    return [path for path in named if path.exists()] or named[:1]
