"""What the source names, and what others may do to it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fabgitops_operator.standalone.resources import NAMESPACE
from fabgitops_operator.standalone.store import Actor, How, Objects, RefusedError, StateError, Store
from fabgitops_operator.standalone.store.objects.updating import generation
from fabgitops_operator.standalone.store.writer import Batch

from .asking import CONTROLLER, OPERATOR, STATUS, USER, Lenient, make, manifest, names, there, told, wanted
from .things import OTHER, RESOURCES, THING, number


@pytest.fixture
async def objects(store: Store) -> Objects:
    """Return objects of which the source names one, with a label, in the namespace `plant`."""
    objects = Objects(store, Lenient(), RESOURCES)
    await objects.take("1", [wanted("mixer", 3, labels={"line": "a"}, annotations={"note": "n", "old": "o"})], [])
    return objects


async def test_a_revision_is_taken_whole(objects: Objects, store: Store) -> None:
    """Objects come with defaults, and with the namespace that they are in; the revision is remembered."""
    body = there(objects, "mixer").decoded()
    assert body["spec"] == {"number": 3, "colour": "grey"}
    assert store.meta("revision") == "1"
    assert store.get(NAMESPACE, "", "plant") is not None
    assert there(objects, "mixer").origin == "lines/mixer.yaml:1"


async def test_nothing_of_a_revision_is_taken_when_one_object_is_refused(objects: Objects, store: Store) -> None:
    """The others are as they were, and so is the revision."""
    before = store.version
    with pytest.raises(RefusedError, match=r"metadata\.labels"):
        await objects.take("2", [wanted("mixer", 4), wanted("bad", labels={"a b": "c"})], [])
    assert (store.version, store.meta("revision"), number(there(objects, "mixer"))) == (before, "1", 3)
    await objects.take("3", [wanted("mixer", 5)], [])
    assert number(there(objects, "mixer")) == 5


async def test_what_is_the_same_is_not_changed(objects: Objects, store: Store) -> None:
    """The same again has no new version, and nobody is told; that it moved is noted all the same."""
    record = there(objects, "mixer")
    again = wanted("mixer", 3, line=7, labels={"line": "a"}, annotations={"note": "n", "old": "o"})
    await objects.take("2", [again], [])
    assert there(objects, "mixer").version == record.version == store.version
    assert there(objects, "mixer").origin == "lines/mixer.yaml:7"


async def test_status_and_free_annotations_outlive_a_revision(objects: Objects) -> None:
    """The status stays, and annotations of people; those that the source gave no more go."""
    await objects.patch(THING, "plant", "mixer", {"status": {"phase": "Ready"}}, "merge", STATUS)
    await objects.patch(THING, "plant", "mixer", {"metadata": {"annotations": {"mine": "m"}}}, "merge", USER)
    await objects.take("2", [wanted("mixer", 4, annotations={"note": "new"})], [])
    body = there(objects, "mixer").decoded()
    assert body["status"] == {"phase": "Ready"}
    assert body["metadata"]["annotations"] == {"mine": "m", "note": "new"}
    assert "labels" not in body["metadata"]


async def test_what_is_named_no_more_is_let_go_of(objects: Objects) -> None:
    """It goes; one of the same name that was made anew meanwhile does not."""
    mixer = there(objects, "mixer")
    await objects.take("2", [wanted("press")], [mixer])
    assert names(objects) == ["press"]
    await make(objects, "mixer")
    await objects.take("3", [], [mixer])
    assert names(objects) == ["mixer", "press"]


@pytest.mark.parametrize("how", [USER, CONTROLLER, OPERATOR])
async def test_spec_and_labels_are_changed_in_git(objects: Objects, how: How) -> None:
    """Whoever else changes them, or deletes the object, is told the file."""
    changes = [
        objects.patch(THING, "plant", "mixer", {"spec": {"number": 4}}, "merge", how),
        objects.patch(THING, "plant", "mixer", {"metadata": {"labels": {"line": "b"}}}, "merge", how),
        objects.replace(THING, "plant", "mixer", {**there(objects, "mixer").decoded(), "spec": {}}, how),
        objects.delete(THING, "plant", "mixer", None, how),
    ]
    for change in changes:
        with pytest.raises(RefusedError) as refused:
            await change
        why = "it comes from the source, change it in Git: lines/mixer.yaml"
        assert told(refused.value) == (403, "Forbidden", f'things.test.example "mixer" is forbidden: {why}')


async def test_the_same_again_is_no_change_and_annotations_are_free(objects: Objects) -> None:
    """`kubectl apply` of the very file succeeds: what it sets is an annotation."""
    record = there(objects, "mixer")
    patch = {"spec": {"number": 3}, "metadata": {"labels": {"line": "a"}}}
    await objects.patch(THING, "plant", "mixer", patch, "merge", USER)
    assert there(objects, "mixer") is record
    await objects.patch(THING, "plant", "mixer", {"metadata": {"annotations": {"applied": "{}"}}}, "merge", USER)
    assert there(objects, "mixer").decoded()["metadata"]["annotations"]["applied"] == "{}"
    assert there(objects, "mixer").origin == "lines/mixer.yaml:1"


async def test_what_users_made_is_taken_over(objects: Objects) -> None:
    """An object that the source names now is the source's, with the uid that it had."""
    made = await make(objects, "press")
    await objects.take("2", [wanted("press", 9)], [])
    assert there(objects, "press").uid == made.uid
    with pytest.raises(RefusedError, match="change it in Git"):
        await objects.delete(THING, "plant", "press", None, USER)


async def test_the_status_is_the_operators(objects: Objects) -> None:
    """A user's is refused; so is that of a kind without one."""
    for how, code in ((How(Actor.USER, "status"), 403), (How(Actor.SOURCE, "status"), 403)):
        with pytest.raises(RefusedError) as refused:
            await objects.patch(THING, "plant", "mixer", {"status": {"phase": "Ready"}}, "merge", how)
        assert refused.value.status["code"] == code
    await make(objects, "other", OTHER)
    with pytest.raises(RefusedError) as refused:
        await objects.patch(OTHER, "plant", "other", {"status": {}}, "merge", STATUS)
    assert refused.value.status["code"] == 404


async def test_namespaces_are_made_by_use(objects: Objects, store: Store) -> None:
    """Nobody makes, changes or deletes one."""
    asked = [
        objects.create(NAMESPACE, "", manifest("mine", resource=NAMESPACE), USER),
        objects.patch(NAMESPACE, "", "plant", {"metadata": {"labels": {"a": "b"}}}, "merge", USER),
        objects.delete(NAMESPACE, "", "plant", None, USER),
    ]
    for each in asked:
        with pytest.raises(RefusedError, match="for as long as the source names objects in it"):
            await each
    assert [each.name for each in store.list(NAMESPACE, None)] == ["default", "plant"]


async def test_others_wait_while_a_revision_is_taken(objects: Objects, store: Store) -> None:
    """What is asked for meanwhile is carried out after it, and sees it; readers see all of it or nothing."""
    many = [wanted(f"t{index}") for index in range(200)]
    taking = asyncio.create_task(objects.take("2", many, []))
    await asyncio.sleep(0)
    late = asyncio.create_task(make(objects, "t7"))
    seen = set()
    while not taking.done():
        seen.add(len(store.list(THING, None)))
        await asyncio.sleep(0)
    await taking
    with pytest.raises(RefusedError, match="already exists"):
        await late
    assert seen <= {1, 201}


async def test_two_changes_in_a_row_are_made_of_each_other(objects: Objects) -> None:
    """Who asks at the same moment loses nothing: the second is made of the first, though that is not stored yet."""
    await make(objects, "press")
    asked = [
        objects.patch(THING, "plant", "press", {"metadata": {"annotations": {f"a{index}": "x"}}}, "merge", USER)
        for index in range(20)
    ]
    await asyncio.gather(*asked)
    assert len(there(objects, "press").decoded()["metadata"]["annotations"]) == 20


async def test_an_object_that_is_too_large_is_refused(objects: Objects) -> None:
    """As many bytes as etcd takes are taken."""
    with pytest.raises(RefusedError) as refused:
        await objects.create(THING, "plant", {**manifest("big"), "filling": "x" * 1_600_000}, USER)
    assert told(refused.value)[:2] == (413, "RequestEntityTooLarge")


async def test_no_change_is_answered_only_when_what_it_is_of_is_on_the_disk(
    objects: Objects, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for what another has just asked for waits for the disk, too: the power could go."""
    await make(objects, "press")
    handed: list[Batch] = []
    patch = {"metadata": {"annotations": {"a": "x"}}}
    with monkeypatch.context() as patched:
        patched.setattr(store._writer, "submit", handed.append)
        asked = [asyncio.create_task(objects.patch(THING, "plant", "press", patch, "merge", USER)) for _ in range(2)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert [each.done() for each in asked] == [False, False]
    for batch in handed:
        store._writer.submit(batch)
    first, second = await asyncio.gather(*asked)
    assert first.body == second.body


async def test_a_file_may_have_a_name_that_is_no_text(objects: Objects) -> None:
    """What cannot be written of it is replaced; nothing else is lost over it."""
    odd = replace(wanted("odd"), origin=b"lines/m\xfcsli.yaml:1".decode(errors="surrogateescape"))
    await objects.take("2", [odd], [])
    assert there(objects, "odd").origin == "lines/m?sli.yaml:1"


async def test_a_fault_of_our_own_ends_no_writing(objects: Objects, store: Store) -> None:
    """What cannot be handed to SQLite at all is told of, and what comes after it is stored."""
    draft = store.draft()
    draft.note("odd", "\udcfc")
    with pytest.raises(StateError, match="fault of the operator's own"):
        await store.commit(draft)
    assert (await make(objects, "press")).name == "press"


@pytest.mark.parametrize(("before", "after"), [(1, 1.0), (1, True), (0, False)])
def test_the_generation_grows_by_what_python_takes_for_the_same(before: object, after: object) -> None:
    """`true` is not 1, and 1.0 is another way to write it, as Go tells them apart."""
    old: dict[str, Any] = {"metadata": {"generation": 4}, "spec": {"number": before}}
    assert generation({**old, "spec": {"number": after}}, old) == 5
    assert generation({**old, "status": {}}, old) == 4
