"""What becomes of objects whose owners go, as Kubernetes' garbage collector decides it: pure.

An owner is the object of that kind, name and uid in the same namespace (or in none); of another namespace or another
uid it is absent. One of a kind that is not kept here is somebody else's to judge: it counts as there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from fabgitops_operator.standalone.store.objects.metadata import FOREGROUND, ORPHAN
from fabgitops_operator.standalone.store.record import Record

Find = Callable[[Mapping[str, Any], str], Record | None]
"""Finds the object that a reference names, seen from a namespace.

Raises:
    KeyError: Its kind is not kept here.
"""


class Owner(Enum):
    """How an owner stands."""

    THERE = auto()
    GOING = auto()
    """It waits for what it owns to go first."""
    ABSENT = auto()


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an object: it goes, or loses references to owners and finalizers."""

    goes: bool = False
    policy: str | None = None
    """The propagation policy by which it goes; None: as its finalizers say."""
    without: tuple[str, ...] = ()
    """The uids of owners that it loses."""
    finalizer: str = ""
    """The finalizer that has done its part."""

    def __bool__(self) -> bool:
        """Return whether anything becomes of it."""
        return self.goes or bool(self.without) or bool(self.finalizer)


def standing(reference: Mapping[str, Any], namespace: str, find: Find) -> Owner:
    """Return how the owner of a reference stands."""
    try:
        record = find(reference, namespace)
    except KeyError:
        return Owner.THERE
    if record is None or record.uid != reference["uid"]:
        return Owner.ABSENT
    return Owner.GOING if is_going(record.decoded(), FOREGROUND) else Owner.THERE


def is_going(body: Mapping[str, Any], finalizer: str) -> bool:
    """Return whether an object is to go, and a finalizer of the collector's holds it."""
    metadata = body["metadata"]
    return "deletionTimestamp" in metadata and finalizer in metadata.get("finalizers", ())


def of_owned(record: Record, find: Find, *, owns: bool) -> Fate:
    """Return what becomes of an object that has owners.

    Args:
        record: The object. What the source names goes by the source alone.
        find: Finds its owners.
        owns: Whether others have it as theirs.
    """
    body = record.decoded()
    references: Sequence[Mapping[str, Any]] = body["metadata"].get("ownerReferences", ())
    stand = {each["uid"]: standing(each, record.namespace, find) for each in references}
    if not stand or record.origin:
        return Fate()
    if Owner.THERE in stand.values():
        return Fate(without=tuple(uid for uid, how in stand.items() if how is not Owner.THERE))
    if "deletionTimestamp" in body["metadata"]:
        return Fate()
    return Fate(goes=True, policy="Foreground" if owns and Owner.GOING in stand.values() else None)


def of_going(record: Record, dependants: Sequence[Record]) -> Fate:
    """Return what becomes of an object that waits to go.

    Args:
        record: The object.
        dependants: What names it as an owner.
    """
    body = record.decoded()
    if is_going(body, ORPHAN) and not dependants:
        return Fate(finalizer=ORPHAN)
    if is_going(body, FOREGROUND) and not any(_blocks(each, record.uid) for each in dependants):
        return Fate(finalizer=FOREGROUND)
    return Fate()


def orphans(record: Record, dependants: Sequence[Record]) -> Sequence[Record]:
    """Return what is to lose its owner, because that goes without them."""
    return dependants if is_going(record.decoded(), ORPHAN) else ()


def _blocks(record: Record, owner: str) -> bool:
    references = record.decoded()["metadata"].get("ownerReferences", ())
    return any(each["uid"] == owner and each.get("blockOwnerDeletion") for each in references)


def changed(body: Mapping[str, Any], fate: Fate) -> dict[str, Any]:
    """Return an object without the references and the finalizer that it loses."""
    metadata = dict(body["metadata"])
    lost = {
        "ownerReferences": [each for each in metadata.get("ownerReferences", ()) if each["uid"] not in fate.without],
        "finalizers": [each for each in metadata.get("finalizers", ()) if each != fate.finalizer],
    }
    kept = {name: value for name, value in metadata.items() if name not in lost}
    return {**body, "metadata": kept | {name: value for name, value in lost.items() if value}}
