"""What owners leave behind, as Kubernetes' garbage collector treats it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fabgitops_operator.standalone.resources import NAMESPACE, Resource
from fabgitops_operator.standalone.store import Objects, Store, keeping
from fabgitops_operator.standalone.store.objects import keeping as house

from .asking import USER, Lenient, make, manifest, names, owned_by, there, wanted
from .things import OTHER, RESOURCES, THING


@pytest.fixture
async def objects(store: Store) -> Objects:
    """Return objects with the namespace `plant`."""
    objects = Objects(store, Lenient(), RESOURCES)
    await objects.use("plant")
    return objects


async def test_what_is_left_without_owner_goes(objects: Objects) -> None:
    """Children and grandchildren of a deleted object go, of other kinds, too; what has another owner stays."""
    owner, other = await make(objects, "owner"), await make(objects, "other")
    child = await make(objects, "child", **owned_by(owner))
    await make(objects, "grandchild", OTHER, **owned_by(child))
    both = owned_by(owner)["ownerReferences"] + owned_by(other)["ownerReferences"]
    await make(objects, "shared", ownerReferences=both)
    await objects.delete(THING, "plant", "owner", None, USER)
    assert await objects.collecting.sweep() == 3
    assert names(objects) == ["other", "shared"]
    assert names(objects, OTHER) == []
    assert there(objects, "shared").owners == (other.uid,)


@pytest.mark.parametrize(
    "reference",
    [
        {"uid": "another"},
        {"name": "nobody"},
        {"kind": "Other"},
    ],
)
async def test_an_owner_that_was_never_there_is_absent(objects: Objects, reference: dict[str, str]) -> None:
    """A reference to another uid, name or kind than that of what is there holds nothing."""
    owner = await make(objects, "owner")
    await make(objects, "child", **owned_by(owner, **reference))
    await objects.collecting.sweep()
    assert names(objects) == ["owner"]


async def test_an_owner_in_another_namespace_is_absent(objects: Objects) -> None:
    """Whoever names one there is collected."""
    await objects.use("elsewhere")
    owner = await make(objects, "owner")
    await objects.create(THING, "elsewhere", manifest("child", **owned_by(owner)), USER)
    await objects.collecting.sweep()
    assert not objects.store.list(THING, "elsewhere")


async def test_an_owner_of_a_kind_that_is_not_kept_here_counts_as_there(objects: Objects) -> None:
    """It is somebody else's to say whether it is gone."""
    owner = await make(objects, "owner")
    await make(objects, "child", **owned_by(owner, kind="Deployment", apiVersion="apps/v1"))
    await objects.collecting.sweep()
    assert names(objects) == ["child", "owner"]


async def test_in_the_foreground_the_owner_goes_last(objects: Objects) -> None:
    """It waits for those that block it; one that a finalizer holds holds it, too."""
    owner = await make(objects, "owner")
    await make(objects, "child", finalizers=["test/hold"], **owned_by(owner, blockOwnerDeletion=True))
    await objects.delete(THING, "plant", "owner", {"propagationPolicy": "Foreground"}, USER)
    await objects.collecting.sweep()
    assert names(objects) == ["child", "owner"]
    assert "deletionTimestamp" in there(objects, "child").decoded()["metadata"]
    await objects.patch(THING, "plant", "child", {"metadata": {"finalizers": None}}, "merge", USER)
    assert names(objects) == ["owner"]
    await objects.collecting.sweep()
    assert names(objects) == []
    assert not objects.store.going()


async def test_in_the_foreground_nobody_waits_for_what_does_not_block(objects: Objects) -> None:
    """The owner goes although a child of it is held."""
    owner = await make(objects, "owner")
    await make(objects, "child", finalizers=["test/hold"], **owned_by(owner))
    await objects.delete(THING, "plant", "owner", {"propagationPolicy": "Foreground"}, USER)
    await objects.collecting.sweep()
    assert names(objects) == ["child"]


async def test_orphans_stay_without_their_owner(objects: Objects) -> None:
    """They lose the reference to it, and it goes."""
    owner = await make(objects, "owner")
    await make(objects, "child", **owned_by(owner))
    await objects.delete(THING, "plant", "owner", {"propagationPolicy": "Orphan"}, USER)
    await objects.collecting.sweep()
    assert names(objects) == ["child"]
    assert there(objects, "child").owners == ()


async def test_what_the_source_names_stays(objects: Objects) -> None:
    """An object from the source goes by the source alone, whoever owned it."""
    owner = await make(objects, "owner")
    await objects.take("1", [wanted("child", **owned_by(owner))], [])
    await objects.delete(THING, "plant", "owner", None, USER)
    await objects.collecting.sweep()
    assert names(objects) == ["child"]


async def test_an_end_between_two_deletions_loses_nothing(tmp_path: Path) -> None:
    """What was not collected before an end is found in the state by the next start."""
    async with await Store.open(tmp_path, RESOURCES) as store:
        objects = Objects(store, Lenient(), RESOURCES)
        await objects.use("plant")
        owner = await make(objects, "owner")
        for index in range(5):
            await make(objects, f"child-{index}", **owned_by(owner))
        await objects.delete(THING, "plant", "owner", None, USER)
    async with await Store.open(tmp_path, RESOURCES) as store:
        objects = Objects(store, Lenient(), RESOURCES)
        assert len(names(objects)) == 5
        async with keeping(objects):
            await until_gone(objects)


async def until_gone(objects: Objects) -> None:
    """Wait until nothing is left."""
    async with asyncio.timeout(10):
        watch = objects.store.watch(THING, None, objects.store.version)
        while names(objects):
            await anext(watch)


async def test_collecting_begins_by_itself(objects: Objects) -> None:
    """Nobody has to wait for the next sweep when an owner goes, or an orphan is made."""
    owner = await make(objects, "owner")
    await make(objects, "child", **owned_by(owner))
    async with keeping(objects, 3600):
        await objects.delete(THING, "plant", "owner", None, USER)
        await until_gone(objects)
        await make(objects, "orphan", **owned_by(owner))
        await until_gone(objects)


@pytest.fixture
async def events(tmp_path: Path) -> AsyncIterator[Objects]:
    """Return objects of which three are kept, for an hour."""
    event = Resource("", "v1", "Event", "events", "event", kept_secs=3600, most=3)
    async with await Store.open(tmp_path / "events", (event, NAMESPACE)) as store:
        objects = Objects(store, Lenient(), (event, NAMESPACE))
        await objects.use("plant")
        yield objects


async def test_the_oldest_goes_where_only_so_many_are_kept(events: Objects) -> None:
    """The fourth of three has the first go, although that was changed last."""
    event = events.resources[0]
    for name in ("a", "b", "c"):
        await make(events, name, event)
    await events.patch(event, "plant", "a", {"spec": {"number": 9}}, "merge", USER)
    await make(events, "d", event)
    assert names(events, event) == ["b", "c", "d"]


async def test_what_is_too_old_goes_and_so_does_its_namespace(events: Objects) -> None:
    """After an hour it is gone, and nothing holds the namespace; a clock that was set back has nothing go."""
    event = events.resources[0]
    made = await make(events, "a", event)
    await house.tidy(events, made.at - 1e9)
    await house.tidy(events, made.at + 3599)
    assert names(events, event) == ["a"]
    await house.tidy(events, made.at + 3601)
    assert names(events, event) == []
    assert [each.name for each in events.store.list(events.resources[1], None)] == ["default"]
