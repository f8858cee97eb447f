"""The small texts that faults are made of: times, distributions, and ranges of numbers."""

import random
import re
from dataclasses import dataclass

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_PARTS = {"uniform": 2, "normal": 2, "exponential": 1}
_DISTRIBUTIONS = "2s, uniform:LOW:HIGH, normal:MEAN:DEVIATION or exponential:MEAN"
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_LONGEST = 86400.0


def seconds(text: str | float) -> float:
    """Return seconds from texts like `2s`, `200ms`, `1.5m`, `1h`; a bare number is seconds; 0 to a day.

    Raises:
        ValueError: It is no such time.
    """
    match = _TIME.fullmatch(str(text))
    value = float(match[1]) * _UNITS[match[2] or "s"] if match else -1.0
    if not 0 <= value <= _LONGEST:
        raise ValueError(f'"{text}" is no time; write it like 2s, 200ms, 1.5m or 1h, a day at most')
    return value


@dataclass(frozen=True, slots=True)
class Time:
    """A time, or a distribution of times, in seconds; `text` is what it was made of."""

    text: str
    distribution: str
    parameters: tuple[float, ...]

    @classmethod
    def parse(cls, text: str | float) -> "Time":
        """Return the time of a text: `2s`, `uniform:1s:3s`, `normal:1s:200ms`, `exponential:500ms`.

        Raises:
            ValueError: It is neither a time nor a distribution.
        """
        name, *parameters = str(text).split(":")
        if name not in _PARTS:
            if parameters:
                raise ValueError(f'"{text}" is no distribution; there are {_DISTRIBUTIONS}')
            return cls(str(text), "fixed", (seconds(text),))
        if len(parameters) != _PARTS[name]:
            raise ValueError(f'"{text}" does not have the parameters of {name}; there are {_DISTRIBUTIONS}')
        values = tuple(map(seconds, parameters))
        if name == "uniform" and values[0] > values[1]:
            raise ValueError(f'"{text}" has its low end above its high end')
        return cls(str(text), name, values)

    def draw(self, rng: random.Random) -> float:
        """Return one time, never below 0."""
        if self.distribution == "uniform":
            return rng.uniform(*self.parameters)
        if self.distribution == "normal":
            return max(0.0, rng.gauss(*self.parameters))
        if self.distribution == "exponential":
            mean = self.parameters[0]
            return rng.expovariate(1 / mean) if mean else 0.0
        return self.parameters[0]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `first` to `last`, both of them included."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str | int, most: int) -> "Range":
        """Return the range of a text like `4001` or `4001-4010`.

        Raises:
            ValueError: It is none, ends before it begins, or has a number above `most`.
        """
        match = _RANGE.fullmatch(str(text))
        if not match:
            raise ValueError(f'"{text}" is neither a number nor a range like 3-6')
        found = cls(int(match[1]), int(match[2] or match[1]))
        if not found.first <= found.last <= most:
            raise ValueError(f'"{text}" must go upwards, from 0 to {most}')
        return found

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def meets(self, first: int, last: int) -> bool:
        """Whether any of the numbers from `first` to `last` is one of these."""
        return first <= self.last and self.first <= last
