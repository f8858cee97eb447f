"""Where a register is, and numbers and words beside it, as fields that more than one model has."""

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from fabgitops_core.api.plc.register_rules import REFERENCE
from fabgitops_core.codec import absent
from fabgitops_core.codec.tables import parse_reference

Word = Annotated[int, Field(ge=0, le=65535, strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


def _reference(given: object) -> int | str:
    if not isinstance(given, int | str):
        raise ValueError("it must be a number or a text: 40001")  # noqa: TRY004  # pydantic takes no TypeError
    parse_reference(given)
    return given


def _no_value(given: object) -> int | str:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError('it must be a raw number, or its words in quotes: "0x8000"')  # noqa: TRY004  # as above
    if isinstance(given, int) and not absent.LEAST <= given <= absent.MOST:
        raise ValueError('it is too large for a number here: write its words in quotes, as in "0x8000000000000000"')
    return given


NoValueWords = Annotated[
    int | str,
    PlainValidator(_no_value),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "minimum": absent.LEAST,
            "maximum": absent.MOST,
            "maxLength": 502,
            "pattern": absent.TEXT,
        }
    ),
]
"""Raw words that mean no value, as a manual writes them."""

Reference = Annotated[int | str, PlainValidator(_reference), WithJsonSchema(REFERENCE)]
