"""Fields that may be a number, a truth value or a text, and tolerances."""

import math
import re
from fractions import Fraction
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from fabgitops_core.api.schema import ANYTHING
from fabgitops_core.codec.codec import Value
from fabgitops_core.codec.numbers import exactly

_PERCENT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?) ?%")
_MAX_TEXT = 250


def _scalar(given: object) -> Value | None:
    if given is not None and not isinstance(given, bool | int | float | str):
        raise ValueError("it must be a number, true or false, or a text")
    if isinstance(given, str) and len(given) > _MAX_TEXT:
        raise ValueError(f"a text has at most {_MAX_TEXT} characters")
    return given


def _tolerance(given: object) -> float | str:
    if isinstance(given, str) and _PERCENT.fullmatch(given):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
        raise ValueError(
            'it must be a number from 0 in engineering units, or a percentage of the value in quotes: "2%"'
        )
    return float(given)


Scalar = Annotated[Value | None, PlainValidator(_scalar), WithJsonSchema(ANYTHING)]
"""A number, a truth value, a text, or nothing."""

Tolerance = Annotated[float | str, PlainValidator(_tolerance), WithJsonSchema(ANYTHING)]
"""A number in engineering units, or a percentage of the desired value."""


def allowance(tolerance: float | str, value: Fraction) -> Fraction:
    """Return how far an actual value may be from the desired one, in engineering units."""
    if isinstance(tolerance, str):
        percent = _PERCENT.fullmatch(tolerance)
        return abs(value) * Fraction(percent[1] if percent else 0) / 100
    return exactly(tolerance)
