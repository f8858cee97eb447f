"""The file of tokens."""

from pathlib import Path

import pytest
from fabgitops_operator.standalone.api.access import Access, Role
from fabgitops_operator.standalone.api.tokens import TokenError, Tokens, issue, revoke
from fabgitops_operator.standalone.store import RefusedError


def test_a_token_is_kept_as_a_digest_alone(tmp_path: Path) -> None:
    """Who reads the file, which is its owner's alone, gets no token by it."""
    path = tmp_path / "tokens.json"
    secret = issue(path, "ann", Role.OPERATE)
    assert len(secret) >= 43
    assert secret not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*"))


def test_tokens_count_at_once(tmp_path: Path) -> None:
    """One that is made while the API runs opens it, and one that is taken back opens nothing any more."""
    path = tmp_path / "tokens.json"
    access = Access(Tokens(path))
    with pytest.raises(RefusedError):
        access.caller("Bearer anything")
    ann = issue(path, "ann", Role.READ)
    assert access.caller(f"Bearer {ann}").name == "ann"
    bob = issue(path, "bob", Role.OPERATE)
    assert access.caller(f"Bearer {bob}").role is Role.OPERATE
    revoke(path, "ann")
    with pytest.raises(RefusedError):
        access.caller(f"Bearer {ann}")
    assert access.caller(f"Bearer {bob}").name == "bob"


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 101])
def test_a_name_must_be_one(name: str, tmp_path: Path) -> None:
    """It is shown in messages."""
    with pytest.raises(TokenError, match="is no name for a token"):
        issue(tmp_path / "tokens.json", name, Role.READ)


def test_a_name_has_one_token(tmp_path: Path) -> None:
    """A second one for the same name is refused with the way out, and who has none cannot lose it."""
    path = tmp_path / "tokens.json"
    issue(path, "ann", Role.READ)
    with pytest.raises(TokenError, match="take it back first"):
        issue(path, "ann", Role.OPERATE)
    with pytest.raises(TokenError, match="there is no token of the name 'bob'"):
        revoke(path, "bob")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '[{"name": "x", "role": "read", "sha256": "7"}]',
        '[{"name": "x", "role": "king", "sha256": ""}]',
        "[{}]",
    ],
)
def test_a_damaged_file_lets_nobody_in(content: str, tmp_path: Path) -> None:
    """What cannot be read is told, and is not taken for no tokens."""
    path = tmp_path / "tokens.json"
    path.write_text(content)
    with pytest.raises(TokenError, match="is damaged"):
        Tokens(path)()
    with pytest.raises(TokenError, match="is damaged"):
        issue(path, "ann", Role.READ)
