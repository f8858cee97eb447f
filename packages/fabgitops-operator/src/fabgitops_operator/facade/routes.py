"""Which path is which kind, and what is called otherwise here than in Kubernetes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK, RACK_NODE, RACK_TEMPLATE


@dataclass(frozen=True, slots=True)
class Ref:
    """A field that names another object: here by its uid, in Kubernetes by its name."""

    field: str
    kept: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Members:
    """A field of a status that lists, by their uids, those of a kind that refer to the object."""

    field: str
    kind: Kind
    kept: str


@dataclass(frozen=True, slots=True)
class Route:
    """A kind as it is served here.

    Args:
        path: The collection's, without the slash.
        name: What the kind is called here.
        kind: The kind in Kubernetes.
        refs: Its fields that name others.
        members: What its status lists of those that refer to it, where Kubernetes keeps no such list.
        unset: What its status says until something is known.
    """

    path: str
    name: str
    kind: Kind
    refs: tuple[Ref, ...] = ()
    members: tuple[Members, ...] = ()
    unset: Mapping[str, Any] = field(default_factory=dict)


_UNKNOWN = {"powerState": "Unknown", "health": "Unknown"}

ROUTES: Sequence[Route] = (
    Route("racktemplates", "RackTemplate", RACK_TEMPLATE, unset={"usageCount": 0}),
    Route(
        "racks",
        "Rack",
        RACK,
        (Ref("templateUID", "templateRef", RACK_TEMPLATE),),
        (Members("chassisUIDs", CHASSIS, "rackRef"),),
        {"phase": "Pending", "totalChassis": 0, "totalBlades": 0, "totalNodes": 0, "totalBMCs": 0},
    ),
    Route(
        "chassis",
        "Chassis",
        CHASSIS,
        (Ref("rackUID", "rackRef", RACK),),
        (Members("bladeUIDs", BLADE, "chassisRef"),),
        _UNKNOWN,
    ),
    Route(
        "blades",
        "Blade",
        BLADE,
        (Ref("chassisUID", "chassisRef", CHASSIS),),
        (Members("nodeUIDs", RACK_NODE, "bladeRef"), Members("bmcUIDs", BMC, "bladeRef")),
        _UNKNOWN,
    ),
    Route(
        "bmcs",
        "BMC",
        BMC,
        (Ref("bladeUID", "bladeRef", BLADE),),
        (Members("managedNodeUIDs", RACK_NODE, "bmcRef"),),
        {"reachable": False, "health": "Unknown"},
    ),
    Route(
        "nodes",
        "Node",
        RACK_NODE,
        (Ref("bladeUID", "bladeRef", BLADE), Ref("bmcUID", "bmcRef", BMC)),
        unset={**_UNKNOWN, "bootState": "Unknown"},
    ),
)
"""All that is served; what is referred to stands before who refers to it."""

BY_PATH: Mapping[str, Route] = {route.path: route for route in ROUTES}
BY_KIND: Mapping[str, Route] = {route.kind.name: route for route in ROUTES}
