"""What a BMC tells of itself and of what it manages, as plain values: what it does not say is empty, or None."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """The property by which the light of a machine is switched (Redfish: DSP0268, ComputerSystem and Chassis)."""

    ACTIVE = "LocationIndicatorActive"
    """True or false."""
    LED = "IndicatorLED"
    """Lit, Blinking or Off; deprecated, and still what most have."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """The light of a machine: the resource it is switched at, how, and whether it is on; None where that is unknown."""

    link: str
    light: Light
    on: bool | None


@dataclass(frozen=True, slots=True)
class Machine:
    """A ComputerSystem. `power` is On, Off, PoweringOn, PoweringOff, Paused or "" (not said); `memory` is in GiB.

    `macs` are those of its own interfaces, in lower case with colons; `managed_by` the links of its BMCs, where it says
    them. `resets` are the ResetTypes that it takes, None where it does not say; `reset_target` is where they are
    posted, "" where they cannot be.
    """

    link: str
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    uuid: str = ""
    power: str = ""
    health: str = ""
    cpu_model: str = ""
    cpu_count: int | None = None
    memory: float | None = None
    macs: tuple[str, ...] = ()
    managed_by: tuple[str, ...] = ()
    resets: tuple[str, ...] | None = None
    reset_target: str = ""
    lamp: Lamp | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A Chassis; `offset` is the lowest unit of the rack that it takes."""

    link: str
    kind: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    power: str = ""
    health: str = ""
    row: str = ""
    rack: str = ""
    offset: int | None = None
    lamp: Lamp | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A Manager: the BMC itself; `macs` as for a machine."""

    link: str
    firmware: str = ""
    uuid: str = ""
    health: str = ""
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """All that one look showed; of a look at some machines only those. `gaps` says what could not be read, and why."""

    redfish: str = ""
    machines: tuple[Machine, ...] = ()
    cases: tuple[Case, ...] = ()
    boards: tuple[Board, ...] = ()
    gaps: tuple[str, ...] = ()
