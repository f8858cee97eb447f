"""`&&`, `||` and `?:`: a side that decides does so although the other has no value (langdef.md)."""

from collections.abc import Callable
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.values import CelError, no_overload

Run: TypeAlias = Callable[[list[Any]], Any]


def both(left: Run, right: Run) -> Run:
    """Return what is true where both sides are."""
    return _decided(left, right, decisive=False)


def either(left: Run, right: Run) -> Run:
    """Return what is true where one side is."""
    return _decided(left, right, decisive=True)


def _decided(left: Run, right: Run, *, decisive: bool) -> Run:
    def run(frame: list[Any]) -> Any:
        try:
            first = left(frame)
        except CelError as error:
            if right(frame) is decisive:
                return decisive
            raise error from None
        if first is decisive:
            return decisive
        second = right(frame)
        if second is decisive:
            return decisive
        if type(first) is not bool or type(second) is not bool:
            raise no_overload()
        return not decisive

    return run


def chosen(condition: Run, then: Run, otherwise: Run) -> Run:
    """Return one of two, by a condition."""

    def run(frame: list[Any]) -> Any:
        met = condition(frame)
        if met is True:
            return then(frame)
        if met is False:
            return otherwise(frame)
        raise no_overload()

    return run
