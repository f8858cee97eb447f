"""The fake API server's watches: they lag and break as real ones do; what objects are told is held to a real one."""

from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.objects import Child, Watched
from fabgitops_core.engine.families import Families
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.watches import FakeWatch

LABEL = "fabgitops.io/shelf"
SHELF = Key("Shelf", "plant", "a")
BOX = Kind("Box", "boxes", "box", (), "A box.", ApiModel, ApiModel, ())


def seen(body: Mapping[str, Any]) -> Child:
    """Return a record of a box."""
    metadata = body["metadata"]
    key = Key("Box", metadata["namespace"], metadata["name"])
    return Child(key, metadata["uid"], int(metadata["resourceVersion"]), leaving="deletionTimestamp" in metadata)


def box(name: str, shelf: str = "a", **metadata: Any) -> dict[str, Any]:
    """Return a box to be created; on no shelf it carries no label."""
    labels = {"labels": {LABEL: shelf}} if shelf else {}
    about = {"name": name, "namespace": "plant", **labels, **metadata}
    return {"apiVersion": BOX.api_version, "kind": "Box", "metadata": about, "spec": {"size": 1}}


def key(name: str) -> Key:
    """Return the full name of a box."""
    return Key("Box", "plant", name)


class Place:
    """An API server, and what a lagging watch of its boxes has told."""

    def __init__(self) -> None:
        self.api = FakeApiServer([BOX])
        self.families = Families(lambda _key: None, lambda _kind, _namespace: None)
        self.watch = FakeWatch(self.api, self.families, Watched(BOX, LABEL, "Shelf", seen), lagging=True)

    def known(self) -> list[str]:
        """Return which boxes of the shelf are known."""
        return sorted(each.name for each in self.families.of("Shelf").of(SHELF))


@pytest.fixture
def place() -> Place:
    """Return an API server without boxes, listed."""
    place = Place()
    place.watch.list()
    return place


def test_a_watch_lags_and_keeps_the_order(place: Place) -> None:
    """What changes is told when a test says so, one after the other; what was undone meanwhile is told all the same."""
    place.api.create(box("x"))
    place.api.create(box("y"))
    place.api.remove(key("x"))
    assert place.known() == []
    place.watch.deliver(2)
    assert (place.known(), len(place.watch)) == (["x", "y"], 1)
    place.watch.deliver()
    assert place.known() == ["y"]


def test_what_a_broken_watch_misses_is_found_by_listing(place: Place) -> None:
    """A watch that is cut tells of nothing, not even of what waited; a listing shows all that there is by then."""
    place.api.create(box("x"))
    place.watch.cut()
    place.api.create(box("y"))
    place.watch.deliver()
    assert place.known() == []
    place.api.remove(key("x"))
    place.watch.list()
    assert place.known() == ["y"]


def test_only_what_carries_the_label_is_told(place: Place) -> None:
    """An object is told of when it gets the label, and as gone when it loses it, as by a selector of a real watch."""
    place.api.create(box("x", shelf=""))
    place.watch.deliver()
    assert place.known() == []
    place.api.edit(key("x"), {"metadata": {"labels": {LABEL: "a"}}})
    place.watch.deliver()
    assert place.known() == ["x"]
    place.api.edit(key("x"), {"metadata": {"labels": None}})
    place.watch.deliver()
    assert place.known() == []


def test_an_object_with_a_finalizer_is_leaving_first(place: Place) -> None:
    """A deletion that a finalizer holds up is told as such, and the end of it when the finalizer goes."""
    place.api.create(box("x", finalizers=["example.com/held"]))
    place.api.remove(key("x"))
    place.watch.deliver()
    assert [child.leaving for child in place.families.of("Shelf").of(SHELF).values()] == [True]
    place.api.edit(key("x"), {"metadata": {"finalizers": None}})
    place.watch.deliver()
    assert (place.known(), place.api.keys()) == ([], [])


def test_a_restore_from_a_backup_brings_old_versions_back(place: Place) -> None:
    """After a restore there is what there was, with the versions that it had, and a listing is believed."""
    place.api.create(box("x"))
    backup = place.api.backup()
    version = place.api[key("x")]["metadata"]["resourceVersion"]
    place.api.edit(key("x"), {"spec": {"size": 2}})
    place.api.create(box("y"))
    place.watch.deliver()
    place.api.restore(backup)
    place.watch.list()
    assert (place.known(), place.api[key("x")]["metadata"]["resourceVersion"]) == (["x"], version)
    assert place.api[key("x")]["spec"] == {"size": 1}


def test_what_owners_leave_is_collected_as_far_down_as_it_goes(place: Place) -> None:
    """The collector takes what has owners of which none is there, and what that owned in turn."""
    place.api.create(box("x"))
    for name, owner in (("y", "x"), ("z", "y")):
        uid = place.api[key(owner)]["metadata"]["uid"]
        who = {"apiVersion": BOX.api_version, "kind": "Box", "name": owner, "uid": uid}
        place.api.create(box(name, ownerReferences=[who]))
    place.api.create(box("free"))
    assert place.api.collect() == 0
    place.api.remove(key("x"))
    assert place.api.collect() == 2
    assert place.api.keys() == [key("free")]
