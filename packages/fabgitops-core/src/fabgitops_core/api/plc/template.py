"""IndustrialPLCTemplate: a register map written once for a type of device, with parameters for what differs.

In its registers, connection and identity every field may be a placeholder: `${name}` alone takes the parameter's value
as it is, number or text; inside a longer text it is put in as text; `$${` is a plain `${`.
"""

from typing import Annotated, Any, Self

from pydantic import Field, WithJsonSchema, model_validator

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.placeholders import PARAMETER_NAME, names_in
from fabgitops_core.api.plc.connection import Connection, Identity
from fabgitops_core.api.plc.loose import keyed_by_name, with_placeholders
from fabgitops_core.api.plc.maps import MAX_REGISTERS
from fabgitops_core.api.plc.registers import RegisterEntry
from fabgitops_core.api.refusals import Path, Problem, refuse
from fabgitops_core.api.schema import KEYED_BY_NAME, LINES, structural, unstored
from fabgitops_core.api.values import ParameterValue

Loose = dict[str, Any]
"""Fields that are looked at only when their placeholders have been replaced."""

_REGISTER = structural(RegisterEntry)
_LOOSE_REGISTER = keyed_by_name(with_placeholders(_REGISTER), _REGISTER["properties"]["name"])


@unstored
class Parameter(ApiModel):
    """What differs from one device of the type to the next."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=f"^{PARAMETER_NAME}$")]
    """Name, as in ${name}: a letter, then letters, digits and underscores."""
    description: Annotated[str, Field(max_length=1024, json_schema_extra=LINES)] = ""
    """What it is for."""
    default: ParameterValue = None
    """What it is where a resource gives it no value; without one each resource must."""


class IndustrialPLCTemplateSpec(ApiModel):
    """A register map and defaults for a type of device."""

    parameters: Annotated[tuple[Parameter, ...], Field(max_length=64, json_schema_extra=KEYED_BY_NAME)] = ()
    """What may differ; any field below may be ${name}."""
    poll_interval_secs: Annotated[int, Field(ge=1, le=86400, strict=True)] | None = None
    """Seconds between two readings, where the resource says nothing else."""
    connection: Annotated[Loose, WithJsonSchema(with_placeholders(structural(Connection)))] | None = None
    """How the device type wants to be talked to; fields that the resource gives go first."""
    identity: Annotated[Loose, WithJsonSchema(with_placeholders(structural(Identity)))] | None = None
    """What the device must say of itself; fields that the resource gives go first."""
    registers: Annotated[
        tuple[Annotated[Loose, WithJsonSchema(_LOOSE_REGISTER)], ...],
        Field(min_length=1, max_length=MAX_REGISTERS, json_schema_extra=KEYED_BY_NAME),
    ]
    """The register map."""

    @property
    def loose(self) -> list[tuple[Path, Loose]]:
        """Return all that may hold placeholders, each with its path."""
        parts: list[tuple[Path, Loose]] = [(("registers", at), each) for at, each in enumerate(self.registers)]
        parts += [(("connection",), self.connection)] if self.connection else []
        parts += [(("identity",), self.identity)] if self.identity else []
        return parts

    @model_validator(mode="after")
    def _placeholders_are_declared(self) -> Self:
        refuse("IndustrialPLCTemplateSpec", [*self._undeclared(), *self._unnamed()])
        return self

    def _undeclared(self) -> list[Problem]:
        known = {parameter.name for parameter in self.parameters}
        said = f"it declares {', '.join(sorted(known))}" if known else "it declares none"
        return [
            Problem((*path, field), value, f"the template has no parameter {name}; {said}")
            for path, fields in self.loose
            for field, value in fields.items()
            for name in sorted(names_in(value) - known)
        ]

    def _unnamed(self) -> list[Problem]:
        return [
            Problem(("registers", at, "name"), each.get("name"), "a register needs a name, without a placeholder")
            for at, each in enumerate(self.registers)
            if not isinstance(each.get("name"), str) or "${" in each["name"]
        ]


class IndustrialPLCTemplateStatus(ApiModel):
    """Whether a template is valid, and how many use it; written when that has changed and stood for a moment."""

    users: Annotated[int, Field(ge=0)] = 0
    """How many IndustrialPLCs of the namespace refer to it."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation of the spec that this status speaks of."""
    conditions: tuple[Condition, ...] = ()
    """Ready and Stalled, by the Kubernetes API conventions."""


INDUSTRIAL_PLC_TEMPLATE = Kind(
    name="IndustrialPLCTemplate",
    plural="industrialplctemplates",
    singular="industrialplctemplate",
    short_names=("plct",),
    description="A register map and defaults for a type of device, for any number of IndustrialPLCs.",
    spec=IndustrialPLCTemplateSpec,
    status=IndustrialPLCTemplateStatus,
    columns=(
        Column(
            "Ready",
            "string",
            '.status.conditions[?(@.type=="Ready")].status',
            "The template is valid: who refers to it gets its registers.",
        ),
        Column("Users", "integer", ".status.users", "How many IndustrialPLCs refer to it."),
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
