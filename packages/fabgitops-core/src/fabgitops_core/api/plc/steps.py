"""What is written before and after a register, each time that it is written: an unlock, a password, a save."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.connection import SecretRef
from fabgitops_core.api.plc.places import Reference, Word
from fabgitops_core.api.refusals import Path, Problem
from fabgitops_core.api.schema import ANYTHING, Rule, rules, unstored
from fabgitops_core.codec.tables import Table, parse_reference

MAX_STEPS = 8
"""Writes before a register, and after it."""

_LARGEST = 65535
_ONE_PLACE = Rule(
    "has(self.address) != has(self.reference)",
    "say where to write, once: address (0-based as on the wire) or reference (as on the drawing)",
)
_NO_BOTH = "give value (a raw word, or true or false) or valueFrom.secretKeyRef: one of them"


class StepTable(StrEnum):
    """The tables that can be written."""

    HOLDING = "holding"
    COIL = "coil"


class SecretKeyRef(SecretRef):
    """A key of a Secret beside the resource, in its namespace."""

    key: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
    """Key in the data of the Secret; it holds one word, as 1000 or 0x3E8, or true or false for a coil."""


class ValueFrom(ApiModel):
    """Where a value is that must not stand in Git."""

    secret_key_ref: SecretKeyRef
    """Secret beside the resource, read right before each write; the value is shown nowhere."""


def _raw(given: object) -> int | bool:
    if not isinstance(given, int) or not 0 <= given <= _LARGEST:
        raise ValueError(f"it must be a raw word, 0 to {_LARGEST}, or true or false for a coil")
    return given


RawValue = Annotated[
    int | bool,
    PlainValidator(_raw),
    WithJsonSchema({key: value for key, value in ANYTHING.items() if key != "nullable"}),
]
"""A word as it goes over the wire, or true or false."""


@unstored
@rules(_ONE_PLACE)
class WriteStep(ApiModel):
    """One write of one word or coil of the same unit, which goes out each time that the register is written."""

    table: StepTable | None = None
    """holding or coil; holding when not given, or what the reference names."""
    address: Word | None = None
    """Address in its table, 0-based as on the wire; give it or reference."""
    reference: Reference | None = None
    """The same as it stands on the drawing: 40025; 17 is a coil."""
    value: RawValue | None = None
    """What is written: a raw word, 0 to 65535, or true or false for a coil; or else give valueFrom."""
    value_from: ValueFrom | None = None
    """Where it is instead, for a password: valueFrom.secretKeyRef with name and key."""

    @property
    def place(self) -> tuple[Table, int]:
        """Return the table and the 0-based address."""
        if self.reference is not None:
            return parse_reference(self.reference)
        return Table(self.table or Table.HOLDING), self.address or 0


def problems(steps: Sequence[WriteStep], path: Path) -> Iterator[Problem]:
    """Yield what is wrong with the steps that stand at a path of a register."""
    for index, step in enumerate(steps):
        yield from _of_one(step, (*path, index))


def _of_one(step: WriteStep, path: Path) -> Iterator[Problem]:
    if (step.address is None) == (step.reference is None):
        yield Problem(path, {}, "say where to write, once: address (0-based as on the wire) or reference")
        return
    table, _ = step.place
    if not table.writable:
        yield Problem((*path, "reference"), step.reference, f"{table.noun}s are read-only: name a register or a coil")
        return
    if step.table is not None and table != step.table.value:
        reason = f"it names a {table.noun}, and table is {step.table}: drop one of them"
        yield Problem((*path, "reference"), step.reference, reason)
        return
    if (step.value is None) == (step.value_from is None):
        yield Problem(path, {}, _NO_BOTH)
    elif step.value is not None:
        yield from _of_the_value(step, step.value, table, path)


def _of_the_value(step: WriteStep, value: int | bool, table: Table, path: Path) -> Iterator[Problem]:
    if table is Table.COIL and value not in {0, 1}:
        meant = "" if step.reference is None else "; for a register write address, or a reference such as 40025"
        yield Problem((*path, "value"), value, f"a coil is true or false{meant}")
    elif table is not Table.COIL and isinstance(value, bool):
        yield Problem((*path, "value"), value, "a register takes a raw word, 0 to 65535: write 1 or 0, or name a coil")
