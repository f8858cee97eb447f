"""Who may ask the agent: decided by what the API server says of a token, which is not asked each time."""

import asyncio

import pytest
from fabgitops_operator.agent import gate as gates
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


async def test_what_was_let_in_goes_on_while_nobody_answers() -> None:
    """An API server that is away for long ends no experiment: its token may renew and end, and begins nothing."""
    now, tokens = 0.0, Tokens()
    gate = Gate(tokens, OPERATOR, lambda: now, longest_secs=600.0)
    await gate.refused("Bearer good")
    tokens.away = True
    for moment in (61.0, 300.0, 719.0):
        now = moment
        assert await gate.refused("Bearer good", begins=False) is None
        with pytest.raises(Unavailable):
            await gate.refused("Bearer good")
    now = 720.0
    with pytest.raises(Unavailable):
        await gate.refused("Bearer good", begins=False)


async def test_what_was_never_let_in_stays_out_while_nobody_answers() -> None:
    """A token of which nothing is known may neither renew nor end, and one that was refused is known no more."""
    now, tokens = 0.0, Tokens()
    gate = Gate(tokens, OPERATOR, lambda: now)
    await gate.refused("Bearer good")
    assert await gate.refused("Bearer other", begins=False)
    tokens.users.clear()
    now = 61.0
    assert await gate.refused("Bearer good", begins=False)
    tokens.away = True
    for shown in ("good", "other", "new"):
        with pytest.raises(Unavailable):
            await gate.refused(f"Bearer {shown}", begins=False)


async def test_a_renewal_waits_for_no_api_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the question and says nothing costs a renewal less than the time in which it must be answered."""
    now, tokens = 0.0, Tokens()
    gate = Gate(tokens, OPERATOR, lambda: now)
    await gate.refused("Bearer good")

    async def hangs(_token: str, _audience: str) -> str | None:
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(tokens, "user_of", hangs)
    monkeypatch.setattr(gates, "HEARD_SECS", 0.0)
    now = 61.0
    assert await gate.refused("Bearer good", begins=False) is None
