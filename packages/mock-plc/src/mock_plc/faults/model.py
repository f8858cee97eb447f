"""What a fault is: one model for a line of text, an entry of `faults:` in a device file, and the control API."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from mock_plc.faults.grammar import parsed
from mock_plc.faults.units import Range, Time, seconds
from mock_plc.memory import Table

_MAX_WORD, _MAX_BYTE, _MAX_FUNCTION = 65535, 255, 127

EXCEPTIONS = {
    "illegal-function": 1,
    "illegal-address": 2,
    "illegal-value": 3,
    "device-failure": 4,
    "acknowledge": 5,
    "busy": 6,
    "negative-acknowledge": 7,
    "parity-error": 8,
    "gateway-path": 10,
    "gateway-target": 11,
}
"""The exception codes by name (protocol, section 7; 7 is of an older edition, and devices still send it)."""


class Kind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    NO_REPLY = "no-reply"
    CLOSE = "close"
    HALF = "half"
    WRONG_TRANSACTION = "wrong-transaction"
    NO_TRANSACTION = "no-transaction"
    WRONG_UNIT = "wrong-unit"
    WRONG_FUNCTION = "wrong-function"
    SHORT_REPLY = "short-reply"
    WRONG_ECHO = "wrong-echo"
    ECHO = "echo"
    FOREIGN = "foreign"
    GARBAGE = "garbage"
    LATE = "late"
    EXCEPTION = "exception"
    RESTART = "restart"
    FROZEN = "frozen"
    SLOW_START = "slow-start"
    CONNECTION_LIMIT = "connection-limit"


class On(StrEnum):
    """Which requests a fault is for."""

    READ = "read"
    WRITE = "write"
    BOTH = "both"


def _code(value: object) -> object:
    return EXCEPTIONS.get(value, value) if isinstance(value, str) else value


def _ranged(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value if isinstance(value, Range) else Range.parse(value, most))


_AS_TEXT = (PlainSerializer(str, return_type=str), WithJsonSchema({"type": ["string", "integer"]}))
_Seconds = Annotated[float, BeforeValidator(seconds)]
_Time = Annotated[
    Time,
    BeforeValidator(lambda value: value if isinstance(value, Time) else Time.parse(value)),
    PlainSerializer(lambda value: value.text, return_type=str),
    WithJsonSchema({"type": ["string", "number"]}),
]

_ARGUMENTS = {
    Kind.DELAY: "time",
    Kind.LATE: "time",
    Kind.SLOW_START: "time",
    Kind.EXCEPTION: "code",
    Kind.CONNECTION_LIMIT: "limit",
}
"""The field that what stands after the colon is for."""
_AIMS = frozenset({"p", "on", "unit", "function", "table", "address", "first"})
"""The fields that choose requests."""
_SCHEDULE = frozenset({"after", "every", "for_"})
_OF_THE_DEVICE = {
    Kind.FROZEN: frozenset[str](),
    Kind.CONNECTION_LIMIT: frozenset[str](),
    Kind.SLOW_START: _SCHEDULE,
}
"""The kinds that are not about single requests, and which parts of a schedule they cannot have either."""
_NEVER_OR_ALWAYS = frozenset({Kind.DELAY, Kind.EXCEPTION, Kind.RESTART, *_OF_THE_DEVICE})
"""The kinds for which it is settled whether the request is carried out."""


class Fault(BaseModel):
    """One thing that goes wrong, to whom, and when.

    Times are in seconds, or texts like `200ms`. A schedule begins when the fault is set: at the start of mock-plc, or
    when it is added later.

    Raises:
        ValidationError: A field has a value that it cannot have, or that the kind has no use for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: Kind
    time: _Time | None = Field(None, description="How long: of delay, late and slow-start. May be a distribution.")
    code: Annotated[int, BeforeValidator(_code), Field(ge=1, le=_MAX_BYTE)] | None = Field(
        None, description="The exception code, 1 to 255 or a name like busy; of exception."
    )
    limit: int | None = Field(None, ge=0, description="How many connections there may be; of connection-limit.")
    p: float = Field(1, gt=0, le=1, description="The probability with which it hits a request that it is for.")
    on: On = On.BOTH
    unit: Annotated[Range, _ranged(_MAX_BYTE), *_AS_TEXT] | None = None
    function: Annotated[Range, _ranged(_MAX_FUNCTION), *_AS_TEXT] | None = None
    table: Table | None = None
    address: Annotated[Range, _ranged(_MAX_WORD), *_AS_TEXT] | None = Field(
        None, description="For requests that touch one of these addresses, 0-based."
    )
    first: int | None = Field(None, ge=1, description="It ends after that many hits.")
    after: _Seconds = Field(0, description="It begins so much later.")
    every: _Seconds | None = Field(None, description="It comes back: from one beginning to the next.")
    for_: _Seconds | None = Field(None, alias="for", description="It lasts so long.")
    executes: bool = Field(True, description="Whether the request is carried out before its answer goes wrong.")

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, value: Any) -> Any:
        """Take a line of text for the fields that it stands for."""
        if not isinstance(value, str):
            return value
        kind, argument, fields = parsed(value, tuple(Kind))
        if argument is not None:
            if kind not in _ARGUMENTS:
                raise ValueError(f"{kind} takes nothing after a colon")
            fields[_ARGUMENTS[Kind(kind)]] = argument
        return {"kind": kind, **fields}

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = self.model_fields_set - {"kind"}
        needed = _ARGUMENTS.get(self.kind)
        for field in ("time", "code", "limit"):
            if field in given and field != needed:
                raise ValueError(f"{self.kind} has no {field}")
        if needed and needed not in given and self.kind is not Kind.LATE:
            raise ValueError(f"{self.kind} needs its {needed}, like {_LIKE[self.kind]}")
        self._check_aim(given)
        self._check_schedule(given)
        return self

    def _check_aim(self, given: set[str]) -> None:
        if self.kind in _OF_THE_DEVICE:
            useless = given & (_AIMS | _OF_THE_DEVICE[self.kind])
            if useless:
                raise ValueError(f"{self.kind} is of the whole device: {_names(useless)} has no effect on it")
        if "executes" in given and self.kind in _NEVER_OR_ALWAYS:
            raise ValueError(f"executes has no effect on {self.kind}")

    def _check_schedule(self, given: set[str]) -> None:
        if self.kind is Kind.RESTART and not given & _AIMS:
            if not given & {"after", "every"}:
                raise ValueError("restart needs a time, like restart,every=60s, or requests, like restart,p=0.01")
            if self.for_ is not None:
                raise ValueError("a restart by the clock takes no time: for has no effect on it")
        elif self.every is not None and not (self.for_ and self.for_ < self.every):
            raise ValueError(f"every={self.every:g}s needs a shorter for, like for={self.every / 4:g}s")
        if self.every == 0 or self.for_ == 0:
            raise ValueError("every and for must be more than 0")

    @property
    def by_the_clock(self) -> bool:
        """Whether it is a restart that comes at its time rather than with a request."""
        return self.kind is Kind.RESTART and not self.model_fields_set & _AIMS

    def active(self, age: float) -> bool:
        """Whether it is on, `age` seconds after it was set."""
        if age < self.after:
            return False
        age -= self.after
        return self.for_ is None or (age % self.every if self.every else age) < self.for_

    def next_restart(self, age: float) -> float | None:
        """Return the age at which the clock is to restart the PLC next, after `age`, or None if never again."""
        first = self.after or self.every or 0.0
        if age < first:
            return first
        return first + ((age - first) // self.every + 1) * self.every if self.every else None

    def __str__(self) -> str:
        """Return the line of text that gives this fault."""
        argument = {"time": self.time and self.time.text, "code": self.code, "limit": self.limit}
        named = argument.get(_ARGUMENTS.get(self.kind, ""))
        line = self.kind if named is None else f"{self.kind}:{named}"
        return ",".join([line, *(f"{key}={value}" for key, value in self._parts().items())])

    def _parts(self) -> dict[str, object]:
        plain = self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"kind", "time", "code", "limit"}
        )
        for name in ("after", "every", "for"):
            if name in plain:
                plain[name] = f"{plain[name]:g}s"
        if "executes" in plain:
            plain["executes"] = "no"
        return plain


_LIKE = {
    Kind.DELAY: "delay:2s",
    Kind.SLOW_START: "slow-start:10s",
    Kind.EXCEPTION: "exception:6",
    Kind.CONNECTION_LIMIT: "connection-limit:1",
}


def _names(fields: set[str]) -> str:
    return ", ".join(sorted(field.rstrip("_") for field in fields))
