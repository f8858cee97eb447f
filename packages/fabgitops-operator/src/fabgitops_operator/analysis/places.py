"""Where analyses may ask: a server, and all that is below a path of it."""

from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """A server, and a path of it, which ends in a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the place that a URL names.

        Raises:
            ValueError: It names none, or carries a user, a query or a fragment.
        """
        parts = urlsplit(url)  # raises ValueError where brackets do not match, and .port where it is none
        port = parts.port or _PORTS.get(parts.scheme, 0)
        plain = url.isascii() and url.isprintable() and not {" ", "\\"}.intersection(url)
        if parts.scheme not in _PORTS or not parts.hostname or not port or not plain:
            raise ValueError(f'"{url}" is no http:// or https:// URL.')
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError(f'"{url}" may have no user, no query and no fragment.')
        path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
        return cls(parts.scheme, parts.hostname.lower(), port, path)

    @property
    def server(self) -> tuple[str, str, int]:
        """Return which server it is of: scheme, host and port."""
        return self.scheme, self.host, self.port

    def holds(self, url: str) -> bool:
        """Return whether a URL is at this place or below it, as it stands: none that would go up on the way is."""
        try:
            parts = urlsplit(url)
            other = (parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0))
        except ValueError:
            return False
        plain = url.isascii() and url.isprintable() and not {" ", "\\"}.intersection(url)
        if not plain or parts.username is not None or other != self.server:
            return False
        path = unquote(unquote(parts.path))
        goes_up = any(part in {"..", "."} for part in path.replace("\\", "/").split("/"))
        return not goes_up and f"{parts.path}/".startswith(self.path)
