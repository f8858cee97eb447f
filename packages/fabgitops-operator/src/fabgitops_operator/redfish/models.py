"""The few fields of Redfish that are read (DMTF DSP0268): one of a wrong type counts as not there, alone."""

from collections.abc import Mapping
from typing import Annotated, Any

from fabgitops_core.codec.texts import printable
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

LONGEST = 256
"""Characters of a text that are read."""
MOST = 256
"""Items of a list that are read."""


def _text(given: object) -> str:
    return printable(given[:LONGEST]).strip() if isinstance(given, str) else ""


def _path(given: object) -> str:
    """Return a link as it is: the client says whether it leads anywhere."""
    return given if isinstance(given, str) else ""


def _count(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31 else None


def _size(given: object) -> float | None:
    return (
        float(given) if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < 2**53 else None
    )


def _flag(given: object) -> bool | None:
    return given if isinstance(given, bool) else None


def _object(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _items(given: object) -> list[Any]:
    return given[:MOST] if isinstance(given, list) else []


def _texts(given: object) -> list[str] | None:
    return [_text(each) for each in given[:MOST] if isinstance(each, str)] if isinstance(given, list) else None


Text = Annotated[str, BeforeValidator(_text)]
Path = Annotated[str, BeforeValidator(_path)]
Count = Annotated[int | None, BeforeValidator(_count)]
Size = Annotated[float | None, BeforeValidator(_size)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Texts = Annotated[tuple[str, ...] | None, BeforeValidator(_texts)]


class Loose(BaseModel):
    """Base of what is read: from whatever an answer holds a value comes out."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_by_name=True, validate_by_alias=True)


class Link(Loose):
    """A reference to another resource."""

    id: Path = Field(default="", alias="@odata.id")


Reference = Annotated[Link, BeforeValidator(_object)]
References = Annotated[tuple[Reference, ...], BeforeValidator(_items)]


class Status(Loose):
    """State and health of a resource."""

    health: Text = Field(default="", alias="Health")
    rollup: Text = Field(default="", alias="HealthRollup")

    @property
    def worst(self) -> str:
        """Return the health of it and all its parts, where it says so, or else its own."""
        return self.rollup or self.health


Standing = Annotated[Status, BeforeValidator(_object)]


class RootLinks(Loose):
    """Where sessions are made."""

    sessions: Reference = Field(default=Link(), alias="Sessions")


class Root(Loose):
    """The ServiceRoot, from which all links lead."""

    type: Text = Field(default="", alias="@odata.type")
    version: Text = Field(default="", alias="RedfishVersion")
    systems: Reference = Field(default=Link(), alias="Systems")
    chassis: Reference = Field(default=Link(), alias="Chassis")
    managers: Reference = Field(default=Link(), alias="Managers")
    links: Annotated[RootLinks, BeforeValidator(_object)] = Field(default=RootLinks(), alias="Links")


class Page(Loose):
    """One page of a collection."""

    members: References = Field(default=(), alias="Members")
    next: Path = Field(default="", alias="Members@odata.nextLink")


class Interface(Loose):
    """An EthernetInterface."""

    mac: Text = Field(default="", alias="MACAddress")
    permanent: Text = Field(default="", alias="PermanentMACAddress")


class Processors(Loose):
    """The ProcessorSummary of a system."""

    count: Count = Field(default=None, alias="Count")
    model: Text = Field(default="", alias="Model")


class Memory(Loose):
    """The MemorySummary of a system."""

    gib: Size = Field(default=None, alias="TotalSystemMemoryGiB")


class ResetAction(Loose):
    """How the power of a system is switched."""

    target: Path = ""
    allowed: Texts = Field(default=None, alias="ResetType@Redfish.AllowableValues")
    info: Path = Field(default="", alias="@Redfish.ActionInfo")


class Actions(Loose):
    """The actions of a system."""

    reset: Annotated[ResetAction, BeforeValidator(_object)] = Field(
        default=ResetAction(), alias="#ComputerSystem.Reset"
    )


class Parameter(Loose):
    """One parameter of an action."""

    name: Text = Field(default="", alias="Name")
    allowed: Texts = Field(default=None, alias="AllowableValues")


class ActionInfo(Loose):
    """What an action takes, where that is a resource of its own."""

    parameters: Annotated[tuple[Annotated[Parameter, BeforeValidator(_object)], ...], BeforeValidator(_items)] = Field(
        default=(), alias="Parameters"
    )


class Lit(Loose):
    """What has a light."""

    active: Flag = Field(default=None, alias="LocationIndicatorActive")
    led: Text = Field(default="", alias="IndicatorLED")
    led_allowed: Texts = Field(default=None, alias="IndicatorLED@Redfish.AllowableValues")


class SystemLinks(Loose):
    """What a system belongs to."""

    chassis: References = Field(default=(), alias="Chassis")
    managers: References = Field(default=(), alias="ManagedBy")


class System(Lit):
    """A ComputerSystem."""

    id: Text = Field(default="", alias="@odata.id")
    name: Text = Field(default="", alias="Name")
    manufacturer: Text = Field(default="", alias="Manufacturer")
    model: Text = Field(default="", alias="Model")
    serial: Text = Field(default="", alias="SerialNumber")
    uuid: Text = Field(default="", alias="UUID")
    power: Text = Field(default="", alias="PowerState")
    status: Standing = Field(default=Status(), alias="Status")
    processors: Annotated[Processors, BeforeValidator(_object)] = Field(default=Processors(), alias="ProcessorSummary")
    memory: Annotated[Memory, BeforeValidator(_object)] = Field(default=Memory(), alias="MemorySummary")
    interfaces: Reference = Field(default=Link(), alias="EthernetInterfaces")
    links: Annotated[SystemLinks, BeforeValidator(_object)] = Field(default=SystemLinks(), alias="Links")
    actions: Annotated[Actions, BeforeValidator(_object)] = Field(default=Actions(), alias="Actions")


class Placement(Loose):
    """The place of a chassis in a rack."""

    row: Text = Field(default="", alias="Row")
    rack: Text = Field(default="", alias="Rack")
    offset: Count = Field(default=None, alias="RackOffset")


class Location(Loose):
    """Where a chassis stands."""

    placement: Annotated[Placement, BeforeValidator(_object)] = Field(default=Placement(), alias="Placement")


class Chassis(Lit):
    """A Chassis."""

    kind: Text = Field(default="", alias="ChassisType")
    manufacturer: Text = Field(default="", alias="Manufacturer")
    model: Text = Field(default="", alias="Model")
    serial: Text = Field(default="", alias="SerialNumber")
    power: Text = Field(default="", alias="PowerState")
    status: Standing = Field(default=Status(), alias="Status")
    location: Annotated[Location, BeforeValidator(_object)] = Field(default=Location(), alias="Location")


class Manager(Loose):
    """A Manager: the BMC."""

    firmware: Text = Field(default="", alias="FirmwareVersion")
    uuid: Text = Field(default="", alias="UUID")
    status: Standing = Field(default=Status(), alias="Status")
    interfaces: Reference = Field(default=Link(), alias="EthernetInterfaces")
