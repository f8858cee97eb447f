"""Interlocks: what other registers must show before anything is written.

Whether value and values go with the operator the admission policy checks for the API server: a rule of a definition
cannot see a field that may be a number, a truth value or a text.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.plc.registers import Name
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule, rules, unstored
from fabgitops_core.api.values import Scalar, Something
from fabgitops_core.codec.codec import Value

MAX_INTERLOCKS = 32
MAX_VALUES = 64

_ONE_VALUE = "say what it is compared with: value"
_VALUES = "operator in goes with a list of values: values"
_NO_VALUE = "operator in goes with values: drop value"
_NO_VALUES = "values go with operator in: drop them, or value"
_NO_AGE = Rule(
    "!has(self.maxAgeSecs) || has(self.plc)",
    "a register of this map is read right before each write, and has no age: drop maxAgeSecs, or name plc",
    field=".maxAgeSecs",
)


class Operator(StrEnum):
    """How what a register holds must compare with the value."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "in"

    @property
    def orders(self) -> bool:
        """Return whether it takes numbers alone."""
        return self in {Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST}


@unstored
@rules(_NO_AGE)
class Interlock(ApiModel):
    """What one register must show; one that cannot be read, or shows nothing that has a meaning, does not show it."""

    register_: Annotated[Name, Field(alias="register")]
    """Name of the register: of this map, or of that of plc."""
    plc: ObjectName | None = None
    """IndustrialPLC of this namespace whose map has the register; this one when not given."""
    operator: Operator
    """How the register must compare with value: ==, !=, <, <=, > or >=; or in, where it must hold one of values."""
    value: Scalar = None
    """What it is compared with: a number in engineering units, true or false, a text, or a name of its enum."""
    values: Annotated[tuple[Something, ...], Field(min_length=1, max_length=MAX_VALUES)] | None = None
    """What it must hold one of, with the operator in."""
    max_age_secs: Annotated[int, Field(ge=1, le=86400, strict=True)] | None = None
    """Seconds that a reading of plc may be old; three of its pollIntervalSecs when not given."""

    @property
    def wanted(self) -> tuple[Value, ...]:
        """Return what it is compared with: one value, or those of which one must be held."""
        given = (self.values or ()) if self.operator is Operator.IN else (self.value,)
        return tuple(each for each in given if each is not None)

    def __str__(self) -> str:
        """Return it as people write it: plc/press guard == true."""
        where = f"plc/{self.plc} " if self.plc else ""
        shown = [_shown(each) for each in self.wanted]
        values = f"[{', '.join(shown)}]" if self.operator is Operator.IN else shown[0]
        return f"{where}{self.register_} {self.operator} {values}"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        refuse("Interlock", self._problems())
        return self

    def _problems(self) -> list[Problem]:
        several = self.operator is Operator.IN
        found: list[Problem] = []
        if several and not self.values:
            found.append(Problem(("values",), None, _VALUES))
        if several and self.value is not None:
            found.append(Problem(("value",), self.value, _NO_VALUE))
        if not several and self.value is None:
            found.append(Problem(("value",), None, _ONE_VALUE))
        if not several and self.values is not None:
            found.append(Problem(("values",), None, _NO_VALUES))
        if self.max_age_secs is not None and self.plc is None:
            found.append(Problem(("maxAgeSecs",), self.max_age_secs, _NO_AGE.message))
        return found


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
