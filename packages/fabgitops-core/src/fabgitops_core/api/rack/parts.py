"""Chassis, Blade, BMC and RackNode: the parts that a Rack makes and keeps, each an object of its own.

Where a part stands is what it is: its number and what it stands in never change. What is known of the thing itself
(model, serial number, addresses) is said by users, and found out by asking BMCs; the Rack says nothing of that.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool

from fabgitops_core.api.addresses import ServerName, check_host
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.api.rack.marks import LOCATE
from fabgitops_core.api.rack.partstatus import BladeStatus, ChassisStatus, RackNodeStatus
from fabgitops_core.api.rack.refs import PartRef, SecretRef
from fabgitops_core.api.rack.shape import MAX_BLADES, MAX_CHASSIS, MAX_NODES
from fabgitops_core.api.schema import PRINTABLE, UNSTORED, Rule, rules

Text = Annotated[str, Field(max_length=256, json_schema_extra=PRINTABLE)]


class PowerWish(StrEnum):
    """What a system may be switched to."""

    ON = "On"
    OFF = "Off"


class PowerOff(StrEnum):
    """How a system is switched off."""

    GRACEFUL = "Graceful"
    """It is asked to shut down, and no more."""
    FORCE = "Force"
    """It is asked to shut down, and its power is cut where it has not within five minutes."""


class Authentication(StrEnum):
    """How a BMC is told who asks."""

    BASIC = "Basic"
    """With each request."""
    SESSION = "Session"
    """In a session, which is opened for what is asked at once, and deleted."""


def _host_or_none(text: str) -> str:
    try:
        return check_host(text) if text else text
    except ValueError:
        raise ValueError(
            "it must be an IPv4 address, an IPv6 address without brackets, or a host name: "
            "it holds no scheme and no port (the port has a field of its own)"
        ) from None


def _stays(field: str, what: str) -> Rule:
    return Rule(
        f"self.{field} == oldSelf.{field}",
        f"{what} says where it stands and does not change: make another one instead",
        field=f".{field.split('.', maxsplit=1)[0]}",
    )


@rules(_stays("rackRef.name", "the Rack of a Chassis"), _stays("chassisNumber", "the number of a Chassis"))
class ChassisSpec(ApiModel):
    """Where a chassis stands, and what is known of it."""

    rack_ref: PartRef
    """The Rack that it stands in."""
    chassis_number: Annotated[int, Field(ge=0, le=MAX_CHASSIS - 1, strict=True)]
    """Its number in the rack, from 0."""
    model: Text = ""
    """Its model, for people."""
    serial_number: Text = ""
    """Its serial number."""


@rules(_stays("chassisRef.name", "the Chassis of a Blade"), _stays("bladeNumber", "the number of a Blade"))
class BladeSpec(ApiModel):
    """Where a blade stands, and what is known of it."""

    chassis_ref: PartRef
    """The Chassis that it stands in."""
    blade_number: Annotated[int, Field(ge=0, le=MAX_BLADES - 1, strict=True)]
    """Its number in the chassis, from 0."""
    model: Text = ""
    """Its model, for people."""
    serial_number: Text = ""
    """Its serial number."""


@rules(_stays("bladeRef.name", "the Blade of a BMC"))
class BmcSpec(ApiModel):
    """Where a BMC stands, how it is reached, and what is wanted of it."""

    blade_ref: PartRef
    """The Blade that it stands in."""
    ip_address: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9_.:-]*$"), AfterValidator(_host_or_none)] = ""
    """Where it is reached, always by HTTPS: an IP address or a host name; nothing is asked of a BMC without one."""
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 443
    """TCP port of its Redfish service."""
    mac_address: Annotated[str, Field(max_length=17, pattern=r"^([0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5})?$")] = ""
    """Its MAC address: who it is."""
    firmware_version: Text = ""
    """The firmware that it is meant to have, for people."""
    credentials_ref: SecretRef | None = None
    """The Secret with username and password for it, and with ca.crt to check it by (the system's CAs without one)."""
    authentication: Annotated[Authentication, Field(json_schema_extra=UNSTORED)] = Authentication.BASIC
    """Whether each request says who asks (Basic, as when not given), or a session does that is deleted at the end."""
    tls_server_name: ServerName | None = None
    """Name that its certificate must be for; ipAddress when not given."""
    tls_insecure_skip_verify: Annotated[StrictBool, Field(json_schema_extra=UNSTORED)] = False
    """Whether user name and password go to a BMC that cannot prove who it is; false when not given."""
    poll_interval_secs: Annotated[int, Field(ge=60, le=86_400, strict=True, json_schema_extra=UNSTORED)] = 120
    """Seconds between two looks at it, 60 at least; 120 when not given."""
    power: PowerWish | None = None
    """What its systems are to be switched to, "On" or "Off" in quotes, as YAML takes them for true and false; nothing is switched without it."""  # noqa: E501
    power_off: Annotated[PowerOff, Field(json_schema_extra=UNSTORED)] = PowerOff.GRACEFUL
    """How they are switched off: Graceful, as when not given, asks them; Force cuts the power of those that do not follow in five minutes."""  # noqa: E501


@rules(_stays("bladeRef.name", "the Blade of a RackNode"), _stays("nodeNumber", "the number of a RackNode"))
class RackNodeSpec(ApiModel):
    """Where a node stands, and who uses it."""

    blade_ref: PartRef
    """The Blade that it stands in."""
    bmc_ref: PartRef | None = None
    """The BMC that manages it."""
    node_number: Annotated[int, Field(ge=0, le=MAX_NODES - 1, strict=True)]
    """Its number in the blade, from 0."""
    claimed_by: Text = ""
    """Who uses it: while that is said, neither it nor what it stands in is taken away."""
    cpu_model: Text = ""
    """Its processors, for people."""
    cpu_count: Annotated[int, Field(ge=0, le=65535, strict=True)] | None = None
    """How many processors it has."""
    memory_gb: Annotated[Annotated[int, Field(ge=0, le=16777216, strict=True)] | None, Field(alias="memoryGB")] = None
    """How much memory it has, in gigabytes."""


def _status(name: str, path: str, meaning: str, priority: int = 0) -> Column:
    return Column(name, "string", f".status.{path}", meaning, priority)


_AGE = Column("Age", "date", ".metadata.creationTimestamp", "Time since it was made.")
_POWER = _status("Power", "powerState", "Whether it is switched on.")
_READY = Column(
    "Ready",
    "string",
    '.status.conditions[?(@.type=="Ready")].reason',
    "Known, or why it is not as it should be.",
)
_HEALTH = _status("Health", "health", "What it says of its health.")

CHASSIS = Kind(
    name="Chassis",
    plural="chassis",
    singular="chassis",
    short_names=("chas",),
    description="A chassis of a rack.",
    spec=ChassisSpec,
    status=ChassisStatus,
    columns=(
        Column("Rack", "string", ".spec.rackRef.name", "The Rack that it stands in."),
        Column("Number", "integer", ".spec.chassisNumber", "Its number in the rack."),
        _POWER,
        _HEALTH,
        _AGE,
        Column("Model", "string", ".spec.model", "Its model.", priority=1),
        Column("Serial", "string", ".spec.serialNumber", "Its serial number.", priority=1),
    ),
)

BLADE = Kind(
    name="Blade",
    plural="blades",
    singular="blade",
    short_names=(),
    description="A blade of a chassis.",
    spec=BladeSpec,
    status=BladeStatus,
    columns=(
        Column("Chassis", "string", ".spec.chassisRef.name", "The Chassis that it stands in."),
        Column("Number", "integer", ".spec.bladeNumber", "Its number in the chassis."),
        _POWER,
        _HEALTH,
        _AGE,
        Column("Model", "string", ".spec.model", "Its model.", priority=1),
        Column("Serial", "string", ".spec.serialNumber", "Its serial number.", priority=1),
    ),
)

BMC = Kind(
    name="BMC",
    plural="bmcs",
    singular="bmc",
    short_names=(),
    description="A baseboard management controller of a blade: it manages one node, or all of the blade.",
    spec=BmcSpec,
    status=BmcStatus,
    annotations=(LOCATE,),
    columns=(
        Column("Blade", "string", ".spec.bladeRef.name", "The Blade that it stands in."),
        Column("Address", "string", ".spec.ipAddress", "Where it is reached."),
        Column("Reachable", "boolean", ".status.reachable", "Whether it answered when it was asked last."),
        _READY,
        _POWER,
        _HEALTH,
        _AGE,
        _status("Message", "message", "What is going on.", priority=1),
        Column("MAC", "string", ".spec.macAddress", "Who it is.", priority=1),
        _status("Firmware", "firmwareVersion", "The firmware that it has.", priority=1),
    ),
)

RACK_NODE = Kind(
    name="RackNode",
    plural="racknodes",
    singular="racknode",
    short_names=("rnode",),
    description="A node of a blade: a machine in a rack. It is no Node of Kubernetes.",
    spec=RackNodeSpec,
    status=RackNodeStatus,
    columns=(
        Column("Blade", "string", ".spec.bladeRef.name", "The Blade that it stands in."),
        Column("BMC", "string", ".spec.bmcRef.name", "The BMC that manages it."),
        Column("Number", "integer", ".spec.nodeNumber", "Its number in the blade."),
        Column("ClaimedBy", "string", ".spec.claimedBy", "Who uses it."),
        _POWER,
        _HEALTH,
        _AGE,
        _status("Boot", "bootState", "How far its start is.", priority=1),
    ),
)
