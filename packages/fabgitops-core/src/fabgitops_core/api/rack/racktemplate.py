"""RackTemplate: what racks of one build are made of."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rack.devices import At, RackPlc
from fabgitops_core.api.rack.shape import MAX_BLADES, MAX_CHASSIS, MAX_NODES, BmcMode, ChassisConfig
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, LINES, Rule, rules

MAX_PLCS = 32

MOST_PLCS = MAX_CHASSIS * MAX_BLADES * MAX_NODES
"""PLCs of one rack: as many as the largest has nodes. Each is compared at each look, and all others wait for that."""

_TOO_MANY = f"these are more than {MOST_PLCS} PLCs in one rack: name fewer, or say at: blade, chassis or rack"
_BLADES = "self.chassisCount * self.chassisConfig.bladeCount"
_NODES = f"{_BLADES} * self.chassisConfig.bladeConfig.nodeCount"
_BMCS = f"(self.chassisConfig.bladeConfig.bmcMode == '{BmcMode.DEDICATED}' ? {_NODES} : {_BLADES})"
_COUNTS = {At.CHASSIS: "self.chassisCount", At.BLADE: _BLADES, At.BMC: _BMCS, At.NODE: _NODES}
_PLCS = " + ".join(f"self.plcs.filter(plc, plc.at == '{at}').size() * {count}" for at, count in _COUNTS.items())


@rules(Rule(f"!has(self.plcs) || {_PLCS} <= {MOST_PLCS}", _TOO_MANY, field=".plcs"))
class RackTemplateSpec(ApiModel):
    """What each rack of a build holds; all numbers of its parts count from 0."""

    chassis_count: Annotated[int, Field(ge=1, le=MAX_CHASSIS, strict=True)]
    """How many chassis a rack has."""
    chassis_config: ChassisConfig
    """What is in each chassis."""
    description: Annotated[str, Field(max_length=1024, json_schema_extra=LINES)] = ""
    """What it is for."""
    plcs: Annotated[tuple[RackPlc, ...], Field(max_length=MAX_PLCS, json_schema_extra=KEYED_BY_NAME)] = ()
    """Devices of the rack that are IndustrialPLCs, as power distribution and cooling units."""
    require_off: StrictBool = False
    """Whether what is taken out of a rack has to be switched off before."""

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        counts = self.places
        if sum(counts[plc.at] for plc in self.plcs if plc.at is not At.RACK) > MOST_PLCS:
            refuse("RackTemplateSpec", [Problem(("plcs",), [plc.name for plc in self.plcs], _TOO_MANY)])
        return self

    @property
    def places(self) -> Mapping[At, int]:
        """Return how many there are in a rack of what a PLC may be at."""
        blade = self.chassis_config.blade_config
        blades = self.chassis_count * self.chassis_config.blade_count
        return {
            At.RACK: 1,
            At.CHASSIS: self.chassis_count,
            At.BLADE: blades,
            At.BMC: blades * blade.bmc_count,
            At.NODE: blades * blade.node_count,
        }


class RackTemplateOffer(ApiModel):
    """A RackTemplate as those get it who refer to it: what it says, and as what it stood then."""

    name: str
    """Its name."""
    uid: str = ""
    """Its metadata.uid."""
    generation: int = 0
    """Its metadata.generation."""
    spec: RackTemplateSpec
    """What it says."""


class RackTemplateStatus(ApiModel):
    """Whether a template is valid, and how many use it; written when that has changed and stood for a moment."""

    usage_count: Annotated[int, Field(ge=0)] = 0
    """How many Racks of the namespace refer to it."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation of the spec that this status speaks of."""
    conditions: tuple[Condition, ...] = ()
    """Ready and Stalled, by the Kubernetes API conventions."""


_NAME = Rule(
    "size(self.metadata.name) <= 63",
    "the name of a RackTemplate has at most 63 characters: it is a label of all parts of its racks",
)


RACK_TEMPLATE = Kind(
    name="RackTemplate",
    plural="racktemplates",
    singular="racktemplate",
    short_names=("rackt",),
    description="What racks of one build are made of: chassis, blades, BMCs, nodes, and the PLCs that belong to them.",
    spec=RackTemplateSpec,
    status=RackTemplateStatus,
    rules=(_NAME,),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "The template is valid."),
        Column("Chassis", "integer", ".spec.chassisCount", "How many chassis a rack has."),
        Column("Blades", "integer", ".spec.chassisConfig.bladeCount", "How many blades a chassis has."),
        Column("Nodes", "integer", ".spec.chassisConfig.bladeConfig.nodeCount", "How many nodes a blade has."),
        Column("BMCs", "string", ".spec.chassisConfig.bladeConfig.bmcMode", "One BMC a blade, or one a node."),
        Column("Racks", "integer", ".status.usageCount", "How many Racks refer to it."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column(
            "Message",
            "string",
            '.status.conditions[?(@.type=="Ready")].message',
            "Why it is not valid.",
            priority=1,
        ),
    ),
)
