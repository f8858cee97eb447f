"""Who may ask the agent: decided by what the API server says of a token, which is not asked each time."""

import pytest
from fabgitops_operator.agent.gate import AUDIENCE, Gate
from fabgitops_operator.hosting.errors import Unavailable

OPERATOR = "system:serviceaccount:plant:fabgitops-chaos"


class Tokens:
    """An API server that knows a few tokens."""

    def __init__(self) -> None:
        self.users = {"good": OPERATOR, "other": "system:serviceaccount:plant:default"}
        self.asked: list[str] = []
        self.away = False

    async def user_of(self, token: str, audience: str) -> str | None:
        """Return whose it is."""
        assert audience == AUDIENCE
        self.asked.append(token)
        if self.away:
            raise Unavailable("reviewing a token: no answer", "away")
        return self.users.get(token)


async def test_one_account_is_let_in() -> None:
    """The account is let in, others are refused with a reason that names both, and nobody is asked for no token."""
    tokens = Tokens()
    gate = Gate(tokens, OPERATOR, lambda: 0.0)
    assert await gate.refused("Bearer good") is None
    other = f"system:serviceaccount:plant:default may ask this agent nothing; {OPERATOR} may"
    assert await gate.refused("Bearer other") == (403, other)
    assert await gate.refused("Bearer bad") == (401, "the token is none for the audience fabgitops-agent")
    for shown in ("", "Basic good", "bearer"):
        assert await gate.refused(shown) == (401, "the agent wants a token: Authorization: Bearer ...")
    assert tokens.asked == ["good", "other", "bad"]


async def test_what_is_no_token_is_not_asked_about() -> None:
    """A token has ASCII letters alone (RFC 6750, section 2.1): what has others is refused, and nobody is asked."""
    tokens = Tokens()
    gate = Gate(tokens, OPERATOR, lambda: 0.0)
    for shown in ("Bearer \udcff", "Bearer gööd", "Bearer a b", "Bearer "):
        assert await gate.refused(shown) == (401, "the agent wants a token: Authorization: Bearer ...")
    assert not tokens.asked


async def test_a_good_token_is_asked_about_once_a_minute() -> None:
    """A token that was good is taken for a minute, also while the API server is away; then it is asked about again."""
    now, tokens = 0.0, Tokens()
    gate = Gate(tokens, OPERATOR, lambda: now)
    await gate.refused("Bearer good")
    tokens.away, now = True, 59.0
    assert await gate.refused("Bearer good") is None
    now = 60.0
    with pytest.raises(Unavailable):
        await gate.refused("Bearer good")
    tokens.away = False
    tokens.users.clear()
    assert await gate.refused("Bearer good") == (401, "the token is none for the audience fabgitops-agent")
