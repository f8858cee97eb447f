"""How much of a Rack is there, counted from what is there."""

from collections import Counter
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK_NODE
from fabgitops_core.api.rack.rackstatus import PlcsStatus
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rack.adopting import Whose, whose
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.control.rack.naming import place_of
from fabgitops_core.control.rack.pruning import in_use
from fabgitops_core.control.rack.records import IN_SYNC
from fabgitops_core.control.rack.texts import MOST_NAMED


class Totals(NamedTuple):
    """How many parts there are; the uids of the chassis by their number; the PLCs, and how many are in sync, or not.

    `in_use` are the first few reasons why parts may not go.
    """

    chassis: int = 0
    blades: int = 0
    nodes: int = 0
    bmcs: int = 0
    plcs: int = 0
    in_sync: int = 0
    out_of_sync: int = 0
    uids: tuple[tuple[int, str], ...] = ()
    in_use: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        """Return how many objects there are."""
        return self.chassis + self.blades + self.nodes + self.bmcs + self.plcs

    def fields(self) -> dict[str, Any]:
        """Return the fields of the status that say so."""
        return {
            "chassis_uids": tuple(uid for _number, uid in self.uids),
            "total_chassis": self.chassis,
            "total_blades": self.blades,
            "total_nodes": self.nodes,
            "total_bmcs": self.bmcs,
            "in_use": self.in_use,
            "plcs": PlcsStatus(total=self.plcs, in_sync=self.in_sync) if self.plcs else None,
        }

    def with_one(self, rack: str, child: Child) -> "Totals":
        """Return the totals with one more part."""
        field = _FIELDS[child.key.kind]
        more = self._replace(**{field: getattr(self, field) + 1})
        if child.key.kind == CHASSIS.name:
            return more._replace(uids=tuple(sorted({**dict(self.uids), _number(rack, child.key): child.uid}.items())))
        return more

    def without(self, rack: str, child: Child) -> "Totals":
        """Return the totals with one part less."""
        field = _FIELDS[child.key.kind]
        less = self._replace(**{field: max(getattr(self, field) - 1, 0)})
        if child.key.kind == CHASSIS.name:
            return less._replace(uids=tuple(each for each in self.uids if each[0] != _number(rack, child.key)))
        return less


NONE = Totals()

_FIELDS = {CHASSIS.name: "chassis", BLADE.name: "blades", RACK_NODE.name: "nodes", BMC.name: "bmcs", PLC.name: "plcs"}


def totals(rack: Key, uid: str, children: Children, *, require_off: bool = False) -> Totals:
    """Return how much of a Rack is there: what is its own, and is not being deleted."""
    counts: Counter[str] = Counter()
    uids: list[tuple[int, str]] = []
    users: list[str] = []
    for key, child in children.items():
        if child.leaving or whose(child, rack, uid) is not Whose.OURS:
            continue
        counts[_FIELDS[key.kind]] += 1
        if len(users) < MOST_NAMED:
            users += in_use(child, require_off=require_off)
        if key.kind == CHASSIS.name:
            uids.append((_number(rack.name, key), child.uid))
        elif key.kind == PLC.name and IN_SYNC in child.facts:
            counts["in_sync" if child.facts[IN_SYNC] == "true" else "out_of_sync"] += 1
    return Totals(**counts, uids=tuple(sorted(uids)), in_use=tuple(users[:MOST_NAMED]))


def _number(rack: str, key: Key) -> int:
    place = place_of(rack, key.name)
    return place.chassis if place else -1
