"""What a listing that goes on is made of."""

from fabgitops_operator.standalone.api.pages import KEPT_SECS, MOST_SNAPSHOTS, Scope, Snapshots, Token, token

SCOPE: Scope = ("fabgitops.io", "industrialplcs", "line-1")


def test_a_snapshot_is_kept_for_some_minutes() -> None:
    """Counted from when its last page was given out; then it is let go of."""
    now = 0.0
    snapshots = Snapshots(lambda: now)
    snapshots.keep(SCOPE, 7, (), begun=True)
    now = KEPT_SECS - 1
    assert snapshots.find(SCOPE, 7) == ()
    snapshots.keep(SCOPE, 7, (), begun=True)
    now = KEPT_SECS + 1
    assert snapshots.find(SCOPE, 7) == ()
    now = 2 * KEPT_SECS
    assert snapshots.find(SCOPE, 7) is None


def test_only_so_many_snapshots_are_kept() -> None:
    """The one that has gone on least lately goes first."""
    snapshots = Snapshots(lambda: 0.0)
    for version in range(MOST_SNAPSHOTS):
        snapshots.keep(SCOPE, version, (), begun=True)
    snapshots.keep(SCOPE, 0, (), begun=False)
    snapshots.keep(SCOPE, MOST_SNAPSHOTS, (), begun=True)
    assert snapshots.find(SCOPE, 1) is None
    assert snapshots.find(SCOPE, 0) == ()


def test_scopes_are_told_apart() -> None:
    """A page of one namespace is none of another."""
    snapshots = Snapshots(lambda: 0.0)
    snapshots.keep(SCOPE, 1, (), begun=True)
    assert snapshots.find((*SCOPE[:2], ""), 1) is None


def test_a_token_is_read_as_it_was_written() -> None:
    """Whatever the names are."""
    for at in (Token(7, ("line-1", "a")), Token(-1, ("", "\u00e9"))):
        assert token(at.written()) == at


def test_a_snapshot_goes_with_the_last_listing_that_needs_it() -> None:
    """So that one who lists all the time does not have us keep what has changed since."""
    snapshots = Snapshots(lambda: 0.0)
    for _ in range(2):
        snapshots.keep(SCOPE, 1, (), begun=True)
    snapshots.keep(SCOPE, 1, (), begun=False)
    snapshots.ended(SCOPE, 1)
    assert snapshots.find(SCOPE, 1) == ()
    snapshots.ended(SCOPE, 1)
    assert snapshots.find(SCOPE, 1) is None
    snapshots.ended(SCOPE, 1)
