"""What is known of objects: by name, by uid, and by whom they are referred to."""

from typing import Any

from fabgitops_operator.facade.index import Index
from hypothesis import given
from hypothesis import strategies as st


def rack(name: str, uid: str, template: str) -> dict[str, Any]:
    """Return a Rack."""
    return {"metadata": {"name": name, "uid": uid}, "spec": {"templateRef": {"name": template}}}


def test_an_object_that_is_made_anew_takes_the_place_of_the_old_one() -> None:
    """The old uid finds nothing, the name the new one, and so does whom it refers to."""
    index = Index()
    index.put("Rack", rack("a", "1", "t"))
    index.put("Rack", rack("a", "2", "u"))
    assert (index.name_of("Rack", "1"), index.uid_of("Rack", "a")) == ("", "2")
    assert (index.members("Rack", "templateRef", "t"), index.members("Rack", "templateRef", "u")) == ([], ["2"])
    index.forget("Rack", "1")
    assert index.name_of("Rack", "2") == "a"


def test_a_spec_of_anything_is_no_fault() -> None:
    """An object whose reference is missing is known all the same."""
    index = Index()
    index.put("Rack", {"metadata": {"name": "a", "uid": "1"}})
    assert index.uid_of("Rack", "a") == "1"


NAMES, UIDS = st.sampled_from("abc"), st.sampled_from("123456")
STEPS = st.one_of(
    st.tuples(st.just("put"), NAMES, UIDS, NAMES),
    st.tuples(st.just("forget"), UIDS),
    st.tuples(st.just("keep"), st.lists(UIDS)),
)


@given(st.lists(STEPS))
def test_all_ways_to_an_object_agree(steps: list[tuple[Any, ...]]) -> None:
    """After whatever was told in whatever order, name, uid and references lead to the same objects."""
    index = Index()
    for does, *words in steps:
        if does == "put":
            index.put("Rack", rack(*words))
        elif does == "forget":
            index.forget("Rack", *words)
        else:
            index.keep("Rack", *words)
        by_name = {uid for name in "abc" if (uid := index.uid_of("Rack", name))}
        by_uid = {uid for uid in "123456" if index.name_of("Rack", uid)}
        members = [uid for name in "abc" for uid in index.members("Rack", "templateRef", name)]
        assert by_name == by_uid == set(members)
        assert len(members) == len(index) == len(by_name)
