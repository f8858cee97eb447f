"""What a Rack is to be made of: a template and the Rack's own words, laid out place by place.

A plan holds places and digests only; an object is made of a place when it is to be applied. So one of 11,466 parts, the
most there may be, costs a fraction of a second and a few megabytes for as long as a pass takes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.placeholders import NotAText, filled_in, names_in
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK, RACK_NODE, marks
from fabgitops_core.api.rack.devices import At, RackPlc
from fabgitops_core.api.rack.rack import RackSpec, SlotEntry
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer
from fabgitops_core.api.rack.shape import BmcMode
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.control.rack.naming import Place
from fabgitops_core.control.rack.records import digest

HASH_BYTES = 8


class Slot(NamedTuple):
    """A place, and what is to be there."""

    kind: str
    place: Place
    plc: RackPlc | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a Rack is to be made of, in the order in which it is made.

    `hash` names it: the same until the template or the Rack says something else. `unplaced` are the PLCs whose address
    nobody says.
    """

    rack: Key
    uid: str
    offer: RackTemplateOffer
    spec: RackSpec
    slots: Mapping[Key, Slot]
    digests: Mapping[Key, bytes]
    hash: str
    entries: Mapping[str, SlotEntry]
    unplaced: tuple[str, ...] = ()

    @property
    def nowhere(self) -> tuple[str, ...]:
        """Return the entries of spec.slots that name no place of this rack."""
        if not self.entries:
            return ()
        return tuple(sorted(self.entries.keys() - {str(slot.place) for slot in self.slots.values()} - {*self.unplaced}))

    def object_of(self, key: Key) -> Mapping[str, Any]:
        """Return the object that is to be at a place: all that we say of it, and nothing else."""
        slot = self.slots[key]
        labels, by_rack, spec = _said(self.rack.name, self.offer, slot, self.entries)
        owner = {"apiVersion": API_VERSION, "kind": RACK.name, "name": self.rack.name, "uid": self.uid}
        return {
            "apiVersion": API_VERSION,
            "kind": key.kind,
            "metadata": {
                "name": key.name,
                "namespace": key.namespace,
                "labels": labels,
                **({"annotations": {marks.BY_RACK: by_rack}} if by_rack else {}),
                "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": False}],
            },
            "spec": spec,
        }


def plan_of(rack: Key, uid: str, generation: int, spec: RackSpec, offer: RackTemplateOffer) -> Plan:
    """Return the plan of a Rack by its template; `uid` and `generation` are the Rack's."""
    entries = {entry.slot: entry for entry in spec.slots}
    slots: dict[Key, Slot] = {}
    digests: dict[Key, bytes] = {}
    unplaced: list[str] = []
    for slot in _slots(rack.name, offer, entries):
        key = Key(slot.kind, rack.namespace, f"{rack.name}-{slot.place}")
        if slot.plc is not None and not slot.address:
            unplaced.append(str(slot.place))
            continue
        labels, by_rack, said = _said(rack.name, offer, slot, entries)
        slots[key] = slot
        digests[key] = digest(slot.kind, labels, {marks.BY_RACK: by_rack}, said)
    return Plan(rack, uid, offer, spec, slots, digests, _hash(offer, generation), entries, tuple(unplaced))


def _hash(offer: RackTemplateOffer, generation: int) -> str:
    """Return a name of what is wanted now: who has agreed to one has not agreed to the same at another time."""
    said = [offer.uid, offer.generation, generation, offer.spec.model_dump(mode="json", by_alias=True)]
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=HASH_BYTES).hexdigest()


def _slots(rack: str, offer: RackTemplateOffer, entries: Mapping[str, SlotEntry]) -> Iterator[Slot]:
    chassis, blade = offer.spec.chassis_config, offer.spec.chassis_config.blade_config
    for c in range(offer.spec.chassis_count):
        yield Slot(CHASSIS.name, Place(c))
        for s in range(chassis.blade_count):
            yield Slot(BLADE.name, Place(c, s))
            yield from (Slot(BMC.name, Place(c, s, "b", b)) for b in range(blade.bmc_count))
            yield from (Slot(RACK_NODE.name, Place(c, s, "n", n)) for n in range(blade.node_count))
    for plc in offer.spec.plcs:
        for place in _places_at(plc.at, offer):
            there = place._replace(plc=plc.name)
            yield Slot(PLC.name, there, plc, _address(rack, plc, place, there, entries))


def _places_at(at: At, offer: RackTemplateOffer) -> Iterator[Place]:
    chassis, blade = offer.spec.chassis_config, offer.spec.chassis_config.blade_config
    if at is At.RACK:
        yield Place()
        return
    for c in range(offer.spec.chassis_count):
        if at is At.CHASSIS:
            yield Place(c)
            continue
        for s in range(chassis.blade_count):
            if at is At.BLADE:
                yield Place(c, s)
                continue
            part, count = ("b", blade.bmc_count) if at is At.BMC else ("n", blade.node_count)
            yield from (Place(c, s, part, number) for number in range(count))


def _address(rack: str, plc: RackPlc, place: Place, there: Place, entries: Mapping[str, SlotEntry]) -> str:
    """Return where a PLC is reached; nothing where its address is to be said by the Rack, which does not."""
    entry = entries.get(str(there)) or entries.get(str(place))
    address = entry.address if entry else ""
    if "address" in names_in(plc.device_address) and not address:
        return ""
    numbers = {"chassis": place.chassis, "blade": place.blade, "node": place.number, "bmc": place.number}
    try:
        return str(filled_in(plc.device_address, {"rack": rack, "address": address, **numbers}))
    except (KeyError, NotAText):  # the model has looked at it; whatever it is, it is no address
        return ""


def _said(
    rack: str, offer: RackTemplateOffer, slot: Slot, entries: Mapping[str, SlotEntry]
) -> tuple[dict[str, str], str, dict[str, Any]]:
    """Return the labels of an object, the names of what its spec says beyond all of its kind, and its spec."""
    place, more = slot.place, dict[str, Any]()
    labels = {marks.RACK: rack, marks.TEMPLATE: offer.name}
    chassis, blade = f"{rack}-c{place.chassis}", f"{rack}-c{place.chassis}s{place.blade}"
    if place.blade >= 0 or (place.plc and place.chassis >= 0):
        labels[marks.CHASSIS] = chassis
    if place.part or (place.plc and place.blade >= 0):
        labels[marks.BLADE] = blade
    if slot.plc is not None:
        return labels, "", _plc(slot.plc, slot.address)
    if slot.kind == CHASSIS.name:
        return labels, "", {"rackRef": {"name": rack}, "chassisNumber": place.chassis}
    if slot.kind == BLADE.name:
        return labels, "", {"chassisRef": {"name": chassis}, "bladeNumber": place.blade}
    if slot.kind == RACK_NODE.name:
        dedicated = offer.spec.chassis_config.blade_config.bmc_mode is BmcMode.DEDICATED
        bmc = f"{blade}b{place.number if dedicated else 0}"
        labels[marks.BMC] = bmc
        return labels, "", {"bladeRef": {"name": blade}, "bmcRef": {"name": bmc}, "nodeNumber": place.number}
    if (entry := entries.get(str(place))) is not None:
        more = {"ipAddress": entry.address} if entry.address else {}
        more |= {"credentialsRef": {"name": entry.credentials_ref.name}} if entry.credentials_ref else {}
    return labels, ",".join(more), {"bladeRef": {"name": blade}, **more}


def _plc(plc: RackPlc, address: str) -> dict[str, Any]:
    reference: dict[str, Any] = {"name": plc.template_ref.name}
    if plc.template_ref.parameters:
        reference["parameters"] = dict(plc.template_ref.parameters)
    return {
        "deviceAddress": address,
        "unitId": plc.unit_id,
        "autoCorrect": plc.auto_correct,
        "templateRef": reference,
    }
