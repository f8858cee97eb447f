"""What a register does to those who write to it: what becomes of a value, or by which exception it is refused."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from mock_plc.behaviours.moves import Grid
from mock_plc.codec.codec import exact
from mock_plc.parts import FieldError, Number, Part, Seconds

ILLEGAL_ADDRESS, DEVICE_FAILURE = 2, 4
Code = Annotated[int, Field(strict=True, ge=1, le=255)]


class ReadOnly(Part):
    """A write is refused, by exception 2 unless `code` names another."""

    code: Code = ILLEGAL_ADDRESS

    @model_validator(mode="before")
    @classmethod
    def _yes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) and given is not True:
            raise ValueError("must be true, or the code of an exception, like {code: 3}")
        return {} if given is True else given


class WearsOut(Part):
    """After a number of writes it takes no more, and answers exception 4 unless `code` names another.

    It is worn for good: a restart does not mend it, as it does not mend an EEPROM.
    """

    short: ClassVar[str | None] = "after"
    after: int = Field(strict=True, ge=0)
    code: Code = DEVICE_FAILURE


class Locked(Part):
    """It takes a write only within a time after `value` was written to the register `by`, and else answers `code`."""

    by: str
    value: Number | Annotated[bool, Field(strict=True)]
    within: Seconds
    code: Code = DEVICE_FAILURE


class Saved(Part):
    """What is written to it is gone with a restart, unless `value` was written to the register `by` since."""

    by: str
    value: Number | Annotated[bool, Field(strict=True)]


class Rounds(Part):
    """It keeps fewer digits than were written: the nearest multiple of `to`, halves to the even one."""

    short: ClassVar[str | None] = "to"
    to: Number = Field(gt=0)

    def kept(self, value: float, grid: Grid) -> float:
        """Return what is kept of a value on the grid; it stays on it."""
        step = exact(self.to)
        count = round(exact(value) / step)
        count += (count * step < exact(grid.low)) - (count * step > exact(grid.high))
        kept = count * step
        return int(kept) if kept.denominator == 1 else float(kept)


class Clamps(Part):
    """A value beyond `min` or `max` becomes the one that it is beyond, and the write is answered as if it were done."""

    min: Number = -math.inf
    max: Number = math.inf

    @model_validator(mode="after")
    def _check(self) -> "Clamps":
        if not self.model_fields_set:
            raise ValueError("needs min, max or both")
        if self.min > self.max:
            raise FieldError("min", f"is {self.min}, above max, which is {self.max}")
        return self

    def kept(self, value: float) -> float:
        """Return what is kept of a value."""
        return min(max(value, self.min), self.max)


class Resists(Part):
    """Some time `after` a write the old value is written back, as by a second master."""

    short: ClassVar[str | None] = "after"
    after: Seconds
