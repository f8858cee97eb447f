"""Fields that may be a number, a truth value or a text, and tolerances."""

import re
import sys
from fractions import Fraction
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from fabgitops_core.api.schema import ANYTHING
from fabgitops_core.codec.codec import Value
from fabgitops_core.codec.numbers import DIGITS_LOST, digits_lost, exactly

_PERCENT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?) ?%")
_MAX_TEXT = 250


def _scalar(given: object) -> Value | None:
    if given is not None and not isinstance(given, bool | int | float | str):
        raise ValueError("it must be a number, true or false, or a text")
    if isinstance(given, str) and len(given) > _MAX_TEXT:
        raise ValueError(f"a text has at most {_MAX_TEXT} characters")
    return given


def _something(given: object) -> Value:
    value = _scalar(given)
    if value is None:
        raise ValueError("it must be a number, true or false, or a text")
    return value


def _parameter(given: object) -> Value | None:
    value = _scalar(given)
    if isinstance(value, int | float) and digits_lost(value):
        raise ValueError(f"{DIGITS_LOST}: write it in quotes, with all of them")
    return value


def _tolerance(given: object) -> float | str:
    if isinstance(given, str) and _PERCENT.fullmatch(given):
        return given
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= sys.float_info.max:
        raise ValueError(
            'it must be a number from 0 in engineering units, or a percentage of the value in quotes: "2%"'
        )
    return float(given)


Scalar = Annotated[Value | None, PlainValidator(_scalar), WithJsonSchema(ANYTHING)]
"""A number, a truth value, a text, or nothing."""

ParameterValue = Annotated[Value | None, PlainValidator(_parameter), WithJsonSchema(ANYTHING)]
"""The same where it is not known yet what type of register, or which longer text, it will stand in."""

_NOT_NULL = {key: value for key, value in ANYTHING.items() if key != "nullable"}

Something = Annotated[Value, PlainValidator(_something), WithJsonSchema(_NOT_NULL)]
"""A number, a truth value or a text."""

Tolerance = Annotated[float | str, PlainValidator(_tolerance), WithJsonSchema(_NOT_NULL)]
"""A number in engineering units, or a percentage of the desired value."""


def allowance(tolerance: float | str, value: Fraction) -> Fraction:
    """Return how far an actual value may be from the desired one, in engineering units."""
    if isinstance(tolerance, str):
        percent = _PERCENT.fullmatch(tolerance)
        return abs(value) * Fraction(percent[1] if percent else 0) / 100
    return exactly(tolerance)
