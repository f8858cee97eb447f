"""What a Lease says that its holder looks after, and what follows from it for the next one."""

import pytest
from fabgitops_operator.cluster.lease.record import EVERYWHERE, Reach, Record, body_of, record_of

ALL = frozenset({EVERYWHERE})


@pytest.mark.parametrize(
    ("former", "ours", "given_up"),
    [
        (Reach(frozenset("ab")), frozenset("a"), "b"),
        (Reach(frozenset("ab"), frozenset("c")), frozenset("a"), "bc"),
        (Reach(frozenset("a"), frozenset("bc")), frozenset("ab"), "c"),
        (Reach(ALL), frozenset("a"), EVERYWHERE),
        (Reach(frozenset("a"), ALL), frozenset("a"), EVERYWHERE),
        (Reach(frozenset("ab"), frozenset("c")), ALL, ""),
        (Reach(), frozenset("a"), ""),
    ],
)
def test_what_was_looked_after_and_is_not_any_more_is_given_up(
    former: Reach, ours: frozenset[str], given_up: str
) -> None:
    """It stays so over restarts, until somebody is started for it again; for all namespaces nothing is given up."""
    reach = Reach(ours).after(former)
    assert (reach.namespaces, reach.given_up) == (ours, frozenset(given_up))
    assert Reach(ours).after(reach) == reach


def test_a_lease_says_what_its_holder_is_for() -> None:
    """What is stored is read again as it was, and a Lease of a version before says nothing."""
    reach = Reach(frozenset({"line-1", "line-2"}), frozenset({"line-3"}))
    body = body_of("system", "operator", Record("7", "a", 60.0, 2, "then", reach))
    assert body["metadata"]["annotations"] == {
        "fabgitops.io/namespaces": "line-1,line-2",
        "fabgitops.io/given-up-namespaces": "line-3",
    }
    assert record_of(body).reach == reach
    assert record_of({"metadata": {"resourceVersion": "7"}}).reach == Reach()


def test_whose_plcs_are_looked_after() -> None:
    """A Lease says which kinds its holder looks after, and keeps that when it is taken over and read again."""
    reach = Reach(frozenset({"line-1"}), family="plc")
    stored = body_of("plant", "x", Record("", "a", 60.0, reach=reach.after(Reach(ALL))))
    again = record_of({**stored, "metadata": {**stored["metadata"], "resourceVersion": "7"}}).reach
    assert (again.family, again.covers("plc", "line-1")) == ("plc", True)
    assert not again.covers("plc", "line-2")
    assert not again.covers("racks", "line-1")
    assert Reach(ALL, family="plc").covers("plc", "line-2")
