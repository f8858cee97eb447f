"""Whose an object is that stands where a part is to be: looked at before anything of it is taken over."""

from enum import Enum, auto

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import RACK, marks
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rack.records import ADOPT, LABELLED, OWNED_BY


class Whose(Enum):
    """What an object is to a Rack."""

    OURS = auto()
    """It belongs to this Rack."""
    LEFT = auto()
    """Its owner is a Rack of this name that is gone, or nobody, or it was given to us: it is taken over."""
    OTHERS = auto()
    """It belongs to something else, or nobody has given it to us: nothing of it is touched."""


def whose(child: Child, rack: Key, uid: str) -> Whose:
    """Return what an object is to a Rack, whose uid is told.

    An owner that has the name of this Rack and another uid is a Rack that is gone: there is one of a name at a time.
    """
    if child.owner:
        if child.owner == uid:
            return Whose.OURS
        return Whose.LEFT if _owned_by(child) == f"{RACK.name} {rack.name}" else Whose.OTHERS
    return Whose.LEFT if labelled(child, rack) or child.facts.get(ADOPT) == "true" else Whose.OTHERS


def labelled(child: Child, rack: Key) -> bool:
    """Return whether an object has the label of a Rack and a name that a part of it may have."""
    return child.facts.get(LABELLED, _alone(child)) == rack.name and child.key.name.startswith(f"{rack.name}-")


def in_the_way(child: Child) -> str:
    """Return in a sentence who has the name of a part, and what to do about it."""
    what = f"the {child.key.kind} {child.key.name}"
    if child.owner:
        return f"{what} belongs to {_owned_by(child)}: delete it, or rename the Rack"
    return f"{what} is there and belongs to nobody: give it to the Rack by {marks.ADOPT}=true, or delete it"


def _owned_by(child: Child) -> str:
    """Return kind and name of the owner; where the record does not say it is the Rack of the part's own name."""
    return child.facts.get(OWNED_BY, f"{RACK.name} {_alone(child)}")


def _alone(child: Child) -> str:
    """Return the only Rack that may want a part of this name, but for a PLC."""
    return child.key.name.rpartition("-")[0]
