"""How drift is corrected: what a resource asks of every write before it goes out."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.plc.approval import Approval
from fabgitops_core.api.plc.budget import WriteBudget
from fabgitops_core.api.plc.fight import Fight
from fabgitops_core.api.plc.interlocks import MAX_INTERLOCKS, Interlock
from fabgitops_core.api.schema import unstored
from fabgitops_core.api.windows import MAX_WINDOWS, Window


class Mode(StrEnum):
    """What becomes of drift."""

    ENFORCE = "Enforce"
    """It is corrected."""
    WARN = "Warn"
    """It is reported; a forced sync corrects it once."""
    OBSERVE = "Observe"
    """It is shown and is no alarm; nothing is ever written."""


@unstored
class Correction(ApiModel):
    """How drift is corrected."""

    mode: Mode | None = None
    """Enforce corrects drift, Warn reports it, Observe only shows it; Enforce when not given, as autoCorrect says."""
    confirm_reads: Annotated[int, Field(ge=1, le=100, strict=True)] = 1
    """In how many passes running a drift must be seen before it is corrected; 1 when not given, the first."""
    cooldown_secs: Annotated[int, Field(ge=0, le=86400, strict=True)] = 0
    """Seconds between two corrections of one register, counted from the last write; 0 when not given."""
    interlocks: Annotated[tuple[Interlock, ...], Field(max_length=MAX_INTERLOCKS)] = ()
    """What other registers must show before anything is written, all of it; nothing when there are none."""
    windows: Annotated[tuple[Window, ...], Field(max_length=MAX_WINDOWS)] = ()
    """When drift may be corrected, and when not; at any time when there are none."""
    write_budget: WriteBudget | None = None
    """How many writes each register may get within an hour and a day; any number when not given."""
    fight: Fight | None = None
    """When a register is left to whoever else writes it, too; 20 corrections within an hour when not given."""
    approval: Approval = Approval.AUTO
    """Manual lets each plan of writes wait in status.plan until somebody approves just that; Auto when not given."""


class HeldCorrections(ApiModel):
    """What holds corrections back now."""

    guard: str
    """Which guard it is, as docs/guards.md lists them; operator for what is not of this resource alone."""
    reason: str
    """Why, as one word for programs."""
    message: str = ""
    """Why, as a sentence for people."""
    registers: Annotated[int, Field(ge=0)] = 0
    """How many registers are not written for it."""
    since: Time
    """Since when."""
