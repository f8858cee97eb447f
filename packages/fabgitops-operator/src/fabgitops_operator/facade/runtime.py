"""The facade as a process: who may reach it, what it asks, and how it ends."""

import asyncio
import logging
import ssl
from contextlib import suppress

from fabgitops_operator.cluster.way import load_access
from fabgitops_operator.facade.following import Following
from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.routes import ROUTES
from fabgitops_operator.facade.server import Facade
from fabgitops_operator.facade.settings import FacadeSettings
from fabgitops_operator.facade.upstream import Upstream
from fabgitops_operator.hosting.listen import Place, place
from fabgitops_operator.hosting.process import told_to_stop
from fabgitops_operator.hosting.showing import server_context
from fabgitops_operator.hosting.web import application, listening

log = logging.getLogger(__name__)


class EntranceError(Exception):
    """The facade may not be opened so: the text says why, and the way out."""


def entrance(settings: FacadeSettings) -> tuple[Place, ssl.SSLContext | None]:
    """Return where to listen, and what to show there.

    Raises:
        EntranceError: It would be open to others without TLS.
        CertificateError: A file of TLS cannot be used.
    """
    where = place(settings.listen)
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise EntranceError("--tls-cert and --tls-key belong together: give both, or neither")
    if settings.tls_cert is not None and settings.tls_key is not None:
        return where, server_context(settings.tls_cert, settings.tls_key)
    if not where.is_loopback:
        raise EntranceError(
            f"--listen {settings.listen} would let everybody who reaches this machine change racks in your name, and "
            "show their tokens to who listens in: give --tls-cert and --tls-key, or listen on 127.0.0.1"
        )
    return where, None


async def serve(settings: FacadeSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        EntranceError: It may not be opened so.
        CertificateError: TLS cannot be served.
        ListenError: The address cannot be listened on.
        NoConfig: It is not known where the API server is.
    """
    where, tls = entrance(settings)
    access = load_access()
    namespace = settings.namespace or access.namespace
    index = Index()
    upstream = Upstream(access)
    following = Following(upstream, index, [route.kind for route in ROUTES], namespace)
    facade = Facade(upstream, index, following, namespace, is_open=tls is None, not_ready=following.not_ready)
    told = told_to_stop()
    follows = asyncio.create_task(following.run())
    try:
        async with listening(application(facade), where.host, where.port, tls) as port:
            host = f"[{where.host}]" if ":" in where.host else where.host
            url = f"{'http' if tls is None else 'https'}://{host}:{port}"
            log.info("serving the racks of the namespace %s on %s; what there is: %s/docs", namespace, url, url)
            await asyncio.wait((told, follows), return_when=asyncio.FIRST_COMPLETED)
    finally:
        follows.cancel()
        with suppress(asyncio.CancelledError):
            await follows
        await upstream.close()
