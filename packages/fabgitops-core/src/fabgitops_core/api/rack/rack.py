"""Rack: one rack on the floor, made and kept as its RackTemplate says."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rack.marks import APPROVE, CONFIRM_DELETE
from fabgitops_core.api.rack.rackstatus import RackStatus
from fabgitops_core.api.rack.refs import RackTemplateRef, SecretRef
from fabgitops_core.api.rack.shape import LONGEST_RACK_NAME, MAX_BLADES, MAX_CHASSIS, MAX_NODES
from fabgitops_core.api.schema import PRINTABLE, Rule, unstored

MAX_SLOTS = MAX_CHASSIS * MAX_BLADES * (MAX_NODES + 1)

Text = Annotated[str, Field(max_length=256, json_schema_extra=PRINTABLE)]


class Update(StrEnum):
    """What becomes of a Rack when its template changes."""

    ADDITIVE = "Additive"
    """What is more is added at once; what would go waits until somebody agrees."""
    AUTO = "Auto"
    """Both at once."""
    MANUAL = "Manual"
    """Both wait until somebody agrees."""


class Heal(StrEnum):
    """What becomes of a field of ours that somebody else has changed."""

    FORCE = "Force"
    """It is put back."""
    REPORT = "Report"
    """It stays, and the Rack says so."""


@unstored
class SlotEntry(ApiModel):
    """What is true of one place of this rack alone."""

    slot: Annotated[str, Field(min_length=1, max_length=42, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Which place: what stands behind the Rack's name in the part's name, as c0s3b0 for a BMC, c0-pdu or pdu for a PLC."""  # noqa: E501
    address: Annotated[str, Field(max_length=253, json_schema_extra=PRINTABLE)] = ""
    """Where it is reached: the ipAddress of a BMC, ${address} of a PLC."""
    credentials_ref: SecretRef | None = None
    """The Secret with user name and password of a BMC."""


class RackSpec(ApiModel):
    """Which template a rack is made by, where it stands, and how changes reach it."""

    template_ref: RackTemplateRef
    """The RackTemplate that it is made by."""
    location: Text = ""
    """Where it stands, for people."""
    datacenter: Text = ""
    """The building, for people."""
    row: Text = ""
    """The row, for people."""
    position: Text = ""
    """The place in the row, for people."""
    update: Update = Update.ADDITIVE
    """What becomes of it when its template changes: Additive lets removals wait for a yes, Manual lets all wait, Auto does all at once."""  # noqa: E501
    heal: Heal = Heal.FORCE
    """What becomes of a field of ours that somebody else has changed: Force puts it back, Report says so and leaves it."""  # noqa: E501
    slots: Annotated[
        tuple[SlotEntry, ...],
        Field(
            max_length=MAX_SLOTS,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["slot"]},
        ),
    ] = ()
    """What is true of single places of this rack alone: addresses and credentials."""


_NAME = Rule(
    f"self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= {LONGEST_RACK_NAME}",
    f"the name of a Rack has at most {LONGEST_RACK_NAME} lower case letters, digits and hyphens, and no dot: "
    "the names of its parts begin with it",
)

RACK = Kind(
    name="Rack",
    plural="racks",
    singular="rack",
    short_names=(),
    description="A rack on the floor: chassis, blades, BMCs, nodes and PLCs are made and kept as its template says.",
    spec=RackSpec,
    status=RackStatus,
    rules=(_NAME,),
    annotations=(APPROVE, CONFIRM_DELETE),
    columns=(
        Column(
            "Ready",
            "string",
            '.status.conditions[?(@.type=="Ready")].status',
            "All that its template says is there, and as it should be.",
        ),
        Column("Phase", "string", ".status.phase", "Where it stands."),
        Column("Template", "string", ".spec.templateRef.name", "The template that it is made by."),
        Column("Chassis", "integer", ".status.totalChassis", "How many chassis are there."),
        Column("Blades", "integer", ".status.totalBlades", "How many blades are there."),
        Column("Nodes", "integer", ".status.totalNodes", "How many nodes are there."),
        Column("BMCs", "integer", ".status.totalBMCs", "How many BMCs are there."),
        Column("UpToDate", "string", '.status.conditions[?(@.type=="UpToDate")].status', "Nothing waits for a yes."),
        Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made."),
        Column("Location", "string", ".spec.location", "Where it stands.", priority=1),
        Column("Message", "string", ".status.message", "What is going on.", priority=1),
    ),
)
