"""What is known of the parts of a rack, as BMCs tell it; what nobody has told is absent, and counts as unknown."""

from enum import StrEnum

from fabgitops_core.api.meta import ApiModel, Time


class PowerState(StrEnum):
    """Whether something is switched on (Redfish, Resource.PowerState)."""

    ON = "On"
    OFF = "Off"
    POWERING_ON = "PoweringOn"
    POWERING_OFF = "PoweringOff"
    PAUSED = "Paused"
    UNKNOWN = "Unknown"


class Health(StrEnum):
    """What something says of its health (Redfish, Resource.Health)."""

    OK = "OK"
    WARNING = "Warning"
    CRITICAL = "Critical"
    UNKNOWN = "Unknown"


class BootState(StrEnum):
    """How far the start of a node is."""

    BOOTING = "Booting"
    READY = "Ready"
    OFF = "Off"
    UNKNOWN = "Unknown"


class PartStatus(ApiModel):
    """What is known of every part."""

    power_state: PowerState | None = None
    """Whether it is switched on."""
    health: Health | None = None
    """What it says of its health."""
    serial_number: str | None = None
    """The serial number that it says of itself."""
    model: str | None = None
    """The model that it says of itself."""
    last_update: Time | None = None
    """When this status last changed."""


class ChassisStatus(PartStatus):
    """What is known of a chassis."""


class BladeStatus(PartStatus):
    """What is known of a blade."""


class RackNodeStatus(PartStatus):
    """What is known of a node."""

    boot_state: BootState | None = None
    """How far its start is."""
    uuid: str | None = None
    """The UUID that it says of itself."""
