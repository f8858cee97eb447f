"""A webhook of the Git server that wakes the poll, and changes nothing by itself: a forged one costs a question.

GitHub has `X-Hub-Signature-256: sha256=HEX`, Gitea `X-Gitea-Signature: HEX`, Forgejo `X-Forgejo-Signature: HEX`: all
three are HMAC-SHA256 of the raw body. GitLab has the secret itself in `X-Gitlab-Token`, or, with a signing token,
`v1,BASE64` of HMAC-SHA256 over `webhook-id.webhook-timestamp.body` in `webhook-signature` (Standard Webhooks).
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
from collections.abc import Callable, Mapping
from pathlib import Path

LARGEST_BODY = 2**21
"""Bytes of a body that are looked at; a push that is told of by more is found by the poll."""

LEAST_SECRET = 16
"""Characters that the secret must have."""

_STANDARD = "whsec_"


class SecretError(ValueError):
    """The file of the secret cannot be used: its text says why, and the way out."""


class Webhook:
    """Answers the requests of a Git server."""

    def __init__(self, secret_file: Path, wake: Callable[[], None]) -> None:
        """Read the secret once, to say at the start what is wrong with it.

        Raises:
            SecretError: It cannot be used.
        """
        self._file = secret_file
        self._wake = wake
        _secret(secret_file)

    def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Return the HTTP status and a sentence; wake the poll if it is the Git server that asks.

        Args:
            headers: Of the request, by their names in any case.
            body: As it was received, byte by byte.
        """
        if len(body) > LARGEST_BODY:
            return 413, "too large: the poll finds what is new"
        try:
            secret = _secret(self._file)
        except SecretError as error:
            return 503, str(error)
        if not is_signed({name.lower(): value for name, value in headers.items()}, body, secret):
            return 403, "not signed by the secret of --webhook-secret-file"
        self._wake()
        return 202, "looking"


def is_signed(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Return whether one of the signatures that the headers hold is by the secret; all take the same time to compare.

    Args:
        headers: By their names in lower case.
        body: As it was received.
        secret: What both sides know.
    """
    hexed = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return any(
        (
            _same(headers.get("x-hub-signature-256", "").removeprefix("sha256="), hexed),
            _same(headers.get("x-gitea-signature", ""), hexed),
            _same(headers.get("x-forgejo-signature", ""), hexed),
            _same(headers.get("x-gitlab-token", ""), secret.decode(errors="replace")),
            _is_standard(headers, body, secret),
        )
    )


def _is_standard(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Return whether one of several signatures is right: while a secret is exchanged there are two."""
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    given = [
        each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split() if each.startswith("v1,")
    ]
    right = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in _keys(secret)]
    return any(_same(one, other) for one in given for other in right)


def _keys(secret: bytes) -> list[bytes]:
    """Return what a secret may mean: itself, or what is behind its prefix, in base64."""
    keys = [secret]
    with contextlib.suppress(binascii.Error):
        keys.append(base64.b64decode(secret.removeprefix(_STANDARD.encode()), validate=True))
    return keys


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


def _secret(file: Path) -> bytes:
    """Return the first line of a file.

    Raises:
        SecretError: It cannot be read, or is too short to be a secret.
    """
    try:
        secret = file.read_bytes().split(b"\n", 1)[0].strip()
    except OSError as error:
        raise SecretError(f"--webhook-secret-file {file}: {error.strerror or error}") from None
    if len(secret) < LEAST_SECRET:
        raise SecretError(
            f"--webhook-secret-file {file}: {len(secret)} characters are no secret, at least {LEAST_SECRET} are:"
            " `openssl rand -hex 32` makes one"
        )
    return secret
