"""The kinds of parts, and what a Rack says of each."""

from collections.abc import Mapping

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK_NODE
from fabgitops_core.control.rack.naming import Place

PLC = Kind(
    name="IndustrialPLC",
    plural="industrialplcs",
    singular="industrialplc",
    short_names=("plc",),
    description="",
    spec=ApiModel,
    status=None,
    columns=(),
)
"""A PLC of a rack, as far as a Rack knows it: an object that it makes. What it means is another family's."""

PARTS: tuple[Kind, ...] = (CHASSIS, BLADE, BMC, RACK_NODE, PLC)

SAID: Mapping[str, tuple[str, ...]] = {
    CHASSIS.name: ("rackRef", "chassisNumber"),
    BLADE.name: ("chassisRef", "bladeNumber"),
    BMC.name: ("bladeRef",),
    RACK_NODE.name: ("bladeRef", "bmcRef", "nodeNumber"),
    PLC.name: ("deviceAddress", "unitId", "autoCorrect", "templateRef"),
}
"""The fields of a spec that a Rack says of every part of a kind; all others are for users."""


def kind_at(place: Place) -> str:
    """Return the kind of what stands at a place."""
    if place.plc:
        return PLC.name
    if place.part:
        return BMC.name if place.part == "b" else RACK_NODE.name
    return BLADE.name if place.blade >= 0 else CHASSIS.name
