"""The certificate that the API shows over TLS: one that is given, or made here and signed by itself.

What is signed by itself is trusted by who has it: the kubeconfigs made here carry it. To make one takes the library
`cryptography`, which is the extra `certificate` of this package, for nothing else here needs it; to use one takes none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fabgitops_operator.hosting.showing import CertificateError
from fabgitops_operator.hosting.signing import EPOCH, address, signed
from fabgitops_operator.standalone.files import put

CERTIFICATE, KEY = "tls.crt", "tls.key"
"""Their names in the state's folder, as a Secret of Kubernetes has them."""

DAYS = 3650
"""How long one that is made here is valid: nothing renews it, and an API that nobody reaches helps no line."""

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
    if datetime.now(UTC) < EPOCH:
        raise CertificateError("the clock of this machine is not set, and a certificate's time counts from it: set it")
    try:
        pem, secret = signed(hosts, days)
    except ModuleNotFoundError:
        names = ",".join(f"{'IP' if address(host) else 'DNS'}:{host}" for host in hosts)
        text = WITHOUT_LIBRARY.format(days=days, key=key, certificate=certificate, name=hosts[0], names=names)
        raise CertificateError(text) from None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(key, secret, 0o600)
        put(certificate, pem, 0o644)
    except OSError as error:
        raise CertificateError(f"the certificate cannot be written to {folder}: {error.strerror}") from error
    return certificate, key
