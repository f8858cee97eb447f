"""Who may do what."""

import pytest
from fabgitops_operator.standalone.api.access import Access, Caller, Role, Token, digest, needed
from fabgitops_operator.standalone.store import Actor, RefusedError

TOKENS = (Token("ann", Role.READ, digest("aaa")), Token("bob", Role.OPERATE, digest("bbb")))


def test_where_there_are_no_users_everybody_operates() -> None:
    """A token that somebody sends all the same changes nothing: kubectl sends none over plain HTTP."""
    access = Access()
    assert access.open
    assert access.caller("") == access.caller("Bearer x")
    assert access.caller("").role is Role.OPERATE


@pytest.mark.parametrize(
    ("secret", "caller"), [("aaa", Caller("ann", Role.READ)), ("bbb", Caller("bob", Role.OPERATE))]
)
def test_a_token_says_who_asks(secret: str, caller: Caller) -> None:
    """It is known by its digest."""
    assert Access(lambda: TOKENS).caller(f"Bearer {secret}") == caller
    assert Access(lambda: TOKENS).caller(f"bearer  {secret} ") == caller


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer ccc", "Basic YW5uOmFhYQ==", f"Bearer {digest('aaa')}"]
)
def test_who_is_not_known_is_refused(header: str) -> None:
    """Without tokens nobody gets in, and what is kept of one opens nothing."""
    for tokens in (TOKENS, ()):
        with pytest.raises(RefusedError, match="Unauthorized") as refused:
            Access(lambda given=tokens: given).caller(header)  # type: ignore[misc]
        assert refused.value.status["code"] == 401


@pytest.mark.parametrize(
    ("verb", "subresource", "role"),
    [
        ("get", "", Role.READ), ("list", "", Role.READ), ("watch", "", Role.READ), ("get", "status", Role.READ),
        ("create", "", Role.OPERATE), ("update", "", Role.OPERATE), ("patch", "", Role.OPERATE),
        ("delete", "", Role.OPERATE), ("deletecollection", "", Role.OPERATE),
        ("patch", "status", Role.CONTROLLER), ("update", "status", Role.CONTROLLER),
    ],
)  # fmt: skip
def test_a_verb_takes_a_role(verb: str, subresource: str, role: Role) -> None:
    """Statuses are the operator's, so nobody who merely operates writes one."""
    assert needed(verb, subresource) is role


def test_each_role_may_what_the_one_before_may() -> None:
    """Reading, operating, playing a controller."""
    assert [[Caller("x", role).may(other) for other in Role] for role in Role] == [
        [True, False, False], [True, True, False], [True, True, True],
    ]  # fmt: skip


def test_the_store_sees_users_and_controllers() -> None:
    """Whoever operates is a user there, whose changes to what the source named are refused."""
    assert [Caller("x", role).actor for role in Role] == [Actor.USER, Actor.USER, Actor.CONTROLLER]
