"""What a register does by itself: the next value as a function of where it is, of the time, and of dice."""

import math
import random
from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mock_plc.chaos import jump
from mock_plc.parts import Number, Part, Period

FULL_CIRCLE = 360.0
_HAIR = 1e-9
"""What the division of floats may lack of a whole number."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values that a register can have: from `low` to `high`, `step` apart, or of any fineness where that is 0."""

    low: float
    high: float
    step: float

    def within(self, value: float) -> float:
        """Return a value, or the end of the grid that it is beyond."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class At:
    """Where a register is before it moves.

    `base` is what it was set to last, at the start or by a write, `elapsed` the seconds since then that it moves to
    now, and `setpoint` the value that it follows, if it does.
    """

    base: float
    value: float
    elapsed: float
    grid: Grid
    setpoint: float = 0.0


class Movement(Part):
    """How a register moves: every `interval` seconds there is a next value."""

    interval: Period = 1

    @abstractmethod
    def next(self, at: At, dice: random.Random) -> float:
        """Return the next value, which may lie beyond the grid or between its steps."""


class Drift(Movement):
    """It moves by up to `max`, up or down, and always moves."""

    short: ClassVar[str | None] = "max"
    max: Number = Field(500, gt=0)
    interval: Period = 10

    def next(self, at: At, dice: random.Random) -> float:
        """Return another value within reach, and inside of the grid."""
        down, up = (min(self.max, way) for way in (at.value - at.grid.low, at.grid.high - at.value))
        if not at.grid.step:
            return at.value + dice.uniform(-down, up)
        return at.value + jump(self._steps(down, at.grid), self._steps(up, at.grid), dice) * at.grid.step

    def _steps(self, way: float, grid: Grid) -> int:
        """Return how many steps there are in a way: one at least, unless the way has ended."""
        return max(int(way / grid.step + _HAIR), int(way >= min(self.max, grid.step) > 0))


class Sine(Movement):
    """It swings around what it was set to, by `amplitude` to either side, once each `period`, from `phase` degrees."""

    amplitude: Number = Field(gt=0)
    period: Period
    phase: Number = 0

    def next(self, at: At, dice: random.Random) -> float:
        """Return where the swing is."""
        turns = at.elapsed / self.period + self.phase / FULL_CIRCLE
        return at.base + self.amplitude * math.sin(2 * math.pi * turns)


class Then(StrEnum):
    """What comes after the end of a ramp."""

    STAY = "stay"
    REPEAT = "repeat"
    BACK = "back"


class Ramp(Movement):
    """It goes in a straight line `to` a value, `over` a time; `then` it stays, repeats or goes back."""

    to: Number
    over: Period
    then: Then = Then.STAY

    def next(self, at: At, dice: random.Random) -> float:
        """Return where on the line it is."""
        done = at.elapsed / self.over
        if self.then is Then.STAY:
            done = min(done, 1.0)
        elif self.then is Then.REPEAT:
            done %= 1.0
        else:
            done = 1.0 - abs(done % 2.0 - 1.0)
        return at.base + (self.to - at.base) * done


class Follows(Movement):
    """It follows another register, the `setpoint`, as a first-order system: 63 % of the way in `tau`."""

    setpoint: str
    tau: Period

    def next(self, at: At, dice: random.Random) -> float:
        """Return how near it has come, by the exact solution for a set-point that holds for the interval."""
        return at.setpoint + (at.value - at.setpoint) * math.exp(-self.interval / self.tau)


class FallsBack(Movement):
    """It takes a value again, `to`, so many seconds `after` it was set or written last, as what has a watchdog does."""

    after: Period
    to: Number
    interval: Period = 0.1

    def next(self, at: At, dice: random.Random) -> float:
        """Return what it holds, until its time is over."""
        return self.to if at.elapsed + _HAIR >= self.after else at.value


class Counter(Movement):
    """It counts by `step`, and from the end of what it can hold goes on at the beginning."""

    short: ClassVar[str | None] = "step"
    step: Number = 1

    def next(self, at: At, dice: random.Random) -> float:
        """Return the next count."""
        value, span = at.value + self.step, at.grid.high - at.grid.low + at.grid.step
        if at.grid.low <= value <= at.grid.high or not 0 < span < math.inf:
            return value
        return at.grid.low + (value - at.grid.low) % span


class Toggle(Movement):
    """It changes between true and false."""

    short: ClassVar[str | None] = "interval"

    def next(self, at: At, dice: random.Random) -> float:
        """Return the other of the two."""
        return 1 - at.value


class Noise(Movement):
    """What is read of it wanders by chance, normally distributed, around what it would be without."""

    short: ClassVar[str | None] = "deviation"
    deviation: Number = Field(gt=0)

    def next(self, at: At, dice: random.Random) -> float:
        """Return a value near to the one it has."""
        return dice.gauss(at.value, self.deviation)
