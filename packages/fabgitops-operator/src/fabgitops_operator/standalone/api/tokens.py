"""The file of tokens in the state's folder: one a line of JSON, digests alone.

It is read anew when it changes, so that a token that is made or taken back counts at once, without a restart.
"""

import json
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from fabgitops_operator.standalone.api.access import Role, Token, digest
from fabgitops_operator.standalone.files import put

FILE = "tokens.json"
"""Its name in the folder."""

BYTES = 32
"""Random bytes of a token."""


class TokenError(Exception):
    """A token cannot be made, or the file cannot be read: its text says why, and the way out."""


class Tokens:
    """The tokens of a file, as they are now; of a file that is not there, none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: Sequence[Token] = ()

    def __call__(self) -> Sequence[Token]:
        """Return them.

        Raises:
            TokenError: The file is damaged or cannot be read; nobody is let in then.
        """
        seen = _stamp(self._path)
        if seen != self._seen:
            self._tokens = read(self._path) if seen else ()
            self._seen = seen
        return self._tokens


def read(path: Path) -> list[Token]:
    """Return the tokens of a file; of none that is there, no tokens.

    Raises:
        TokenError: It is damaged or cannot be read.
    """
    try:
        return _tokens(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TokenError(f"the tokens cannot be read from {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TokenError(f"{path} is damaged ({error}): remove it, and make tokens anew") from error


def _tokens(content: object) -> list[Token]:
    if not isinstance(content, list):
        raise TypeError("it holds no list")
    return [_token(each) for each in content]


def _token(content: dict[str, str]) -> Token:
    if not re.fullmatch("[0-9a-f]{64}", content["sha256"]):
        raise ValueError("what should be a digest is none")
    return Token(content["name"], Role(content["role"]), content["sha256"])


def issue(path: Path, name: str, role: Role) -> str:
    """Make a token for a name, keep its digest, and return it: it is shown this once.

    Raises:
        TokenError: The name has one already, is none, or the file cannot be read or written.
    """
    if not name or not name.isprintable() or len(name) > 100:
        raise TokenError(f"{name!r} is no name for a token: give up to 100 printable characters")
    known = read(path)
    if any(token.name == name for token in known):
        raise TokenError(f"there is a token of the name {name!r}: take it back first, or choose another name")
    secret = secrets.token_urlsafe(BYTES)
    _write(path, [*known, Token(name, role, digest(secret))])
    return secret


def revoke(path: Path, name: str) -> None:
    """Take the token of a name back.

    Raises:
        TokenError: There is none, or the file cannot be read or written.
    """
    known = read(path)
    left = [token for token in known if token.name != name]
    if len(left) == len(known):
        raise TokenError(f"there is no token of the name {name!r}")
    _write(path, left)


def _write(path: Path, tokens: Sequence[Token]) -> None:
    content = [{"name": token.name, "role": token.role.value, "sha256": token.digest} for token in tokens]
    try:
        put(path, json.dumps(content, indent=1).encode(), 0o600)
    except OSError as error:
        raise TokenError(f"the tokens cannot be written to {path}: {error.strerror}") from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TokenError(f"the tokens cannot be read from {path}: {error.strerror}") from error
    return found.st_mtime_ns, found.st_size, found.st_ino
