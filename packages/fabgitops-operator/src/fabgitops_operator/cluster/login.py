"""How kopf gets there: the same way as the client that lists and writes."""

from collections.abc import Awaitable, Callable

import aiohttp
import kopf

from fabgitops_operator.cluster.kubeconfig.access import Access


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
