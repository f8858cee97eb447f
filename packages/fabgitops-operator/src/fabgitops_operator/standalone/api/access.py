"""Who may do what: decided here, without a clock, a socket or a file.

On a loopback port without TLS there are no users, for kubectl keeps its token to itself over plain HTTP: everybody on
the box is given one role. Anywhere else a request names itself by a bearer token, over TLS, or is refused.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from fabgitops_operator.standalone.api.refusals import unauthorized
from fabgitops_operator.standalone.store import Actor


class Role(Enum):
    """What a caller may do; each may do what the one before may."""

    READ = "read"
    OPERATE = "operate"
    CONTROLLER = "controller"

    @property
    def rank(self) -> int:
        """Return how much it may."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    name: str
    role: Role

    def may(self, needed: Role) -> bool:
        """Return whether this role does."""
        return self.role.rank >= needed.rank

    @property
    def actor(self) -> Actor:
        """Return whom the store sees."""
        return Actor.CONTROLLER if self.role is Role.CONTROLLER else Actor.USER


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: the name of whoever has it, and a digest of 256 random bits."""

    name: str
    role: Role
    digest: str


def digest(secret: str) -> str:
    """Return what is kept of a token; it is random and long, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Access:
    """How callers are known: by their tokens, or not at all.

    Args:
        tokens: Returns the tokens there are now; without, everybody is `anybody`.
        anybody: Who everybody is where there are no users.
    """

    tokens: Callable[[], Sequence[Token]] | None = None
    anybody: Caller = Caller("everybody-on-this-machine", Role.OPERATE)

    @property
    def open(self) -> bool:
        """Return whether there are no users: only a loopback port may be."""
        return self.tokens is None

    def caller(self, authorization: str) -> Caller:
        """Return who asks.

        Args:
            authorization: The header, or nothing.

        Raises:
            RefusedError: Nobody who is known (401).
        """
        if self.tokens is None:
            return self.anybody
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise unauthorized(
                "Unauthorized: this API asks for a bearer token; make one by: fabgitops-operator standalone token"
            )
        found = _found(self.tokens(), digest(secret.strip()))
        if found is None:
            raise unauthorized("Unauthorized: the token is not known here, or was taken back")
        return Caller(found.name, found.role)


def _found(tokens: Sequence[Token], given: str) -> Token | None:
    """Return the token of a digest; all are compared, each in the same time."""
    found = None
    for token in tokens:
        if hmac.compare_digest(token.digest, given):
            found = token
    return found


def needed(verb: str, subresource: str = "") -> Role:
    """Return the role that a verb takes (get, list, watch; create, update, patch, delete, deletecollection)."""
    if verb in {"get", "list", "watch"}:
        return Role.READ
    return Role.CONTROLLER if subresource else Role.OPERATE
