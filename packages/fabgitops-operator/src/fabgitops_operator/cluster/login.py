"""Who we are, and how we get there: one access for the client that lists and writes, and for kopf, which watches."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp
import kopf

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


def kopf_login(
    access: Access, middleware: aiohttp.ClientMiddlewareType
) -> Callable[..., Awaitable[kopf.AiohttpSession]]:
    """Return what logs kopf in: at each login a session of its own that goes the same way as everything else."""

    async def login(**_: object) -> kopf.AiohttpSession:
        session = aiohttp.ClientSession(
            # A connection for each request: a watch lasts long anyway, and none is left that shows who we were before.
            connector=aiohttp.TCPConnector(limit=0, ssl=access.tls, force_close=True),
            proxy=access.cluster.proxy or None,
            trust_env=False,  # the access has looked there already
            middlewares=(middleware,),
        )
        return kopf.AiohttpSession(
            server=access.cluster.server, aiohttp_session=session, default_namespace=access.namespace
        )

    return login
