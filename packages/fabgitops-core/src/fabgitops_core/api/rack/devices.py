"""The PLCs that belong to a rack: power distribution, cooling and the rack's own controller."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.placeholders import names_in
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, on_field, unstored
from fabgitops_core.api.values import ParameterValue

_LIKE_A_PLACE = "^c[0-9]+(s[0-9]+([bn][0-9]+)?)?(-.*)?$"
_NO_PLACE = "the name of a PLC does not begin as a place does (c0, c0s3, ...): it stands behind one"


def _no_place(name: str) -> str:
    if re.match(_LIKE_A_PLACE, name):
        raise ValueError(_NO_PLACE)
    return name


class At(StrEnum):
    """What a PLC belongs to: there is one of it for each."""

    RACK = "rack"
    CHASSIS = "chassis"
    BLADE = "blade"
    BMC = "bmc"
    NODE = "node"


KNOWN_AT: Mapping[At, tuple[str, ...]] = {
    At.RACK: ("rack", "address"),
    At.CHASSIS: ("rack", "address", "chassis"),
    At.BLADE: ("rack", "address", "chassis", "blade"),
    At.BMC: ("rack", "address", "chassis", "blade", "bmc"),
    At.NODE: ("rack", "address", "chassis", "blade", "node"),
}
"""What may be named as ${name} in the address of a PLC."""


class PlcTemplateRef(ApiModel):
    """Which IndustrialPLCTemplate the register map comes from."""

    name: ObjectName
    """Name of the IndustrialPLCTemplate, in the namespace of the Rack."""
    parameters: dict[str, ParameterValue] = Field(default_factory=dict, max_length=64)
    """Values for the parameters of the template."""


@unstored
class RackPlc(ApiModel):
    """A device of each rack, chassis, blade, BMC or node that is an IndustrialPLC of its own."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=32,
            pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            json_schema_extra=on_field(Rule(f"!self.matches('{_LIKE_A_PLACE}')", _NO_PLACE)),
        ),
        AfterValidator(_no_place),
    ]
    """What it is called behind its place: pdu makes rack-01-pdu, or rack-01-c0-pdu where it is at: chassis."""
    at: At
    """Of what there is one each."""
    template_ref: PlcTemplateRef
    """The register map."""
    device_address: Annotated[str, Field(min_length=1, max_length=253)] = "${address}"
    """Where it is reached; ${address} is that of its entry in spec.slots of the Rack; ${rack} is the Rack's name, ${chassis}, ${blade}, ${bmc} and ${node} are numbers."""  # noqa: E501
    unit_id: Annotated[int, Field(ge=0, le=255, strict=True)] = 1
    """Modbus unit id."""
    auto_correct: StrictBool = False
    """Whether drift is corrected; unless said it is only reported."""

    @model_validator(mode="after")
    def _known_there(self) -> Self:
        known = KNOWN_AT[self.at]
        refuse(
            "RackPlc",
            [
                Problem(
                    ("deviceAddress",),
                    self.device_address,
                    f"there is no ${{{name}}} at: {self.at}; it may name {', '.join(known)}",
                )
                for name in sorted(names_in(self.device_address) - set(known))
            ],
        )
        return self
