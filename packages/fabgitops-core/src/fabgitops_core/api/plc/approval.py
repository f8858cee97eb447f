"""Who must say yes before anything is written: to a new resource at all, and to each plan of writes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time


class Adoption(StrEnum):
    """How a resource begins with its device."""

    ENFORCE = "Enforce"
    """It is corrected from the first good reading on."""
    OBSERVE = "Observe"
    """It is only reported until somebody has agreed once."""


class Approval(StrEnum):
    """Whether each correction waits for a yes."""

    AUTO = "Auto"
    """None does."""
    MANUAL = "Manual"
    """Each does."""


class PlannedChange(ApiModel):
    """One register that would be written."""

    register_name: Annotated[str, Field(alias="register")]
    """Which register of the map."""
    table: str
    """In which table it is."""
    address: int
    """Address of its first word or bit, 0-based as on the wire."""
    unit_id: int
    """Modbus unit id of its device."""
    before: str | None = None
    """The words that it holds, as hexadecimal digits; absent for a command, which is not read."""
    after: str
    """The words that it is to hold, as hexadecimal digits."""


class WritePlan(ApiModel):
    """What would be written as soon as somebody agrees."""

    digest: Annotated[str, Field(min_length=1)]
    """What is agreed to: it covers the device, every change with its words before and after, and this episode."""
    changes: tuple[PlannedChange, ...] = ()
    """What would be written, in the order of the map; empty for the adoption of a device that holds what it must."""
    since: Time
    """Since when it is just this."""
    approved_by: str | None = None
    """Who agreed to it, as the annotation fabgitops.io/approved-by says."""
