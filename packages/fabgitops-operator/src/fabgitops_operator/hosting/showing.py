"""What a server shows over TLS: a certificate and its key, out of files."""

import ssl
from pathlib import Path


class CertificateError(Exception):
    """There can be no TLS: its text says why, and the way out."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server shows, TLS 1.2 and newer.

    Raises:
        CertificateError: A file cannot be read, or is not what it should be.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        why = f"not the PEM certificate and key that belong together ({error.reason or error})"
        raise CertificateError(f"no TLS with {certificate} and {key}: {why}") from None
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise CertificateError(f"no TLS with {certificate} and {key}: {why}") from None
    return made


def _no_password() -> str:
    raise ValueError("the key is protected by a password; give one that is not")
