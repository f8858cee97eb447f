"""What is known of the objects that resources own, whoever tells of it in whichever order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, ApiModel, Key
from fabgitops_core.control.objects import Child, Watched
from fabgitops_core.engine.families import Families

LABEL = "fabgitops.io/shelf"
SHELF = Key("Shelf", "plant", "a")
OTHER = Key("Shelf", "plant", "b")
BOX = Kind("Box", "boxes", "box", (), "A box.", ApiModel, None, ())


def seen(body: Mapping[str, Any]) -> Child:
    """Return a record of a box; one without metadata to speak of cannot be read."""
    metadata = body["metadata"]
    key = Key("Box", metadata["namespace"], metadata["name"])
    leaving = "deletionTimestamp" in metadata
    return Child(key, metadata["uid"], int(metadata["resourceVersion"]), leaving=leaving)


WATCHED = Watched(BOX, LABEL, "Shelf", seen)


def box(name: str, version: int, *, uid: str = "", shelf: str = "a", **metadata: Any) -> dict[str, Any]:
    """Return a box as an API tells of it."""
    about = {"namespace": "plant", "name": name, "uid": uid or f"u-{name}", "resourceVersion": str(version)}
    return {"apiVersion": API_VERSION, "kind": "Box", "metadata": {**about, "labels": {LABEL: shelf}, **metadata}}


def key(name: str) -> Key:
    """Return the full name of a box."""
    return Key("Box", "plant", name)


class Told:
    """Families, and who was told of what."""

    def __init__(self) -> None:
        self.changed: list[Key] = []
        self.complete: list[tuple[str, str | None]] = []
        self.families = Families(self.changed.append, lambda kind, where: self.complete.append((kind, where)))
        self.family = self.families.of("Shelf")

    def versions(self, owner: Key = SHELF) -> dict[str, int]:
        """Return the versions of what belongs to a shelf."""
        return {each.name: child.version for each, child in self.family.of(owner).items()}

    def list(self, version: int, *bodies: dict[str, Any]) -> None:
        """Take a whole listing of this version."""
        with self.families.listing(WATCHED, None) as listing:
            for body in bodies:
                listing.show(body)
            listing.complete(version)


@pytest.fixture
def told() -> Told:
    """Return families of which nothing is known."""
    return Told()


def test_the_newest_version_counts_whoever_tells_of_it(told: Told) -> None:
    """What we applied is known before the watch tells of it, and an older version that comes later changes nothing."""
    told.families.seen(WATCHED, box("x", 3))
    told.family.take(SHELF, seen(box("x", 7)), ours=True)
    told.families.seen(WATCHED, box("x", 5))
    told.families.seen(WATCHED, box("x", 7))
    assert told.versions() == {"x": 7}
    assert told.changed == [SHELF]


def test_a_version_that_says_nothing_new_wakes_nobody(told: Told) -> None:
    """Of a status that changes, as of a PLC's at each reading, the owner hears only where its record changes."""
    told.families.seen(WATCHED, box("x", 3))
    told.changed.clear()
    told.families.seen(WATCHED, box("x", 4))
    assert (told.versions(), told.changed) == ({"x": 4}, [])
    told.families.seen(WATCHED, box("x", 5, deletionTimestamp="now"))
    told.families.seen(WATCHED, box("x", 6, uid="another"))
    assert told.changed == [SHELF] * 2


def test_what_is_relabelled_moves_and_both_hear_of_it(told: Told) -> None:
    """An object whose label names another owner belongs to that one; the one before and the new one are told."""
    told.families.seen(WATCHED, box("x", 3))
    told.changed.clear()
    told.families.seen(WATCHED, box("x", 4, shelf="b"))
    assert (told.versions(), told.versions(OTHER)) == ({}, {"x": 4})
    assert told.changed == [SHELF, OTHER]


def test_only_the_object_of_that_uid_is_lost(told: Told) -> None:
    """News that an object is gone says nothing of another that has its name by now."""
    told.families.seen(WATCHED, box("x", 3, uid="u1"))
    told.families.seen(WATCHED, box("x", 5, uid="u2"))
    told.families.lost(key("x"), "u1")
    assert told.versions() == {"x": 5}
    told.families.lost(key("x"), "u2")
    assert told.versions() == {}


def test_a_listing_forgets_what_it_does_not_show(told: Told) -> None:
    """What a complete listing does not show is gone, and its owner is told."""
    told.list(4, box("x", 3), box("y", 4))
    told.changed.clear()
    told.list(9, box("y", 4))
    assert told.versions() == {"y": 4}
    assert told.changed == [SHELF]


def test_a_listing_says_nothing_of_what_was_made_after_it(told: Told) -> None:
    """What was applied while a listing ran is not in it, and stays."""
    with told.families.listing(WATCHED, None) as listing:
        told.family.take(SHELF, seen(box("x", 7)), ours=True)
        listing.complete(6)
    assert told.versions() == {"x": 7}


def test_a_listing_brings_nothing_back(told: Told) -> None:
    """What the watch tells to be gone while a listing runs stays gone, though the listing still shows it."""
    told.families.seen(WATCHED, box("x", 3))
    with told.families.listing(WATCHED, None) as listing:
        told.families.lost(key("x"), "u-x")
        listing.show(box("x", 3))
        listing.complete(5)
    assert told.versions() == {}


def test_our_own_answer_brings_nothing_back(told: Told) -> None:
    """What the watch tells to be gone before our request for it is answered stays gone."""
    told.family.begins()
    told.families.seen(WATCHED, box("x", 7))
    told.families.lost(key("x"), "u-x")
    told.family.take(SHELF, seen(box("x", 7)), ours=True)
    told.family.ends()
    assert told.versions() == {}


def test_a_listing_that_breaks_off_forgets_nothing(told: Told) -> None:
    """A listing that does not come to its end says nothing of what it did not show."""
    told.list(4, box("x", 3), box("y", 4))
    with told.families.listing(WATCHED, None) as listing:
        listing.show(box("x", 3))
    assert told.versions() == {"x": 3, "y": 4}


def test_a_store_that_was_set_back_is_believed(told: Told) -> None:
    """A listing of an older moment than was known when it began shows all that there is now, older as it is."""
    told.list(9, box("x", 8), box("y", 9))
    told.list(5, box("x", 4))
    assert told.versions() == {"x": 4}
    told.families.seen(WATCHED, box("x", 6))
    assert told.versions() == {"x": 6}


def test_what_we_deleted_is_leaving_until_the_watch_says_that_it_is_gone(told: Told) -> None:
    """A version from before our deletion that is told later does not make the object stay."""
    told.families.seen(WATCHED, box("x", 3))
    told.family.leaving(SHELF, key("x"), "u-x")
    told.families.seen(WATCHED, box("x", 4))
    child = told.family.child(SHELF, key("x"))
    assert child is not None
    assert (child.version, child.leaving) == (4, True)


def test_the_first_listing_is_told_and_no_other(told: Told) -> None:
    """That everything is listed is told once for each namespace, however often it is listed."""
    told.list(4)
    told.list(5)
    assert told.complete == [("Shelf", None)]
    assert told.family.unseen(["Box"], "plant") == {}
    assert told.family.unseen(["Box", "Crate"], "plant") is None


def test_what_cannot_be_listed_is_told_until_it_is(told: Told) -> None:
    """A refusal is told once, and over with a listing; of what was listed before, what is known stays."""
    told.families.refused(WATCHED, "plant", "forbidden")
    told.families.refused(WATCHED, "plant", "forbidden")
    assert told.complete == [("Shelf", "plant")]
    assert told.family.unseen(["Box"], "plant") == {"Box": "forbidden"}
    assert told.family.unseen(["Box"], "hall") is None
    told.list(4, box("x", 3))
    told.families.refused(WATCHED, None, "forbidden")
    assert told.complete == [("Shelf", "plant"), ("Shelf", None)]
    assert told.family.unseen(["Box"], "plant") == {}
    assert told.families.has("Box", None)
    assert not told.families.has("Box", "hall")


def test_what_cannot_be_read_keeps_its_owner_from_knowing_what_there_is(told: Told) -> None:
    """An object that raises when it is made small is nobody else's trouble, and over when it can be read, or goes."""
    told.families.seen(WATCHED, box("y", 2, shelf="b"))
    told.families.seen(WATCHED, box("x", 3, resourceVersion="odd"))
    with pytest.raises(ValueError, match="odd"):
        told.family.of(SHELF)
    assert told.versions(OTHER) == {"y": 2}
    told.families.seen(WATCHED, box("x", 4))
    assert told.versions() == {"x": 4}
    told.families.seen(WATCHED, box("x", 5, resourceVersion="odd"))
    told.families.lost(key("x"), "u-x")
    assert told.versions() == {}


def test_what_could_not_be_read_is_forgotten_when_a_listing_does_not_show_it(told: Told) -> None:
    """An object of which no record could be made is gone for good when a complete listing does without it."""
    told.list(4, box("x", 3, resourceVersion="odd"), box("y", 2))
    told.list(5, box("y", 2))
    assert told.versions() == {"y": 2}


def test_an_object_without_a_namespace_or_the_label_is_passed_over(told: Told) -> None:
    """What does not say whose it is belongs to nobody."""
    told.families.seen(WATCHED, box("x", 3, labels={}))
    told.families.seen(WATCHED, box("y", 3, labels=[LABEL]))
    told.families.seen(WATCHED, {"metadata": None})
    assert len(told.family) == 0


def test_whose_an_object_is_may_stand_elsewhere_than_in_its_label() -> None:
    """Of objects with a label those are known that say their owner; one that says another is his, or nobody's."""
    told = Told()

    def owner(body: Mapping[str, Any]) -> str:
        return "".join(each["name"] for each in body["metadata"].get("ownerReferences", ()))

    watched = replace(WATCHED, owner=owner)
    told.families.seen(watched, box("x", 1, shelf="any", ownerReferences=[{"name": "a"}]))
    told.families.seen(watched, box("y", 2))
    assert told.versions() == {"x": 1}
    told.families.seen(watched, box("x", 3, ownerReferences=[{"name": "b"}]))
    assert (told.versions(), told.versions(OTHER)) == ({}, {"x": 3})
    told.families.seen(watched, box("x", 4))
    assert (told.versions(), told.versions(OTHER)) == ({}, {})
