"""Who may ask the agent: one account, by a token that was made for this audience and that the API server knows.

A token of another audience is none here, so one that leaks elsewhere opens nothing, and one that is shown here opens
nothing elsewhere (Kubernetes API, TokenReview).

What was let in may renew and end what is there also while the API server gives no answer: an experiment that runs does
not need it. To begin anything always does.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fabgitops_operator.hosting.errors import Unavailable

AUDIENCE = "fabgitops-agent"
KEPT_SECS = 60.0
"""How long a token that was good is taken without asking again."""
HEARD_SECS = 2.0
"""How long a renewal or an end waits for an API server that hangs: who asks for it waits 4 s, a lease lasts 15."""
_BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/-]+=*)")
"""RFC 6750, section 2.1: what is no such token is nobody's, and the API server is not asked for its sake."""


class Reviews(Protocol):
    """What the API server says of tokens."""

    async def user_of(self, token: str, audience: str) -> str | None:
        """Return whose token it is, for this audience; None where it is nobody's. Raises ApiError without an answer."""


@dataclass(slots=True)
class Gate:
    """Lets one account in.

    Args:
        reviews: Who says whose a token is.
        account: The one.
        clock: Seconds that never go back.
        longest_secs: How long an injection is held at most.
    """

    reviews: Reviews
    account: str
    clock: Callable[[], float]
    longest_secs: float = 3600.0
    _let_in: dict[bytes, float] = field(default_factory=dict)
    """When each was let in last by the API server's word; what that has refused since is not here."""

    async def refused(self, authorization: str, *, begins: bool = True) -> tuple[int, str] | None:
        """Return why a request is refused, as an HTTP status and a sentence, or nothing.

        `begins` says that something is asked for that is not there yet: while the API server gives no answer, only
        what does not is let in, by a token that was, until what that may have begun is over.

        Raises:
            ApiError: The API server gives no answer.
        """
        shown = _BEARER.fullmatch(authorization)
        if not shown:
            return 401, "the agent wants a token: Authorization: Bearer ..."
        known = hashlib.sha256(shown[1].encode()).digest()
        since = self.clock() - self._let_in.get(known, float("-inf"))
        if since < KEPT_SECS:
            return None
        if begins or since >= self._remembered_secs:
            return await self._reviewed(shown[1], known)
        try:
            async with asyncio.timeout(HEARD_SECS):
                return await self._reviewed(shown[1], known)
        except (Unavailable, TimeoutError):
            return None

    @property
    def _remembered_secs(self) -> float:
        """Return for how long what a token may have begun is not over: it was taken for a while without a review."""
        return self.longest_secs + 2 * KEPT_SECS

    async def _reviewed(self, token: str, known: bytes) -> tuple[int, str] | None:
        user = await self.reviews.user_of(token, AUDIENCE)
        now, most = self.clock(), self._remembered_secs
        self._let_in = {each: at for each, at in self._let_in.items() if each != known and now - at < most}
        if user is None:
            return 401, f"the token is none for the audience {AUDIENCE}"
        if user != self.account:
            return 403, f"{user} may ask this agent nothing; {self.account} may"
        self._let_in[known] = now
        return None
