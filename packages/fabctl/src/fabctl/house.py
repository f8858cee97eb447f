"""The whole house of one Rack: what stands in what, from its objects. Pure, and never fails.

What a part stands in is said by its spec; a part whose own place is missing hangs on the nearest that is there. A PLC
stands in the part whose name its own begins with, as rack-01-c0-pdu in rack-01-c0. Rollouts that lead PLCs of the house
stand behind all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fabctl.fields import NOTHING, Body, mapping, text
from fabctl.model import view
from fabctl.names import BLADE, BMC, CHASSIS, NODE, PLC, RACK, ROLLOUT, Kind
from fabctl.racks import light, rack_view
from fabctl.rollouts import rollout_view

_STANDS_IN = {CHASSIS.title: "rackRef", BLADE.title: "chassisRef", BMC.title: "bladeRef", NODE.title: "bladeRef"}
_CALLED = {
    CHASSIS.title: "chassis",
    BLADE.title: "blade",
    BMC.title: "BMC",
    NODE.title: "node",
    PLC.title: "PLC",
    ROLLOUT.title: "rollout",
}
_BEHIND = {PLC.title: 1, ROLLOUT.title: 2}
"""Where what is no part stands."""
_UNKNOWN = {"", "Unknown"}


@dataclass(slots=True)
class Room:
    """A part of the house: what it is, how it stands, in words, and what is in it."""

    kind: Kind
    body: Body
    name: str
    called: str
    words: tuple[str, ...]
    more: tuple[str, ...]
    """What is said where there is room for it."""
    inside: list["Room"] = field(default_factory=list)

    def all(self) -> Iterator["Room"]:
        """Yield it and all that is in it, in the order in which they are drawn."""
        yield self
        for each in self.inside:
            yield from each.all()


Found = Sequence[tuple[Kind, Sequence[Body]]]


def house(rack: Body, found: Found) -> Room:
    """Return the house of a Rack.

    Args:
        rack: The Rack.
        found: Its parts and PLCs by kind; what stands in another kind stands behind it.
    """
    top = _room(RACK, rack)
    rooms: dict[str, Room] = {}
    for kind, bodies in found:
        for each in (_room(kind, body) for body in bodies):
            _at(each, rooms, top).inside.append(each)
            if kind.title not in _BEHIND:
                rooms.setdefault(each.name, each)
    for each in top.all():
        each.inside.sort(key=_order)
    return top


def _at(room: Room, rooms: Mapping[str, Room], top: Room) -> Room:
    """Return what a part stands in, the Rack where that is missing, which the part then says."""
    if room.kind is ROLLOUT:
        return top
    if room.kind is PLC:
        begins = [name for name in rooms if room.name.startswith(f"{name}-")]
        return rooms[max(begins, key=len)] if begins else top
    spec = mapping(room.body.get("spec"))
    managed = text(mapping(spec.get("bmcRef")).get("name")) if room.kind is NODE else ""
    within = text(mapping(spec.get(_STANDS_IN[room.kind.title])).get("name"))
    if room.kind is CHASSIS:
        return top
    if found := rooms.get(managed) or rooms.get(within):
        return found
    room.words = (*room.words, f"{within or 'what it stands in'} is missing")
    return top


def _order(room: Room) -> tuple[int, list[tuple[int, str]]]:
    return _BEHIND.get(room.kind.title, 0), _place(room.name)


def _place(name: str) -> list[tuple[int, str]]:
    """Return what names are sorted by: blade 10 stands behind blade 9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"[0-9]{1,9}|[^0-9]+", name)]


def _room(kind: Kind, body: Body) -> Room:
    metadata = mapping(body.get("metadata"))
    name = text(metadata.get("name"))
    words, more = _WORDS[kind.title](body)
    going = ("being deleted",) if metadata.get("deletionTimestamp") else ()
    known = tuple(word for word in (*words, *going) if word)
    return Room(kind, body, name, _CALLED.get(kind.title, ""), known, tuple(word for word in more if word))


Words = tuple[Iterable[str], Iterable[str]]


def _rack(body: Body) -> Words:
    rack = rack_view(body)
    waits = f"waits for a yes: {rack.pending.sentence}" if rack.pending else ""
    counts = ", ".join(f"{count} {name}" for name, count in rack.totals)
    return (rack.phase, f"template {rack.template}", waits), (counts, *(f"{name} {at}" for name, at in rack.places))


def _part(body: Body) -> Words:
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    serial = text(status.get("serialNumber")) or text(spec.get("serialNumber"))
    model = text(status.get("model")) or text(spec.get("model"))
    return _health(status), (model, f"serial {serial}" if serial else "")


def _node(body: Body) -> Words:
    claimed = text(mapping(body.get("spec")).get("claimedBy"))
    words, more = _part(body)
    boot = text(mapping(body.get("status")).get("bootState"))
    return (*words, f"claimed by {claimed}" if claimed else ""), (f"boot {boot}" if boot not in _UNKNOWN else "", *more)


def _bmc(body: Body) -> Words:
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    answers = status.get("reachable")
    said = ("reachable" if answers else "not reachable") if isinstance(answers, bool) else ""
    lit = "light on" if light(body).state == "on" else ""
    firmware, mac = text(status.get("firmwareVersion")), text(spec.get("macAddress"))
    words, more = _part(body)
    more = (f"firmware {firmware}" if firmware else "", f"MAC {mac}" if mac else "", *more)
    return (text(spec.get("ipAddress")), said, *words, lit), more


def _plc(body: Body) -> Words:
    plc = view(body)
    drifts = f"{plc.drifts} drifts" if plc.drifts else ""
    held = f"held by {plc.held_by}" if plc.held_by != NOTHING else ""
    count = plc.in_sync_count and f"{plc.in_sync_count} in sync"
    return (str(plc.status), count, drifts, held), (plc.endpoint, plc.message)


def _rollout(body: Body) -> Words:
    rollout = rollout_view(body)
    wave = f"wave {rollout.wave} of {rollout.waves}" if rollout.waves else ""
    return (rollout.phase, wave, f"{rollout.released} released"), (rollout.message,)


def _health(status: Body) -> Iterable[str]:
    power, health = text(status.get("powerState")), text(status.get("health"))
    return ("" if power in _UNKNOWN else power, "" if health in _UNKNOWN else health)


_WORDS = {
    RACK.title: _rack,
    CHASSIS.title: _part,
    BLADE.title: _part,
    BMC.title: _bmc,
    NODE.title: _node,
    PLC.title: _plc,
    ROLLOUT.title: _rollout,
}
