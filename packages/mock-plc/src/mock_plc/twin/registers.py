"""A register of a manifest made into one that mock-plc serves, and what of it the twin has to know beside that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from mock_plc.codec.codec import exact
from mock_plc.memory import Value
from mock_plc.spec.device import MAX_UNIT
from mock_plc.spec.mistakes import mistake
from mock_plc.spec.register import Register
from mock_plc.twin.documents import ManifestError, wrong
from mock_plc.twin.resolving import Fields

SHARED = (
    *(
        "name",
        "table",
        "address",
        "reference",
        "parts",
        "readFrom",
        "type",
        "bit",
        "lastBit",
        "length",
        "encoding",
        "padding",
        "byteOrder",
    ),
    *("scale", "scaleRegister", "offset", "unit", "enum", "noValue", "group", "value"),
)
"""The keys of a manifest that a device file has, too, with the same meaning."""
_PERCENT = re.compile(r"([0-9.]+) ?%")
_WHOLE = re.compile(r"[-+]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """A register of a manifest: what is served, under which unit id (None: that of the resource), and its limits.

    `low`, `high` and `tolerance` are in engineering units, and None where there is no limit.
    """

    register: Register
    unit_id: int | None
    low: Fraction | None
    high: Fraction | None
    tolerance: Fraction
    fields: Fields


def declared(fields: Fields) -> Declared:
    """Return a register that is what its manifest says.

    Raises:
        ManifestError: It cannot be; each mistake is told with the place of its field.
    """
    data = fields.data
    shared = {name: data[name] for name in SHARED if name in data}
    try:
        register = Register.model_validate({**shared, **_valued(shared)})
    except ValidationError as error:
        raise ManifestError(list(_told(error, fields))) from None
    unit_id = data.get("unitId")
    if unit_id is not None and not (isinstance(unit_id, int) and 0 <= unit_id <= MAX_UNIT):
        raise wrong(fields.where(("unitId",)), f"{unit_id!r} is no unit id: it is 0 to {MAX_UNIT}")
    low, high = _limit(fields, "min"), _limit(fields, "max")
    return Declared(register, unit_id, low, high, _tolerance(register, data.get("tolerance")), fields)


def beside(fields: Fields, unit_id: int | None) -> Iterator[Declared]:
    """Yield the words and coils that a manifest has written before and after a register, each as one of its own.

    Raises:
        ManifestError: One of them cannot be.
    """
    write = fields.data.get("write")
    for side in ("before", "after"):
        for at, step in enumerate((write.get(side) if isinstance(write, dict) else None) or ()):
            place = {name: step[name] for name in ("table", "address", "reference") if step.get(name) is not None}
            where = "-".join(str(each) for each in place.values())
            try:
                register = Register.model_validate({"name": f"step-{where}", **place})
            except ValidationError as error:
                said = "; ".join(mistake(each)[1] for each in error.errors(include_url=False))
                raise wrong(fields.where(("write", side, at)), said) from None
            yield Declared(register, unit_id, None, None, Fraction(0), fields)


def _told(error: ValidationError, fields: Fields) -> Iterator[str]:
    for each in error.errors(include_url=False):
        place, said = mistake(each)
        yield f"{fields.where(place)}: {said}"


def _valued(data: dict[str, Any]) -> dict[str, Value]:
    """Return the value as a number where it is one in quotes, as manifests write those that JSON would round."""
    value, kind = data.get("value"), data.get("type", "uint16")
    if not isinstance(value, str) or kind in ("string", "bool", "bit") or value in (data.get("enum") or {}):
        return {}
    try:
        return {"value": int(value) if _WHOLE.fullmatch(value) else float(value)}
    except ValueError:
        return {}


def _limit(fields: Fields, name: str) -> Fraction | None:
    given = fields.data.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise wrong(fields.where((name,)), f"{given!r} is no number")
    return exact(given)


def _tolerance(register: Register, given: object) -> Fraction:
    """Return how far the register may be off; what is no tolerance at all is for the operator to tell."""
    if isinstance(given, str) and (percent := _PERCENT.fullmatch(given)):
        value = register.start
        return Fraction(percent[1]) * abs(exact(value)) / 100 if isinstance(value, int | float) else Fraction(0)
    return exact(given) if isinstance(given, int | float) else Fraction(0)
