"""Who may ask the agent: one account, by a token that was made for this audience and that the API server knows.

A token of another audience is none here, so one that leaks elsewhere opens nothing, and one that is shown here opens
nothing elsewhere (Kubernetes API, TokenReview).
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

AUDIENCE = "fabgitops-agent"
KEPT_SECS = 60.0
"""How long a token that was good is taken without asking again."""
_BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/-]+=*)")
"""RFC 6750, section 2.1: what is no such token is nobody's, and the API server is not asked for its sake."""


class Reviews(Protocol):
    """What the API server says of tokens."""

    async def user_of(self, token: str, audience: str) -> str | None:
        """Return whose token it is, for this audience; None where it is nobody's. Raises ApiError without an answer."""


@dataclass(slots=True)
class Gate:
    """Lets one account in. `clock` gives seconds that never go back."""

    reviews: Reviews
    account: str
    clock: Callable[[], float]
    _good: dict[bytes, float] = field(default_factory=dict)

    async def refused(self, authorization: str) -> tuple[int, str] | None:
        """Return why a request is refused, as an HTTP status and a sentence, or nothing.

        Raises:
            ApiError: The API server gives no answer.
        """
        shown = _BEARER.fullmatch(authorization)
        if not shown:
            return 401, "the agent wants a token: Authorization: Bearer ..."
        token = shown[1]
        known = hashlib.sha256(token.encode()).digest()
        if self.clock() < self._good.get(known, 0.0):
            return None
        user = await self.reviews.user_of(token, AUDIENCE)
        if user is None:
            return 401, f"the token is none for the audience {AUDIENCE}"
        if user != self.account:
            return 403, f"{user} may ask this agent nothing; {self.account} may"
        now = self.clock()
        self._good = {known: now + KEPT_SECS, **{each: at for each, at in self._good.items() if at > now}}
        return None
