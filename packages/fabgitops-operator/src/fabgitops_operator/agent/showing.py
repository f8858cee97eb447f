"""The certificate that an agent shows: made at its start, and never on a disk."""

import hashlib
import os
import ssl
from pathlib import Path

from fabgitops_operator.hosting.showing import CertificateError, server_context
from fabgitops_operator.hosting.signing import signed

DAYS = 3650
WITHOUT_LIBRARY = (
    "an agent makes its certificate by the library `cryptography`, which is missing: pip install "
    "'fabgitops-operator[certificate]'"
)


def shown(address: str) -> tuple[ssl.SSLContext, str]:
    """Return what is shown over TLS, for an address, and the SHA-256 of the certificate (DER) as hex.

    Raises:
        CertificateError: The library that makes one is missing.
    """
    try:
        certificate, key = signed([address], DAYS)
    except ModuleNotFoundError:
        raise CertificateError(WITHOUT_LIBRARY) from None
    files = [_in_memory(each) for each in (certificate, key)]
    try:
        context = server_context(*(Path(f"/proc/self/fd/{file}") for file in files))
    finally:
        for file in files:
            os.close(file)
    return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()


def _in_memory(content: bytes) -> int:
    file = os.memfd_create("fabgitops-agent")
    os.write(file, content)
    return file
