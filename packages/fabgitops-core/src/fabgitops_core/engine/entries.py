"""What the engine keeps of each resource: its controller's state, and its share of a connection."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import NOTHING, ApiModel, Key
from fabgitops_core.control.commands import Measure
from fabgitops_core.control.controller import (
    Consultant,
    Controller,
    Doubter,
    Identified,
    Leader,
    Member,
    Modest,
    Owner,
    Referent,
    Referrer,
    Regarder,
)
from fabgitops_core.control.events import Event
from fabgitops_core.control.members import NOBODY_LEADS, Facts, Leading
from fabgitops_core.control.objects import Viewed, Watched
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.controller import DeviceController
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.requests import Change, DeviceId, Endpoint, Link
from fabgitops_core.engine.families import Families
from fabgitops_core.engine.ports import Device, Record

NO_VIEWS: Mapping[str, Viewed] = MappingProxyType({})


class Sides(NamedTuple):
    """A controller once more for each side that its kind has, what the kind owns, and what it looks at."""

    at_device: DeviceController[Any] | None
    doubter: Doubter[Any] | None
    identified: Identified[Any] | None
    modest: Modest[Any] | None
    referrer: Referrer | None
    referent: Referent[Any] | None
    member: Member[Any] | None
    leader: Leader[Any] | None
    regarder: Regarder[Any] | None
    consultant: Consultant[Any] | None
    owns: tuple[Watched, ...]
    views: Mapping[str, Viewed]


@lru_cache(maxsize=32)
def sides_of(controller: Controller[Any]) -> Sides:
    """Return them; to find them out takes longer than all else that a resource needs to begin with."""
    return Sides(
        controller if isinstance(controller, DeviceController) else None,
        controller if isinstance(controller, Doubter) else None,
        controller if isinstance(controller, Identified) else None,
        controller if isinstance(controller, Modest) else None,
        controller if isinstance(controller, Referrer) else None,
        controller if isinstance(controller, Referent) else None,
        controller if isinstance(controller, Member) else None,
        controller if isinstance(controller, Leader) else None,
        controller if isinstance(controller, Regarder) else None,
        controller if isinstance(controller, Consultant) else None,
        controller.owns() if isinstance(controller, Owner) else (),
        {each.kind.name: each for each in controller.views()} if isinstance(controller, Regarder) else NO_VIEWS,
    )


class Unproven(NamedTuple):
    """A write that was recorded, and that no reading has shown yet."""

    record: Record
    change: Change
    facts: WriteFacts


class Asked(NamedTuple):
    """A measurement that is on its way, since when by the loop's clock, and what will come of it."""

    request: Measure
    since: float
    answer: asyncio.Task[Event]


class Entry:
    """One resource.

    `fault` is what of ours struck it and is not over, so that it is not written; `faults` counts how often in a row.
    One that is `dead` was struck by it when it was declared: it has no device and no claims, and is not polled.
    `due` is when, by the loop's clock, the pass under way was due, until its first request goes out; `heard` are the
    units behind a gateway that answered when they were asked last. `held` says that a write of the pass was held.
    `at_device`, `doubter`, `identified`, `modest`, `referrer`, `referent`, `member`, `leader`, `regarder` and
    `consultant` are the controller again as far as its kind has that side; `owns` is what its kind owns, `family` where
    that is known, and `views` what it looks at. `news` says that something of it, of whom it leads, regards or consults
    has changed since the last pass began.
    `labels` and `led_by` are those that it was told of last, `facts` how it stood when those who lead it were told.
    `unproven` is the last write that was recorded, until a reading shows what came of it.
    `looked` is when, by the loop's clock, the pass began in which it looked at its device last, None where that is not
    known, or where the pass that has ended last was no whole look.
    `logged` are the faults that the log has. `said` is the status that was made known last, or found stored at first.
    `asked` is the measurement that is on its way.
    """

    __slots__ = (
        "asked",
        "at_device",
        "consultant",
        "controller",
        "dead",
        "device",
        "devices",
        "doubter",
        "due",
        "endpoint",
        "facts",
        "family",
        "fault",
        "faults",
        "generation",
        "gone",
        "heard",
        "held",
        "identified",
        "key",
        "labels",
        "leader",
        "led_by",
        "link",
        "logged",
        "looked",
        "member",
        "modest",
        "news",
        "owns",
        "referent",
        "referrer",
        "regarder",
        "said",
        "state",
        "uid",
        "unproven",
        "views",
        "writing",
    )

    def __init__(self, key: Key, controller: Controller[Any], families: Families) -> None:
        self.key = key
        self.controller = controller
        sides = sides_of(controller)  # type: ignore[arg-type]  # mypy takes no protocol for hashable
        self.at_device, self.doubter, self.identified = sides.at_device, sides.doubter, sides.identified
        self.referrer, self.referent, self.owns = sides.referrer, sides.referent, sides.owns
        self.modest = sides.modest
        self.member, self.leader = sides.member, sides.leader
        self.regarder, self.views = sides.regarder, sides.views
        self.consultant = sides.consultant
        self.family = families.of(key.kind) if self.owns else None
        self.state: Any = controller.start(key)
        self.endpoint: Endpoint | None = None
        self.link: Link | None = None
        self.devices: tuple[DeviceId, ...] = ()
        self.device: Device | None = None
        self.due: float | None = None
        self.looked: float | None = None
        self.heard: frozenset[int] = frozenset()
        self.writing = False
        self.unproven: Unproven | None = None
        self.news = False
        self.held = False
        self.gone = False
        self.generation = 0
        self.uid = ""
        self.labels = NOTHING
        self.led_by: tuple[Leading, ...] = NOBODY_LEADS
        self.facts: Facts | None = None
        self.fault = ""
        self.faults = 0
        self.dead = False
        self.logged: frozenset[str] = frozenset()
        self.said: ApiModel | None = None
        self.asked: Asked | None = None

    def revive(self) -> None:
        """Let one that is dead be tried again: it is declared anew, or what it refers to is."""
        if self.dead:
            self.dead, self.fault = False, ""

    def passed(self, faults: int) -> None:
        """Note the end of a pass that was begun with so many faults: one without any ends the last, two end the row."""
        if self.faults == faults and not self.dead:
            self.faults = self.faults if self.fault else 0
            self.fault = ""

    def wants(self, wanted: DeviceMap | None) -> bool:
        """Return whether its share of a connection must be exchanged for what it is about now."""
        return (self.endpoint, self.link) != ((wanted.endpoint, wanted.link) if wanted else (None, None))
