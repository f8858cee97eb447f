"""Conditions: expressions that say whether what was measured is as it should be, or make something of it first.

They are CEL; conditions of Argo Rollouts are taken as well (`argo`). Both are compiled when they are declared.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from fabgitops_core.expressions.absence import Absence, spoken_of
from fabgitops_core.expressions.argo import rewritten
from fabgitops_core.expressions.cel.compiling import Program
from fabgitops_core.expressions.cel.comprehending import MORE_MACROS
from fabgitops_core.expressions.cel.dialects import Dialect, Exhausted, replaced_within
from fabgitops_core.expressions.cel.functions import MORE_MEMBERS
from fabgitops_core.expressions.cel.nodes import SyntaxFault
from fabgitops_core.expressions.cel.parsing import parsed
from fabgitops_core.expressions.cel.values import CelError
from fabgitops_core.expressions.mathematics import FORMS, FUNCTIONS, OPERATORS

__all__ = ["Absence", "CelError", "Condition", "NoValue", "Unfit", "compiled"]

STEPS = 500_000
"""How much an expression may take: about a tenth of a second."""

_PATTERNS = frozenset({"findAll", "matches"})
"""Not for whoever may declare a condition: a pattern could be looked for as long as somebody likes."""

_MEMBERS = {**MORE_MEMBERS, ("replace", 2): replaced_within(STEPS)}

_DIALECT = Dialect(FUNCTIONS, FORMS, _MEMBERS, MORE_MACROS, OPERATORS, _PATTERNS, STEPS)


class Unfit(ValueError):
    """A text is no condition: its message says why, and at which column, counted from 1."""


class NoValue(Exception):
    """A condition says nothing of a value: its message says why."""


class Condition:
    """A condition that was compiled.

    Args:
        text: The condition, in CEL or as Argo Rollouts has it.
        variables: The names that it may use.

    `speaks_of` is of what it speaks itself that may not be there.

    Raises:
        Unfit: It is none.
    """

    def __init__(self, text: str, variables: Sequence[str]) -> None:
        places: Sequence[int] = ()
        try:
            cel, places = rewritten(text)
            self._program = Program(cel, variables, _DIALECT)
            self.speaks_of = spoken_of(parsed(cel))
        except SyntaxFault as fault:
            raise Unfit(_worded(fault, places)) from None
        except RecursionError:
            raise Unfit("it is nested too deeply") from None

    def value(self, *values: Any) -> Any:
        """Return its value for those of its variables.

        Raises:
            CelError: It has none.
            NoValue: It takes too long to find it.
        """
        try:
            return self._program.run(*values)
        except Exhausted as error:
            raise NoValue(str(error)) from None
        except RecursionError:
            raise NoValue("it is nested too deeply") from None

    def holds(self, *values: Any) -> bool:
        """Return whether it holds for the values of its variables.

        Raises:
            NoValue: It does not say.
        """
        try:
            value = self.value(*values)
        except CelError as error:
            raise NoValue(str(error)) from None
        if not isinstance(value, bool):
            raise NoValue("it is neither true nor false")
        return value


@lru_cache(maxsize=1024)
def compiled(text: str, *variables: str) -> Condition:
    """Return a condition, compiled once for all who have the same.

    Raises:
        Unfit: It is none.
    """
    return Condition(text, variables)


def _worded(fault: SyntaxFault, places: Sequence[int]) -> str:
    if fault.at < 0:
        return str(fault)
    at = places[min(fault.at, len(places) - 1)] if places else fault.at
    return f"{fault} (column {at + 1})"
