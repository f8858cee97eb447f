"""Gets what Prometheus answers, by HTTP; imports urllib.request, which no other command needs."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from fabctl.bounded import read_file
from fabctl.errors import UsageError

MAX_BYTES = 64 << 20
"""Bytes of an answer that are read."""
_SAID = {400, 422, 503}
"""Answers in whose body Prometheus says what is wrong."""


def getting(token_file: Path | None, prometheus: str) -> Callable[[str, float], bytes]:
    """Return what gets a URL; a token goes to one server alone, so no redirect is followed.

    Args:
        token_file: The file that holds the token, if there is one.
        prometheus: URL of the server that it is for: one that a template names is sent none.

    Raises:
        UsageError: The file holds no token.
    """
    authorization, its = _authorization(token_file), _origin(prometheus)
    opener = urllib.request.build_opener(_NoRedirect)

    def get(url: str, timeout: float) -> bytes:
        try:
            headers = {"Accept": "application/json", **(authorization if _origin(url) == its else {})}
            with opener.open(urllib.request.Request(url, headers=headers), timeout=timeout) as answer:  # noqa: S310
                return bytes(answer.read(MAX_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _SAID:
                    return bytes(error.read(MAX_BYTES))
            raise OSError(f"{_shown(url)} answers with {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            why = error.reason if not isinstance(error.reason, ssl.SSLError) else f"no trust: {error.reason.reason}"
            raise OSError(f"{_shown(url)} cannot be reached: {why}") from None
        except (TimeoutError, HTTPException) as error:
            why = f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else "no answer of HTTP"
            raise OSError(f"{_shown(url)}: {why}") from None
        except ValueError:  # a template names it
            raise OSError(f"{_shown(url)} is no URL of a server") from None

    return get


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def check_url(url: str) -> None:
    """Refuse what is no URL of a web server.

    Raises:
        UsageError: It is none.
    """
    printable = url.isascii() and url.isprintable() and " " not in url
    if not printable or not url.startswith(("http://", "https://")) or not _has_host(url):
        raise UsageError(f'--prometheus is "{url}": give a URL, as in http://127.0.0.1:9090')


def _has_host(url: str) -> bool:
    """Return whether a URL names a host that can be looked up, and no port that is none."""
    try:
        (urlsplit(url).hostname or "").encode("idna")
        return all(_origin(url))
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int]:
    """Return the server that a URL leads to: scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _authorization(token_file: Path | None) -> dict[str, str]:
    if token_file is None:
        return {}
    try:
        token = read_file(token_file).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file {token_file} cannot be read: {error}") from None
    if not token or not token.isprintable() or " " in token:
        raise UsageError(f"--token-file {token_file} does not hold one token")
    return {"Authorization": f"Bearer {token}"}


def _shown(url: str) -> str:
    return url.partition("?")[0]
