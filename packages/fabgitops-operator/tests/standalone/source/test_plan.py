"""What a revision would change, and when it is held back because too much would vanish."""

from pathlib import Path

import pytest
from fabgitops_operator.standalone.source.accepting import accept, accepted
from fabgitops_operator.standalone.source.allowing import Allowance, AllowanceError, allowance_of
from fabgitops_operator.standalone.source.manifests import Name
from fabgitops_operator.standalone.source.plan import Limits, Mark, plan
from hypothesis import given
from hypothesis import strategies as st

LIMITS = Limits()
HEAD = "0123456789abcdef0123456789abcdef01234567"


def name(number: int) -> Name:
    """Return the name of one of many."""
    return Name("IndustrialPLC", "plant", f"plc-{number:03}")


def many(count: int, digest: str = "a", origin: str = "plcs.yaml:1") -> dict[Name, Mark]:
    """Return so many objects."""
    return {name(number): Mark(digest, origin) for number in range(count)}


def test_each_object_is_new_changed_moved_gone_or_the_same() -> None:
    """A plan says of each object what becomes of it."""
    before = {
        name(0): Mark("a", "x:1"),
        name(1): Mark("a", "x:2"),
        name(2): Mark("a", "x:3"),
        name(3): Mark("a", "x:4"),
    }
    after = {name(0): Mark("a", "x:1"), name(1): Mark("b", "y:2"), name(2): Mark("a", "y:3"), name(4): Mark("a", "x:5")}
    made = plan(before, after, LIMITS)
    assert (made.let_in, made.change, made.moved, made.let_go) == ((name(4),), (name(1),), (name(2),), (name(3),))
    assert made.unchanged == 1
    assert str(made) == "1 new, 1 changed, 1 no longer looked at, 2 unchanged"


@given(st.integers(0, 300), st.integers(0, 300))
def test_no_more_vanishes_than_the_limits_say(had: int, left: int) -> None:
    """At most five, or a tenth if that is more, vanish at once; all of them never do."""
    made = plan(many(had), many(left), LIMITS)
    gone = max(had - left, 0)
    allowed = gone == 0 or (gone < had and gone <= max(5, had // 10))
    assert bool(made.held) is not allowed


def test_a_file_that_is_renamed_makes_nothing_vanish() -> None:
    """All objects may move to other files at once."""
    made = plan(many(50), many(50, origin="other.yaml:1"), LIMITS)
    assert (len(made.moved), made.let_go, made.held) == (50, (), "")


def test_what_is_held_names_the_count_the_first_five_and_the_way_out() -> None:
    """Who reads why a revision is held back knows what would vanish, and what to write where."""
    assert plan(many(100), many(89), LIMITS).held == (
        "11 of 100 would vanish (IndustrialPLC plant/plc-089, IndustrialPLC plant/plc-090, IndustrialPLC plant/plc-091,"
        " IndustrialPLC plant/plc-092, IndustrialPLC plant/plc-093 and 6 more), and more than 10 at once takes a word"
        " of yours: write 11 into the file .fabgitops/allow-vanishing of the source, in the commit that takes them away"
        " or a later one"
    )
    assert plan(many(1), {}, LIMITS).held.startswith("all would vanish (IndustrialPLC plant/plc-000), and more than 0")


@pytest.mark.parametrize(("allowed", "held"), [(11, False), (12, False), (10, True)])
def test_a_number_lets_so_many_vanish(allowed: int, held: bool) -> None:
    """An allowance covers what it names, and no more."""
    assert bool(plan(many(100), many(89), LIMITS, Allowance(allowed)).held) is held


@pytest.mark.parametrize(
    ("text", "used", "covers"),
    [
        ("11\n", "", 11),
        ("# line b is sold\n\n 11 \n", "", 11),
        ("11\n", "11\n", 0),
        ("11\n", "12\n", 11),
        ("# again\n11\n", "11\n", 11),
        ("0123456", "", 10**9),
        (HEAD, HEAD, 10**9),
        ("fedcba9", "", 0),
        ("# nothing\n", "", 0),
        ("", "", 0),
    ],
)
def test_the_file_counts_once_or_from_a_commit_on(text: str, used: str, covers: int) -> None:
    """A number counts in the revision that brings it; a commit while it is the one that was taken last."""
    allowance = allowance_of(text, used, (HEAD,))
    assert allowance.covers(covers) if covers and allowance else allowance is None
    assert allowance is None or covers > 1000 or not allowance.covers(covers + 1)


@pytest.mark.parametrize("text", ["all", "-1", "5\n6", "5 plcs", "*"])
def test_anything_else_in_the_file_is_refused(text: str) -> None:
    """A file that cannot be understood allows nothing and says what belongs there."""
    with pytest.raises(AllowanceError, match="how many objects may vanish, or the commit before"):
        allowance_of(text, "", (HEAD,))


def test_a_revision_is_accepted_on_the_machine_by_its_first_digits(tmp_path: Path) -> None:
    """Who accepts a revision on the machine accepts that one alone, however much vanishes with it."""
    assert accepted(tmp_path / "source", HEAD) is None
    accept(tmp_path / "source", HEAD[:12])
    allowance = accepted(tmp_path / "source", HEAD)
    assert allowance is not None
    assert allowance.covers(10**9)
    assert accepted(tmp_path / "source", HEAD[::-1]) is None


@pytest.mark.parametrize("revision", ["", "main", "012345", "../../etc", f"{HEAD}\n5"])
def test_what_names_no_revision_is_not_accepted(tmp_path: Path, revision: str) -> None:
    """Only a commit, or the digest of a folder, can be accepted."""
    with pytest.raises(ValueError, match="names no revision"):
        accept(tmp_path, revision)
