"""The test bed's own certificate authority and what it signs: EC P-256 keys, PEM files.

Kubernetes takes a client certificate's common name as the user and its organisations as the groups
(https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=30)
CLOCK_SKEW = dt.timedelta(minutes=5)
LONGEST_COMMON_NAME = 64  # RFC 5280, appendix A.1, ub-common-name


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key, as PEM files beside each other."""

    certificate: Path
    key: Path

    @classmethod
    def named(cls, folder: Path, name: str) -> KeyPair:
        """The pair of that name in a folder, whether or not it is there yet."""
        return cls(folder / f"{name}.crt", folder / f"{name}.key")


def write_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a private key and keep it at `path`, readable by its owner only."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return key


def make_authority(pair: KeyPair) -> None:
    """Make a self-signed certificate authority."""
    key = write_key(pair.key)
    name = _name("fabgitops-testbed", ())
    builder = _builder(name, name, key.public_key(), key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_signing_only(), critical=True)
    pair.certificate.write_bytes(_pem(builder.sign(key, hashes.SHA256())))


def issue_server(authority: KeyPair, pair: KeyPair) -> None:
    """Issue a certificate for 127.0.0.1 and localhost, good for serving and for calling."""
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("localhost"),
            x509.DNSName("kubernetes.default.svc"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
    )
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    _issue(authority, pair, _name("localhost", ()), usage, names)


def issue_client(authority: KeyPair, pair: KeyPair, user: str, groups: Sequence[str]) -> None:
    """Issue a certificate that makes its holder `user`, a member of `groups`.

    Raises:
        ValueError: the user's name is empty or longer than a common name may be (64 characters).
    """
    if not 0 < len(user) <= LONGEST_COMMON_NAME:
        raise ValueError(
            f"user {user!r} has {len(user)} characters; a certificate's common name has 1 to "
            f"{LONGEST_COMMON_NAME}: use a shorter namespace or name"
        )
    _issue(authority, pair, _name(user, groups), [ExtendedKeyUsageOID.CLIENT_AUTH], None)


def _issue(
    authority: KeyPair,
    pair: KeyPair,
    subject: x509.Name,
    usage: list[x509.ObjectIdentifier],
    names: x509.SubjectAlternativeName | None,
) -> None:
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes()).subject
    signing = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)  # noqa: S101 - ours, made above
    builder = _builder(subject, issuer, write_key(pair.key).public_key(), signing.public_key())
    builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    pair.certificate.write_bytes(_pem(builder.sign(signing, hashes.SHA256())))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    signing_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    # Both key identifiers: Python 3.13 verifies strictly and refuses certificates without them.
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key), critical=False)
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str, organisations: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organisations]
    return x509.Name(attributes)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
