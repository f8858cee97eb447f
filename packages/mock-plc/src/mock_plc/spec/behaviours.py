"""The key `behaviours` of a register: which it can have, and which go together."""

from typing import Literal

from pydantic import model_validator

from mock_plc.behaviours.moves import Counter, Drift, FallsBack, Follows, Movement, Noise, Ramp, Sine, Toggle
from mock_plc.behaviours.writes import Clamps, Locked, ReadOnly, Resists, Rounds, Saved, WearsOut
from mock_plc.codec.types import DataType
from mock_plc.parts import FieldError, Part, listed

_MOVING = ("fixed", "drift", "sine", "ramp", "follows", "fallsBack", "counter", "toggle")
_OF_NUMBERS = ("sine", "ramp", "follows", "counter", "noise", "rounds", "clamps")
_OF_WRITES = ("readOnly", "wearsOut", "locked", "saved", "rounds", "resists")


class Behaviours(Part):
    """How a register behaves; without any it holds what is written to it, and drifts if all do (`--chaos`).

    `fixed` never moves by itself.
    """

    fixed: Literal[True] | None = None
    drift: Drift | None = None
    sine: Sine | None = None
    ramp: Ramp | None = None
    follows: Follows | None = None
    falls_back: FallsBack | None = None
    counter: Counter | None = None
    toggle: Toggle | None = None
    noise: Noise | None = None
    resists: Resists | None = None
    rounds: Rounds | None = None
    clamps: Clamps | None = None
    read_only: ReadOnly | None = None
    wears_out: WearsOut | None = None
    locked: Locked | None = None
    saved: Saved | None = None

    @model_validator(mode="after")
    def _one_movement(self) -> "Behaviours":
        moving = [name for name in self.given if name in _MOVING]
        if len(moving) > 1:
            raise FieldError(moving[1], f"it has {moving[0]} already: a register moves in one way")
        if self.noise and self.fixed:
            raise FieldError("noise", "it is fixed: a register that never moves has no noise")
        if self.noise and self.movement and "interval" in self.noise.model_fields_set:
            raise FieldError("noise.interval", f"leave it out: there is new noise with each step of {moving[0]}")
        return self

    @property
    def given(self) -> list[str]:
        """The names of those that it has."""
        return [field.alias or name for name, field in type(self).model_fields.items() if getattr(self, name)]

    @property
    def movement(self) -> Movement | None:
        """How it moves, apart from noise."""
        return self.drift or self.sine or self.ramp or self.follows or self.falls_back or self.counter or self.toggle

    def check(self, kind: DataType, *, written: bool) -> None:
        """Check that a register of a type can behave so, `written` if its table can be written to.

        Raises:
            FieldError: It cannot.
        """
        for name in self.given:
            if reason := _against(name, kind, written=written):
                raise FieldError(f"behaviours.{name}", reason)


def _against(name: str, kind: DataType, *, written: bool) -> str | None:
    """Return what speaks against a behaviour."""
    if (name in _OF_NUMBERS and not kind.numeric) or (
        name in ("drift", "fallsBack") and kind in (DataType.STRING, DataType.SUM)
    ):
        why = "has parts that would have to move together" if kind is DataType.SUM else "is no number"
        return f"a {kind} {why}; it can have {listed(_of(kind))}"
    if name == "toggle" and not kind.logical:
        return f"{kind} is neither true nor false; toggle is for bool and bit"
    if name in _OF_WRITES and not written:
        return "nobody can write to this table; it is for holding registers and coils"
    return None


def _of(kind: DataType) -> list[str]:
    moving = ["fixed", "drift", "fallsBack", "toggle"] if kind.logical else ["fixed"]
    return [*moving, "readOnly", "wearsOut", "locked", "saved", "resists"]
