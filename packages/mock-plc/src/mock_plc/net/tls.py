"""TLS for a PLC (Modbus/TCP Security): given certificates, or throw-away ones made on request."""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mock_plc.errors import MockPlcError

CA, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
"""What `make` writes for the server, by the names that a Kubernetes TLS Secret has them under."""
CLIENT_CERTIFICATE, CLIENT_KEY = "client.crt", "client.key"
FILES = (CA, CERTIFICATE, KEY, CLIENT_CERTIFICATE, CLIENT_KEY)
LIFETIME = timedelta(days=30)
_SKEW = timedelta(minutes=5)
"""How far the clock of another machine may be behind."""


class TlsError(MockPlcError):
    """There can be no TLS: its text says why."""


def context(certificate: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return a server's context, TLS 1.2 and newer; with `client_ca`, only clients with a certificate of it get in.

    Raises:
        TlsError: A file cannot be read or is not what it should be.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(certificate, key, password=_no_password)
        if client_ca:
            made.load_verify_locations(client_ca)
            made.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: the key has a password
        files = " and ".join(str(file) for file in (certificate, key, client_ca) if file)
        raise TlsError(f"no TLS with {files}: {_reason(error)}") from None
    return made


def _no_password() -> str:
    raise ValueError("the key is protected by a password; give one that is not")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"not the PEM certificate and key that belong together ({error.reason or error})"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def make(directory: Path, hosts: Iterable[str]) -> list[Path]:
    """Make a CA that nobody keeps the key of, and of it a server's and a client's certificate; return their files.

    The server's is for `hosts`, this machine's name and its loopback. All are valid for 30 days.

    Raises:
        TlsError: The directory has one of the files already, or they cannot be written.
    """
    if there := [name for name in FILES if (directory / name).exists()]:
        raise TlsError(f"{directory} has {', '.join(there)} already; name a directory without, or use --tls-cert")
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("mock-plc throw-away CA", ca_key, None, ca_key)
    server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = _certificate("mock-plc", server_key, ca, ca_key, _names({*hosts, socket.gethostname()}))
    client = _certificate("mock-plc client", client_key, ca, ca_key)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in zip(
            FILES, (_pem(ca), _pem(server), _pem(server_key), _pem(client), _pem(client_key)), strict=True
        ):
            (directory / name).touch(0o600 if name in (KEY, CLIENT_KEY) else 0o644, exist_ok=False)
            (directory / name).write_bytes(data)
    except OSError as error:
        raise TlsError(f"cannot write {error.filename or directory}: {error.strerror}") from None
    return [directory / name for name in FILES]


def _names(hosts: Iterable[str]) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    for host in sorted({*hosts, "127.0.0.1", "::1"} - {"", "localhost", "0.0.0.0", "::"}):  # noqa: S104 - left out
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    """Return a certificate: of a CA if it has no issuer, of a server if it has names, else of a client."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer.subject if issuer else subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(_usage(ca=issuer is None), critical=True)
    )
    if issuer:
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(thing: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
