"""A revision keeps its name over upgrades, and gets another exactly when its template is another."""

import copy
import random
from typing import Any

import pytest
from fabgitops_core.api.rollout.marks import HASH
from fabgitops_core.control.rollout.revisions.naming import hash_in, marked, name_of, next_number, within_window
from fabgitops_core.control.rollout.revisions.templates import equal_as_defaulted, hash_of
from hypothesis import given
from hypothesis import strategies as st

from .corpus import frozen, templates

FROZEN = frozen()
NAMES = st.sampled_from(["name", "image", "labels", "spec", "env", "value", "ä", "0"])
LEAF = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "ä\n", "1", "true", "☃"]),
)
NOTHING: st.SearchStrategy[Any] = st.sampled_from([None, {}, [], {"a": None}, {"a": {"b": []}}])


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects such as templates are."""

    def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3)

    return st.dictionaries(NAMES, st.recursive(leaf, grown, max_leaves=8), min_size=1, max_size=4)


def test_an_upgrade_moves_no_hash() -> None:
    """A hundred templates keep the hashes that they once got: an upgrade of the operator deploys nothing anew."""
    assert len(FROZEN) >= 100
    assert [hash_of(template) for _, template in FROZEN] == [name for name, _ in FROZEN]
    assert len({name for name, _ in FROZEN}) == len(FROZEN)


def test_the_corpus_is_what_makes_it() -> None:
    """Each template that is made stands in the frozen corpus."""
    there = [template for _, template in FROZEN]
    assert all(template in there for template in templates())


@given(trees(LEAF), st.integers())
def test_the_order_of_fields_changes_nothing(template: dict[str, Any], seed: int) -> None:
    """Whoever writes the fields of a template in another order, or as other numbers, has the same revision."""
    assert hash_of(_shuffled(template, random.Random(seed))) == hash_of(template)  # noqa: S311 - no secret


@given(trees(LEAF), st.data())
def test_what_says_nothing_changes_nothing(template: dict[str, Any], data: st.DataObject) -> None:
    """Nulls, empty objects and empty lists, which tools write where nothing is said, make no other revision."""
    changed = copy.deepcopy(template)
    inner = data.draw(st.sampled_from(_objects(changed)))
    inner["more"] = data.draw(NOTHING)
    assert hash_of(changed) == hash_of(template)


@given(trees(LEAF), st.data())
def test_any_other_change_is_another_revision(template: dict[str, Any], data: st.DataObject) -> None:
    """A value that is another, one more, one that is gone, one more in a list: each is another revision."""
    changed = copy.deepcopy(template)
    inner = data.draw(st.sampled_from(_objects(changed)))
    key = data.draw(st.sampled_from(sorted(inner)))
    match data.draw(st.sampled_from(["other", "more", "gone", "longer"])):
        case "other":
            inner[key] = {"was": inner[key]}
        case "more":
            inner["more"] = data.draw(LEAF)
        case "gone":
            del inner[key]
        case _:
            inner[key] = [*inner[key], ""] if isinstance(inner[key], list) else [inner[key]]
    assert hash_of(changed) != hash_of(template)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"nodeSelector": {"node-role.kubernetes.io/edge": ""}}, {}),
        ({"term": {"labelSelector": {}}}, {"term": {}}),
        ({"term": {"namespaceSelector": {"matchLabels": {}}}}, {"term": {}}),
        ({"volumes": [{"name": "v", "projected": {}}]}, {"volumes": [{"name": "v"}]}),
        ({"args": ["", "a"]}, {"args": ["a"]}),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}),
        ({"value": 1}, {"value": "1"}),
        ({"value": True}, {"value": 1}),
        ({"value": False}, {}),
        ({"value": 0}, {}),
        ({"terms": [{}]}, {"terms": []}),
    ],
)
def test_small_things_that_matter_are_told_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    """An empty label of nodes, selector, kind of volume or argument is a change, and so is another type."""
    assert hash_of(one) != hash_of(other)


def test_numbers_have_one_writing() -> None:
    """1.0 and 1 are one number, as for the API server; -0.0 is 0, and 1.5 is not 1."""
    assert hash_of({"a": [1.0, -0.0, 1e3]}) == hash_of({"a": [1, 0, 1000]})
    assert hash_of({"a": 1.5}) != hash_of({"a": 1})


def test_what_cannot_be_written_down_is_refused() -> None:
    """A template that is nested beyond all sense is refused with the reason, and so is a number that JSON has not."""
    deep: dict[str, Any] = {}
    for _ in range(1200):
        deep = {"a": deep}
    with pytest.raises(ValueError, match=r"template: it is nested more than 64 levels deep"):
        hash_of(deep)
    with pytest.raises(ValueError, match="JSON"):
        hash_of({"a": float("nan")})


def test_a_hash_is_a_label_and_no_word() -> None:
    """A hash has ten characters, its version first, and none of those that make words or are taken for others."""
    for name, _ in FROZEN:
        assert len(name) == 10
        assert name[0] == "b"
        assert set(name) <= set("bcdfghjklmnpqrstvwxz2456789")


STORED = {
    "metadata": {
        "creationTimestamp": None,
        "labels": {"app": "hmi", HASH: "bxyz", "role": "canary"},
        "annotations": {"by": "us"},
    },
    "spec": {"containers": [{"name": "hmi", "image": "hmi:1", "resources": {}, "terminationMessagePath": "/dev/x"}]},
}
DECLARED = {
    "metadata": {"labels": {"app": "hmi"}},
    "spec": {"containers": [{"terminationMessagePath": "/dev/x", "name": "hmi", "image": "hmi:1"}]},
}


def test_a_replica_set_is_known_by_its_template() -> None:
    """A ReplicaSet of before, as Argo Rollouts made it, is taken over if its template is the same but for our marks."""
    assert equal_as_defaulted(DECLARED, STORED, labels=["role"], annotations=["by"])
    of_role = {**DECLARED, "metadata": {"labels": {"app": "hmi", "role": "x"}}}
    assert equal_as_defaulted(of_role, STORED, ["role"], ["by"])
    assert not equal_as_defaulted(DECLARED, STORED, labels=["role"])
    assert not equal_as_defaulted(DECLARED, STORED, annotations=["by"])
    other = {**DECLARED, "spec": {"containers": [{"name": "hmi", "image": "hmi:2"}]}}
    assert not equal_as_defaulted(other, STORED, ["role"], ["by"])
    assert equal_as_defaulted({"spec": {}}, {"metadata": None})


def test_a_name_that_is_taken_is_not_used() -> None:
    """A revision is called by its Rollout and hash; where that name has another template, neither name nor label is."""
    assert name_of("hmi", "bcd2456789") == "hmi-bcd2456789"
    assert name_of("hmi", "bcd2456789", 1) == "hmi-bcd2456789-1"
    assert name_of("hmi", "bcd2456789", 2) == "hmi-bcd2456789-2"
    assert marked("bcd2456789", 2) == "bcd2456789-2"
    assert hash_in(marked("bcd2456789", 2)) == hash_in("bcd2456789") == "bcd2456789"


def test_a_name_that_no_label_holds_is_refused() -> None:
    """A Rollout whose name is too long for a label is refused with field, length and the way out."""
    assert len(name_of("a" * 63, "bcd2456789")) == 74
    with pytest.raises(ValueError, match=r"metadata.name: 'a+' has 64 characters; .* holds 63: give .* shorter name"):
        name_of("a" * 64, "bcd2456789")


def test_a_revision_that_comes_back_moves_up() -> None:
    """The newest revision has the highest number: the next one, also when it was there before."""
    assert next_number([]) == 1
    assert next_number([1, 2]) == 3
    assert next_number([2, 3], own=1) == 4
    assert next_number([1, 2], own=3) == 3
    assert next_number([1, 2], own=2) == 3


@pytest.mark.parametrize(
    ("stable", "newest", "revisions", "within"),
    [
        (0, 1, 1, False),
        (1, 0, 1, True),
        (2, 0, 2, True),
        (3, 0, 2, False),
        (4, 3, 1, True),
        (4, 0, 4, True),
        (4, 0, 3, False),
        (1, 0, 0, False),
        (1, 0, None, False),
        (1, 1, 5, False),
    ],
)
def test_a_roll_back_within_the_window_skips_its_steps(
    stable: int, newest: int, revisions: int | None, within: bool
) -> None:
    """Going back over fewer revisions than the window has is taken for proven, and nothing else is."""
    made = [f"2026-11-29T20:0{minute}:00Z" for minute in range(5)]
    assert within_window(made[newest], made[stable], made, revisions) is within


def _shuffled(value: Any, dice: random.Random) -> Any:
    """Return the same, its fields in another order and whole numbers written in another way."""
    if isinstance(value, dict):
        return {key: _shuffled(value[key], dice) for key in dice.sample(sorted(value), len(value))}
    if isinstance(value, list):
        return [_shuffled(each, dice) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return dice.choice([value, float(value)])
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return all objects in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [each for one in inner for each in _objects(one)]
    return [value, *found] if isinstance(value, dict) else found
