"""The certificate that the API shows over TLS: one that is given, or made here and signed by itself.

What is signed by itself is trusted by who has it: the kubeconfigs made here carry it. To make one takes the library
`cryptography`, which is the extra `certificate` of this package, for nothing else here needs it; to use one takes none.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fabgitops_operator.hosting.showing import CertificateError
from fabgitops_operator.standalone.files import put

CERTIFICATE, KEY = "tls.crt", "tls.key"
"""Their names in the state's folder, as a Secret of Kubernetes has them."""

DAYS = 3650
"""How long one that is made here is valid: nothing renews it, and an API that nobody reaches helps no line."""

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time than this program is of."""

WITHOUT_LIBRARY = (
    "no certificate can be made: the library `cryptography` is missing. Install it by "
    "pip install 'fabgitops-operator[certificate]', or make the two files by openssl req -x509 -newkey ec -pkeyopt "
    'ec_paramgen_curve:prime256v1 -nodes -days {days} -keyout {key} -out {certificate} -subj "/CN={name}" '
    '-addext "subjectAltName={names}"'
)


def make(folder: Path, hosts: Sequence[str], days: int = DAYS) -> tuple[Path, Path]:
    """Make a key and a certificate for names and addresses, signed by itself; return certificate and key.

    Raises:
        CertificateError: They are there already, cannot be made or written, or the clock is not set.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    if there := [str(path) for path in (certificate, key) if path.exists()]:
        raise CertificateError(f"{' and '.join(there)} is there already; move it away to make another")
    if datetime.now(UTC) < _EPOCH:
        raise CertificateError("the clock of this machine is not set, and a certificate's time counts from it: set it")
    try:
        pem, secret = _signed(hosts, days)
    except ModuleNotFoundError:
        names = ",".join(f"{'IP' if _address(host) else 'DNS'}:{host}" for host in hosts)
        text = WITHOUT_LIBRARY.format(days=days, key=key, certificate=certificate, name=hosts[0], names=names)
        raise CertificateError(text) from None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(key, secret, 0o600)
        put(certificate, pem, 0o644)
    except OSError as error:
        raise CertificateError(f"the certificate cannot be written to {folder}: {error.strerror}") from error
    return certificate, key


def _signed(hosts: Sequence[str], days: int) -> tuple[bytes, bytes]:
    """Return a certificate (RFC 5280) and its key (P-256, PKCS #8), both PEM."""
    # Imported here because they are of an extra.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    names = [x509.IPAddress(at) if (at := _address(host)) else x509.DNSName(host) for host in hosts]
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=False, crl_sign=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_EPOCH)  # a client's clock may be behind
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), secret


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
