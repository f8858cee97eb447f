"""TLS (MODBUS/TCP Security Protocol Specification v2.1): contexts, and why a handshake failed in one sentence."""

import asyncio
import os
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from fabgitops_core.control.plc.requests import Endpoint, TlsRef
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.modbus.wire import tls_words

TlsProvider = Callable[[TlsRef], Awaitable[ssl.SSLContext]]
"""Returns the context of a connection that is about to be made, so that what was rotated counts from then on.

Raises `Unreachable` with a sentence for the user when there is none, such as when a Secret is missing, or the
`ValueError` of `tls_context`.
"""


async def system_tls(ref: TlsRef) -> ssl.SSLContext:
    """Return a context with the system's CAs and no client certificate: the provider where nothing else is kept.

    The CAs are read once: that takes tens of milliseconds, and a thousand devices may come back in the same second.

    Raises:
        Unreachable: Certificates are wanted that this provider does not have.
    """
    if ref.secret:
        raise Unreachable(f"the TLS certificates {ref.secret!r} cannot be had: nothing here provides them")
    return await asyncio.to_thread(_system_context, ref.verify)


@cache
def _system_context(verify: bool) -> ssl.SSLContext:
    return tls_context(verify=verify)


def tls_context(*, ca: str = "", certificate: str = "", key: str = "", verify: bool = True) -> ssl.SSLContext:
    """Return a client's context: TLS 1.2 or newer, as the specification demands, made from texts in PEM.

    Args:
        ca: The certificates that the server's must be signed by; the system's where there are none.
        certificate: The client certificate, with its chain.
        key: Its private key, without a passphrase.
        verify: Whether the server's certificate and name are looked at.

    Raises:
        ValueError: A text is not what it should be, or there is no place for the certificate; the message says so.
    """
    if bool(certificate) != bool(key):
        raise ValueError("a client certificate and its key come together: one of them is missing")
    try:
        context = ssl.create_default_context(cadata=ca or None)
    except ssl.SSLError as error:
        raise ValueError(f"the CA is no certificate in PEM ({tls_words(error)})") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        _load(context, certificate, key)
    return context


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        with _as_file(certificate) as chain, _as_file(key) as secret:  # OpenSSL takes these from files only
            # Without the function a key with a passphrase would ask for it on the terminal.
            context.load_cert_chain(chain, secret, password=lambda: b"")
    except ssl.SSLError as error:
        raise ValueError(f"the client certificate and its key cannot be used ({tls_words(error)})") from None
    except OSError as error:
        why = f"there is no place for the client certificate ({error.strerror or error})"
        raise ValueError(
            f"{why}: it takes memory files, or a directory for temporary files that can be written"
        ) from None


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Yield the path of a file that nobody else can read and that is gone at once: in memory, where the system can."""
    memory = _memory()
    if memory is not None:
        with memory:
            memory.write(text.encode())
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "tls.pem")
        path.write_text(text)
        yield str(path)


def _memory() -> BinaryIO | None:
    """Return an empty file in memory, or None where the system has none, or does not show it under a path."""
    if not hasattr(os, "memfd_create") or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.fdopen(os.memfd_create("client-certificate"), "wb")
    except OSError:  # a sandbox that does not allow it
        return None


def handshake_failure(endpoint: Endpoint, error: ssl.SSLError) -> str:
    """Return a sentence on why a TLS handshake failed, the same for the same reason."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{endpoint} has a TLS certificate that is not accepted: {error.verify_message.rstrip('.')}"
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        return f"{endpoint} does not speak TLS ({tls_words(error)})"
    return f"{endpoint} made no TLS connection ({tls_words(error)})"
