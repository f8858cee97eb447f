"""How both sides prove who they are over TLS, by one context for everything that connects."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from fabgitops_operator.cluster.kubeconfig.errors import KubeconfigError
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User


class _Named(ssl.SSLContext):
    """A context that expects the server to be who the kubeconfig says, wherever it is connected to."""

    server_name: str

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection; asyncio, uvloop and anyio all do it by this."""
        del server_hostname
        return super().wrap_bio(incoming, outgoing, server_side, self.server_name, session)


def context(cluster: Cluster, user: User) -> ssl.SSLContext:
    """Return how connections to a cluster are made.

    Raises:
        KubeconfigError: A certificate or a key cannot be read or used.
    """
    made = _Named(ssl.PROTOCOL_TLS_CLIENT) if cluster.tls_server_name else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(made, _Named):
        made.server_name = cluster.tls_server_name
    with _told("certificate-authority"):
        if cluster.insecure:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        elif cluster.authority:
            made.load_verify_locations(cadata=cluster.authority.read())
        else:
            made.load_default_certs()
    if user.certificate:
        with _told("client-certificate"):
            show(made, user.certificate.read(), user.key.read())
    return made


def show(made: ssl.SSLContext, certificate: str, key: str) -> None:
    """Show this certificate on the connections that are made from now on.

    Raises:
        OSError: It cannot be used (ssl.SSLError), or there is no place for it.
    """
    with _as_file(f"{certificate}\n{key}\n") as name:
        made.load_cert_chain(name)


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Let the TLS library read what it takes from files only; in memory, where the system has that."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate")
        try:
            os.write(descriptor, text.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        import tempfile  # noqa: PLC0415 - reads a dozen modules that few need

        with tempfile.NamedTemporaryFile() as file:
            file.write(text.encode())
            file.flush()
            yield file.name


@contextmanager
def _told(field: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise KubeconfigError(f"{field} is not what it should be: {error.reason or error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KubeconfigError(f"{field} cannot be read: {error}") from error
