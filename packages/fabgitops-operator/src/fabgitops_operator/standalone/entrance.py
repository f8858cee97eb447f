"""How the API is reached, decided before anything is opened: in plain on loopback, elsewhere with TLS and tokens."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from fabgitops_operator.hosting.listen import Place, place
from fabgitops_operator.hosting.showing import server_context
from fabgitops_operator.standalone.api.access import Access
from fabgitops_operator.standalone.api.tokens import FILE, Tokens
from fabgitops_operator.standalone.certificate import CERTIFICATE, KEY
from fabgitops_operator.standalone.settings import Entry


class EntranceError(Exception):
    """The API may not be opened so: the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the API listens, what it shows, and how it knows who asks."""

    place: Place
    tls: ssl.SSLContext | None
    access: Access


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


def pair(entry: Entry) -> Pair | None:
    """Return the files that TLS is served with, None where there is to be none.

    Raises:
        EntranceError: One is given without the other.
    """
    if (entry.tls_cert is None) != (entry.tls_key is None):
        raise EntranceError("--tls-cert and --tls-key belong together: give both, or neither")
    if entry.tls_cert is not None and entry.tls_key is not None:
        return Pair(entry.tls_cert, entry.tls_key)
    found = Pair(entry.state / CERTIFICATE, entry.state / KEY)
    return found if found.certificate.exists() else None


def entrance(entry: Entry) -> Entrance:
    """Return how the API is opened.

    Raises:
        EntranceError: It would be open to others without TLS, or to nobody for lack of tokens.
        CertificateError: A file of TLS cannot be used.
        TokenError: The tokens cannot be read.
    """
    where, files = place(entry.listen), pair(entry)
    if files is None:
        if not where.is_loopback:
            raise EntranceError(
                f"--listen {entry.listen} would let everybody who reaches this machine write to its PLCs: that needs "
                f"TLS and tokens. Make a certificate by `fabgitops-operator standalone certificate --state "
                f"{entry.state}` (or give --tls-cert and --tls-key) and a token by `fabgitops-operator standalone "
                f"token NAME --role operate --state {entry.state}`; or listen on 127.0.0.1"
            )
        return Entrance(where, None, Access())
    tls = server_context(files.certificate, files.key)
    tokens = Tokens(entry.state / FILE)
    if not tokens():
        raise EntranceError(
            f"over TLS ({files.certificate}) the API asks for a token, and there is none: make one by "
            f"`fabgitops-operator standalone token NAME --role operate --state {entry.state}`"
        )
    return Entrance(where, tls, Access(tokens))
