"""Registers of PLCs in an expression: `plc["press-4"].temp`, looked up when it comes to that, and only while fresh."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fabgitops_core.api.analysis.metrics import OF_REGISTERS
from fabgitops_core.control.analysis.answers import MAX_NUMBERS, Answer, Garbled
from fabgitops_core.expressions.conditions import CelError, NoValue, compiled

_OF_ALL = "the PLCs of a namespace are not counted here: go over members or released"


class Unread(CelError):
    """A register has no value that could be judged; the text says why."""


Look = Callable[[str, str], float]
"""Returns the number that a register of a PLC holds.

Raises:
    KeyError: There is no such PLC or register.
    Unread: It was not read lately.
"""


class _Plc(dict[str, Any]):
    """The registers of one PLC."""

    def __init__(self, name: str, look: Look) -> None:
        super().__init__()
        self._name, self._look = name, look

    def __contains__(self, register: object) -> bool:
        return isinstance(register, str)

    def __getitem__(self, register: str) -> float:
        try:
            return self._look(self._name, register)
        except KeyError as error:
            raise CelError(str(error.args[0])) from None

    def __iter__(self) -> Iterator[str]:
        raise CelError(_OF_ALL)

    def __len__(self) -> int:
        raise CelError(_OF_ALL)


class _Plant(dict[str, Any]):
    """The PLCs of a namespace by name."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __getitem__(self, name: str) -> _Plc:
        return _Plc(name, self._look)

    def __iter__(self) -> Iterator[str]:
        raise CelError(_OF_ALL)

    def __len__(self) -> int:
        raise CelError(_OF_ALL)


def of_registers(expression: str, members: Sequence[str], released: Sequence[str], look: Look) -> Answer:
    """Return what an expression over registers comes to.

    Args:
        expression: The expression, its arguments filled in.
        members: The names of the PLCs that are led, in an order of their own.
        released: Of these the ones that may hold what Git wants.
        look: Where a register is found.

    Raises:
        Garbled: It comes to nothing, and why.
    """
    condition = compiled(expression, *OF_REGISTERS)
    try:
        value = condition.value(_Plant(look), list(members), list(released))
    except Unread as unread:
        return Answer(missing=str(unread))
    except (CelError, NoValue) as error:
        raise Garbled(f"the expression has no value: {error}") from None
    return Answer(_plain(value))


def _plain(value: Any) -> Any:
    """Return a value with its numbers as doubles.

    Raises:
        Garbled: It is none that a condition could be given.
    """
    if isinstance(value, bool | str | float) or value is None:
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, list):
        if len(value) > MAX_NUMBERS:
            raise Garbled(f"the expression comes to {len(value)} values, {MAX_NUMBERS} are the most")
        return [_plain(each) for each in value]
    raise Garbled("the expression comes to no number, text, truth value, or list of these")
