"""How a BMC and what it manages stand, as it tells it by Redfish; and what was asked of its power."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.rack.partstatus import Health, PartStatus, PowerState


class PowerOutcome(StrEnum):
    """What is known of a request that switches the power of a machine."""

    INTENDED = "Intended"
    """It is about to be sent, or was: after a restart nobody knows which."""
    SENT = "Sent"
    """The BMC took it; whether the machine follows is looked at."""
    UNKNOWN = "Unknown"
    """It was sent and not answered: it may have been carried out."""
    REACHED = "Reached"
    """The machine was seen in the state that was wanted."""
    REFUSED = "Refused"
    """The BMC did not take it."""
    NOT_REACHED = "NotReached"
    """The machine did not follow in the time that it has for it."""


class PowerRecord(ApiModel):
    """The last request that switched the power of a machine; it is stored before it is sent, and never sent twice."""

    wanted: str
    """What was wanted: On or Off."""
    reset: str
    """The ResetType that was sent."""
    at: Time
    """When."""
    outcome: PowerOutcome
    """What is known of it."""


class SystemStatus(ApiModel):
    """A machine that the BMC manages (Redfish: ComputerSystem)."""

    link: str
    """Where the BMC shows it."""
    identity: str | None = None
    """Who it is: by the MAC address of its BMC, else by maker and serial number, else by UUID; absent if by none."""
    manufacturer: str | None = None
    """Its maker."""
    model: str | None = None
    """Its model."""
    serial_number: str | None = None
    """Its serial number."""
    uuid: str | None = None
    """Its UUID."""
    power_state: PowerState = PowerState.UNKNOWN
    """Whether it is switched on."""
    health: Health = Health.UNKNOWN
    """What it says of its health."""
    cpu_model: str | None = None
    """Its processors."""
    cpu_count: int | None = None
    """How many processors it has."""
    memory_gb: Annotated[float | None, Field(alias="memoryGB")] = None
    """How much memory it has, in GiB."""
    mac_addresses: tuple[str, ...] = ()
    """The MAC addresses of its interfaces."""
    missing: bool | None = None
    """Whether it was there before, and the BMC does not show it now."""
    power: PowerRecord | None = None
    """The last request that switched its power for the present wish."""


class EnclosureStatus(ApiModel):
    """A chassis that the BMC shows (Redfish: Chassis): a blade, an enclosure, a shelf."""

    link: str
    """Where the BMC shows it."""
    type: str | None = None
    """What it is (ChassisType)."""
    manufacturer: str | None = None
    """Its maker."""
    model: str | None = None
    """Its model."""
    serial_number: str | None = None
    """Its serial number."""
    power_state: PowerState = PowerState.UNKNOWN
    """Whether it is switched on."""
    health: Health = Health.UNKNOWN
    """What it says of its health."""
    row: str | None = None
    """The row that it believes it stands in."""
    rack: str | None = None
    """The rack that it believes it stands in."""
    rack_offset: int | None = None
    """The lowest unit of the rack that it believes it takes."""


class LocateStatus(ApiModel):
    """The light by which a machine is found."""

    wanted: str
    """What fabgitops.io/locate says: on or off."""
    state: str
    """What the lights are: on, off or unknown."""
    message: str = ""
    """Why they are not as wanted."""


class BmcStatus(PartStatus):
    """How a BMC stands; written when something has changed."""

    reachable: bool | None = None
    """Whether it answered when it was asked last."""
    redfish_version: str | None = None
    """The version of Redfish that it speaks."""
    firmware_version: str | None = None
    """The firmware that it says it has."""
    uuid: str | None = None
    """The UUID that it says of itself."""
    mac_addresses: tuple[str, ...] = ()
    """The MAC addresses that it says it has."""
    systems: tuple[SystemStatus, ...] = ()
    """The machines that it manages."""
    enclosures: tuple[EnclosureStatus, ...] = ()
    """The chassis that it shows."""
    locate: LocateStatus | None = None
    """The light by which it is found; absent while nobody asks for it."""
    gaps: tuple[str, ...] = ()
    """What it could not be asked, and why."""
    message: str = ""
    """What is going on, in one sentence."""
    last_handled_reconcile_at: str | None = None
    """The last reconcile.fabgitops.io/requestedAt that was carried out."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The metadata.generation of the spec that this status speaks of."""
    conditions: tuple[Condition, ...] = ()
    """Ready, Reconciling, Stalled and, with an address, Reachable, by the Kubernetes API conventions."""
