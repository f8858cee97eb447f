"""Where a repository is: which addresses are taken, and which never reach the git program."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCP = re.compile(r"(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:].*)")
_SCHEMES = ("https", "ssh", "file", "http")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AddressError(ValueError):
    """An address is not taken: its text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Address:
    """A repository that may be asked."""

    url: str
    """`https://host/path`, `ssh://user@host/path` or `file:///path`; without a password."""
    scheme: str
    host: str

    def __str__(self) -> str:
        """Return it for people."""
        return self.url


def is_address(source: str) -> bool:
    """Return whether a source is a repository, and no folder."""
    return "://" in source or _SCP.fullmatch(source) is not None


def parsed(source: str) -> Address:
    """Return an address that git may be given.

    Raises:
        AddressError: It holds a password, or names a protocol that is not spoken.
    """
    found = _SCP.fullmatch(source)
    url = f"ssh://{found['user']}@{found['host']}/{found['path'].lstrip('/')}" if found else source
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise AddressError(f"{source!r} is no address of a repository: {error}") from None
    if not url.isprintable() or " " in url or parts.scheme not in _SCHEMES or host.startswith("-"):
        raise AddressError(f"{source!r} is no address of a repository: https://, ssh:// and file:// are")
    if parts.password or (parts.username and parts.scheme != "ssh"):
        raise AddressError("the address of the repository holds a name or password: give it by --git-token-file FILE")
    if parts.scheme != "file" and not host:
        raise AddressError(f"{source!r} names no host")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise AddressError(f"{source!r} goes over the network without encryption: https:// is spoken, or ssh://")
    return Address(url, parts.scheme, host)
