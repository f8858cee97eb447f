"""What is asked for: one request at a time, each answered by one event within a few seconds."""

from dataclasses import dataclass

from fabgitops_core.api.chaos.probes import Probe
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.control.chaos.caps import UNBOUND, Caps
from fabgitops_core.control.chaos.deeds import Deed
from fabgitops_core.control.commands import Request


@dataclass(frozen=True, slots=True)
class Hold(Request):
    """Put the finalizer on the experiment; `Held` tells of it."""


@dataclass(frozen=True, slots=True)
class Release(Request):
    """Take the finalizer off, when the status is stored that was published last; `Released` tells of it."""


@dataclass(frozen=True, slots=True)
class Look(Request):
    """Look at what decides whether there may be chaos in a namespace; `Looked` tells of it."""

    namespace: str


@dataclass(frozen=True, slots=True)
class Select(Request):
    """Look at what a target's selector matches, None for the operator itself; `Selected` tells of it.

    With `told_apart` each PLC is told by proof whether it is a real one, unless a real one may be hit just as well.
    """

    namespace: str
    target: Target | None
    told_apart: bool = False


@dataclass(frozen=True, slots=True)
class Examine(Request):
    """Look at the places where these are to be carried out; nothing is done. `Examined` tells of it.

    What was selected is looked at once more, by the same request, where something is to begin.
    """

    deeds: tuple[Deed, ...]
    again: Select | None = None


@dataclass(frozen=True, slots=True)
class Act(Request):
    """Do these, and ask these about a namespace, that of the targets, all at once.

    `Acted` tells what came of each, whatever has not answered after 5 s.

    When `recorded`, nothing is done before the status is stored that was published last. Where it cannot be, nothing is
    done at all, and `Unrecorded` says so; as where others have come to have so many of the same that `caps` forbid it.
    """

    deeds: tuple[Deed, ...] = ()
    probes: tuple[Probe, ...] = ()
    recorded: bool = False
    namespace: str = ""
    caps: Caps = UNBOUND
