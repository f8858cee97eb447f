"""What all parts of a device file have in common: keys in camelCase, none that is unknown, and errors that help."""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic.alias_generators import to_camel

from mock_plc.faults.units import seconds


class FieldError(ValueError):
    """Something is wrong with one key of a part, and the text says what."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Part(BaseModel):
    """A part of a device file: a mapping of the keys that its fields name.

    Where `short` names a field, a bare value stands for a mapping with that field alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, allow_inf_nan=False)
    short: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            if cls.short and given is not None and not isinstance(given, list | bool | BaseModel):
                return {cls.short: given}
            return given
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in given:
            if key not in known:
                raise FieldError(
                    str(key), f"there is no such key here{meant(str(key), known)}; it can be {listed(known)}"
                )
        return given


def meant(word: str, known: list[str]) -> str:
    """Return a question for the known word that a word may have been meant for, or nothing."""
    close = get_close_matches(word.lower(), {each.lower(): each for each in known}, 1)
    return f", did you mean {next(each for each in known if each.lower() == close[0])}?" if close else ""


def listed(words: list[str]) -> str:
    """Return words as one reads them: `a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _seconds(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError("must be a time like 5s or 200ms, or a number of seconds")  # noqa: TRY004 - as pydantic wants it
    return seconds(given)


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ValueError("must be a number")
    return given


Number = Annotated[float, PlainValidator(_number)]
"""A finite number; a whole one stays an int."""
Seconds = Annotated[float, PlainValidator(_seconds)]
"""Seconds, a day at most: a number, or a text like `200ms`, `5s`, `1.5m`, `1h`."""
Period = Annotated[Seconds, Field(ge=0.01)]
"""Seconds, of what comes again and again."""
