"""A device file as a whole: what answers under which unit id, and what goes wrong with it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from mock_plc.faults.model import Fault
from mock_plc.parts import FieldError, Part
from mock_plc.spec.map import check_map
from mock_plc.spec.register import Register

MAX_UNIT = 255


class Identity(Part):
    """Who the device says it is, to function 43/14 (protocol, section 6.21): each key is one object."""

    vendor: str | None = None
    product_code: str | None = None
    revision: str | None = None
    vendor_url: str | None = None
    product_name: str | None = None
    model_name: str | None = None
    application_name: str | None = None

    @property
    def objects(self) -> Mapping[int, str]:
        """The objects by their ids: 0 the vendor's name, 1 the product code, 2 the revision, and so on."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return {number: value for number, value in enumerate(values) if value is not None}


class Holes(StrEnum):
    """What an address that no register names answers."""

    REFUSE = "refuse"
    ZERO = "zero"


def _some(registers: tuple[Register, ...]) -> tuple[Register, ...]:
    if not registers:
        raise ValueError("is empty; it needs one at least")
    return registers


Registers = Annotated[tuple[Register, ...], AfterValidator(_some)]


class UnitSpec(Part):
    """What answers under one unit id. A hole is refused by exception 2, or read as zero; it cannot be written."""

    identity: Identity = Identity()
    holes: Holes = Holes.REFUSE
    registers: Registers

    @model_validator(mode="after")
    def _check(self) -> "UnitSpec":
        check_map(self.registers)
        return self


class DeviceFile(Part):
    """A device: `registers` that answer under every unit id, or `units` by their ids; and its `faults`."""

    identity: Identity | None = None
    holes: Holes | None = None
    registers: Registers | None = None
    units: dict[Annotated[int, Field(strict=True, ge=0, le=MAX_UNIT)], UnitSpec] | None = Field(None, min_length=1)
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "DeviceFile":
        if self.units is None and self.registers is None:
            raise FieldError("registers", "is missing; give registers, or units that have some")
        if self.units is not None:
            for name in ("identity", "holes", "registers"):
                if getattr(self, name) is not None:
                    raise FieldError(name, "stands beside units; put it into the unit that it is of")
        else:
            check_map(self.registers or ())
        return self

    @property
    def every_unit(self) -> UnitSpec | None:
        """What answers under every unit id; None where there are `units`."""
        if self.registers is None:
            return None
        identity, holes = self.identity or Identity(), self.holes or Holes.REFUSE
        return UnitSpec(identity=identity, holes=holes, registers=self.registers)

    @property
    def maps(self) -> list[UnitSpec]:
        """What answers, each once."""
        every = self.every_unit
        return [every] if every else list((self.units or {}).values())

    @property
    def by_chance(self) -> bool:
        """Whether anything in it throws dice."""
        ways = (register.behaviours for each in self.maps for register in each.registers)
        return bool(self.faults) or any(way.drift or way.noise for way in ways)

    def __str__(self) -> str:
        count = sum(len(each.registers) for each in self.maps)
        said = f"{count} register{'s' * (count != 1)} "
        if self.units is None:
            said += "in every unit"
        else:
            said += f"in unit{'s' * (len(self.units) != 1)} {', '.join(map(str, sorted(self.units)))}"
        return said + (f", {len(self.faults)} fault{'s' * (len(self.faults) != 1)}" if self.faults else "")
