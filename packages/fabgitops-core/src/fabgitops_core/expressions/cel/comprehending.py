"""The macros over the items of a list or the keys of a mapping (langdef.md, "Macros")."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from fabgitops_core.expressions.cel.values import CelError, no_overload

Run: TypeAlias = Callable[[list[Any]], Any]
Comprehension: TypeAlias = Callable[..., Run]


def _each(value: Any) -> Iterable[Any]:
    if not isinstance(value, (list, dict)):
        raise no_overload()
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise no_overload()
    return value


def some(place: int, over: Run, test: Run) -> Run:
    """Return what is true where a test is for one item, although it may have no value for another."""
    return _found(place, over, test, wanted=True)


def every(place: int, over: Run, test: Run) -> Run:
    """Return what is false where a test is for one item, although it may have no value for another."""
    return _found(place, over, test, wanted=False)


def _found(place: int, over: Run, test: Run, *, wanted: bool) -> Run:
    def run(frame: list[Any]) -> bool:
        trouble: CelError | None = None
        for item in _each(over(frame)):
            frame[place] = item
            try:
                if _truth(test(frame)) is wanted:
                    return wanted
            except CelError as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return not wanted

    return run


def kept(place: int, over: Run, test: Run) -> Run:
    """Return the items for which a test is true."""

    def run(frame: list[Any]) -> list[Any]:
        found = []
        for item in _each(over(frame)):
            frame[place] = item
            met = test(frame)
            if met is True:
                found.append(item)
            elif met is not False:
                raise no_overload()
        return found

    return run


def only_one(place: int, over: Run, test: Run) -> Run:
    """Return what is true where a test is for just one item."""
    matching = kept(place, over, test)
    return lambda frame: len(matching(frame)) == 1


def made(place: int, over: Run, value: Run) -> Run:
    """Return a value for each item."""

    def run(frame: list[Any]) -> list[Any]:
        found = []
        for item in _each(over(frame)):
            frame[place] = item
            found.append(value(frame))
        return found

    return run


def kept_and_made(place: int, over: Run, test: Run, value: Run) -> Run:
    """Return a value for each item for which a test is true."""

    def run(frame: list[Any]) -> list[Any]:
        found = []
        for item in _each(over(frame)):
            frame[place] = item
            if _truth(test(frame)):
                found.append(value(frame))
        return found

    return run


MACROS: dict[tuple[str, int], Comprehension] = {
    ("all", 2): every,
    ("exists", 2): some,
    ("filter", 2): kept,
    ("map", 2): made,
    ("map", 3): kept_and_made,
}
"""By name and how many arguments they take, the variable among them."""

MORE_MACROS: dict[tuple[str, int], Comprehension] = {("exists_one", 2): only_one}
"""Those of CEL's own that no rule uses, and that were not compared with an API server's."""
