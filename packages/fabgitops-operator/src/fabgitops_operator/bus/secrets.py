"""What the bus is told to believe us, and by whom we believe it: read from files, which may change while we run."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from fabgitops_operator.bus.errors import BusError


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are: a user and a password, or a token (user ""), or the .creds file of a user of NATS."""

    user: str = ""
    secret: str = ""
    file: Path | None = None


def login_of(path: Path | None) -> Login | None:
    """Read who we are, or None where nobody asks.

    Raises:
        BusError: The file cannot be read, or holds something else.
    """
    if path is None:
        return None
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BusError(f"--bus-credentials {path} cannot be read: {why}") from error
    if "-----BEGIN NATS USER JWT-----" in text:
        return Login(file=path)
    if not text or len(text.splitlines()) != 1:
        raise BusError(f"--bus-credentials {path} is not one line USER:PASSWORD or a token, nor a .creds file of NATS")
    user, colon, password = text.partition(":")
    return Login(user, password) if colon else Login(secret=text)


def context_of(ca: Path | None) -> ssl.SSLContext:
    """Return by which authorities a bus is believed; None are those of this machine.

    Raises:
        BusError: The file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise BusError(f"--bus-ca {ca} has no certificates in PEM: {error.strerror or error}") from error
