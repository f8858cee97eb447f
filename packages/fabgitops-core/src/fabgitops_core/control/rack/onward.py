"""What BMCs tell, on its way to what they manage: into the statuses of nodes, blades and chassis.

It is derived anew from all that is there at each pass, and told where it differs. A system is a node by its place among
the systems of its BMC; where there are not as many systems as nodes nobody knows which is which, and none is told of.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK_NODE
from fabgitops_core.api.rack.partstatus import (
    BladeStatus,
    BootState,
    ChassisStatus,
    Health,
    PartStatus,
    PowerState,
    RackNodeStatus,
)
from fabgitops_core.control.commands import Commands, Tell
from fabgitops_core.control.objects import Child, Children

SYSTEMS, POWER, HEALTH, MANAGED_BY = "systems", "power", "health", "managedBy"
"""Names of facts: what a BMC tells of its systems, as JSON; what a part was told; where a node's BMC stands."""

_OF_CHASSIS = {"Enclosure", "Shelf", "Rack", "RackGroup", "StorageEnclosure"}
"""What a Redfish Chassis is (ChassisType) that holds blades; any other is the blade itself, or in it."""
_NOT_OFF = {PowerState.ON, PowerState.POWERING_ON, PowerState.POWERING_OFF, PowerState.PAUSED}
_WORST = (Health.CRITICAL, Health.WARNING, Health.UNKNOWN, Health.OK)


Word = TypeVar("Word", bound=StrEnum)


class System(NamedTuple):
    """One system, as its BMC tells it."""

    power: str = PowerState.UNKNOWN
    health: str = Health.UNKNOWN
    serial: str = ""
    model: str = ""
    uuid: str = ""


class Told(NamedTuple):
    """What a BMC tells: its systems, and serial number and model of the blade and of the chassis around them."""

    systems: tuple[System, ...] = ()
    blade: tuple[str, str] = ("", "")
    chassis: tuple[str, str] = ("", "")


def systems_of(status: Mapping[str, Any]) -> str:
    """Return what the status of a BMC says of its systems, for its record; "" where it says nothing."""
    systems = [each for each in _items(status.get("systems")) if not each.get("missing")]
    if not systems:
        return ""
    systems.sort(key=lambda each: _natural(_text(each.get("link"))))
    fields = ("powerState", "health", "serialNumber", "model", "uuid")
    around = _items(status.get("enclosures"))
    blade = [each for each in around if each.get("type") not in _OF_CHASSIS]
    chassis = [each for each in around if each.get("type") in _OF_CHASSIS]
    return json.dumps([[[_text(each.get(name)) for name in fields] for each in systems], _one(blade), _one(chassis)])


def mark_of(*texts: str) -> int:
    """Return a number of who a part is: serial number, model and UUID; 0 where nothing is known of that."""
    return crc32("\n".join(texts).encode(errors="replace")) if any(texts) else 0


def onward(uid: str, children: Children, at: datetime) -> Commands:
    """Return what parts of a Rack are to be told that they were not told before.

    Args:
        uid: The uid of the Rack: only what is its own is told.
        children: All that is there.
        at: The time of day.
    """
    ours = {key: child for key, child in children.items() if child.owner == uid and not child.leaving}
    bmcs = {key.name: _told(child) for key, child in ours.items() if key.kind == BMC.name and SYSTEMS in child.facts}
    if not bmcs:
        return ()
    tells = [*_nodes(ours, bmcs, at), *_blades(ours, bmcs, at), *_chassis(ours, bmcs, at)]
    return tuple(tells)


def _nodes(ours: Children, bmcs: Mapping[str, Told], at: datetime) -> Iterator[Tell]:
    managed: defaultdict[str, list[Child]] = defaultdict(list)
    for key, child in ours.items():
        if key.kind == RACK_NODE.name:
            managed[f"{_blade_of(key)}{child.facts.get(MANAGED_BY, '')}"].append(child)
    for bmc, told in bmcs.items():
        nodes = sorted(managed[bmc], key=lambda child: _natural(child.key.name))
        systems: Iterable[System] = told.systems
        if len(nodes) != len(told.systems):
            nodes = [node for node in nodes if POWER in node.facts]
            systems = [System()] * len(nodes)
        for node, system in zip(nodes, systems, strict=True):
            boot = BootState.OFF if system.power == PowerState.OFF else BootState.UNKNOWN
            more = {"boot_state": boot, "uuid": system.uuid or None}
            yield from _tell(node, RackNodeStatus, [system], (system.serial, system.model), at, more)


def _blades(ours: Children, bmcs: Mapping[str, Told], at: datetime) -> Iterator[Tell]:
    for blade, told in _grouped(bmcs, r"b\d+$").items():
        child = ours.get(_key(ours, BLADE.name, blade))
        systems = [system for each in told for system in each.systems]
        if child is not None:
            yield from _tell(child, BladeStatus, systems, _same(each.blade for each in told), at)


def _chassis(ours: Children, bmcs: Mapping[str, Told], at: datetime) -> Iterator[Tell]:
    for chassis, told in _grouped(bmcs, r"s\d+b\d+$").items():
        child = ours.get(_key(ours, CHASSIS.name, chassis))
        systems = [system for each in told for system in each.systems]
        if child is not None:
            yield from _tell(child, ChassisStatus, systems, _same(each.chassis for each in told), at)


def _tell(
    child: Child,
    model: type[PartStatus],
    systems: list[System],
    known: tuple[str, str],
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> Iterator[Tell]:
    """Yield what a part is to be told, unless it was told of that power and health, and who it is, before."""
    power, health = _power(systems), _health(systems)
    status = model(
        power_state=power,
        health=health,
        serial_number=known[0] or None,
        model=known[1] or None,
        last_update=at,
    )
    if more:
        status = status.model_copy(update=more)
    who = mark_of(*(getattr(status, name, None) or "" for name in ("serial_number", "model", "uuid")))
    if (child.facts.get(POWER), child.facts.get(HEALTH), child.mark) != (power, health, who):
        yield Tell(child.key, child.uid, status)


def _power(systems: list[System]) -> PowerState:
    """Return the state of what holds systems: off only where all are, on as soon as one is not off."""
    states = [_word(PowerState, each.power, PowerState.UNKNOWN) for each in systems]
    if len(set(states)) == 1:
        return states[0]
    return PowerState.ON if _NOT_OFF.intersection(states) else PowerState.UNKNOWN


def _health(systems: list[System]) -> Health:
    found = {_word(Health, each.health, Health.UNKNOWN) for each in systems}
    return next(each for each in _WORST if each in found or each is Health.OK)


def _word(words: type[Word], text: str, otherwise: Word) -> Word:
    return words(text) if text in set(words) else otherwise


def _grouped(bmcs: Mapping[str, Told], behind: str) -> Mapping[str, list[Told]]:
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for name, told in sorted(bmcs.items()):
        found[re.sub(behind, "", name)].append(told)
    return found


def _key(ours: Children, kind: str, name: str) -> Key:
    return Key(kind, next(iter(ours)).namespace, name)


def _blade_of(node: Key) -> str:
    return re.sub(r"n\d+$", "", node.name)


def _same(known: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return what all say, and nothing where they differ."""
    found = set(known)
    return found.pop() if len(found) == 1 else ("", "")


def _told(child: Child) -> Told:
    systems, blade, chassis = json.loads(child.facts[SYSTEMS])
    return Told(tuple(System(*each) for each in systems), (blade[0], blade[1]), (chassis[0], chassis[1]))


def _one(around: list[Mapping[str, Any]]) -> list[str]:
    return [_text(around[0].get(name)) for name in ("serialNumber", "model")] if len(around) == 1 else ["", ""]


def _natural(text: str) -> list[tuple[int, str]]:
    """Return what sorts numbers in texts by their value."""
    return [(int(digits or 0), word) for word, digits in re.findall(r"(\D*)(\d{0,18})", text)]


def _items(raw: object) -> list[Mapping[str, Any]]:
    return [each for each in raw if isinstance(each, Mapping)] if isinstance(raw, list) else []


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
