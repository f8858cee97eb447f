"""What is wrong with what a user wrote: by the path of the field, its value, the reason and the way out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[str | int, ...]

_LONGEST_SHOWN = 100

MOST_TOLD = 10
"""Problems that are told in one sentence; people mend those first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `path` from the model that says it, by the names that a user writes.

    Without a reason the field is missing.
    """

    path: Path
    value: Any
    reason: str = ""


def refuse(model: str, problems: Iterable[Problem]) -> None:
    """Raise what is wrong, if anything is; pydantic adds the path that leads to the model.

    Raises:
        ValidationError: There are problems.
    """
    details: list[InitErrorDetails] = [
        {
            "type": PydanticCustomError("refused", "{reason}", {"reason": problem.reason})
            if problem.reason
            else "missing",
            "loc": problem.path,
            "input": problem.value,
        }
        for problem in problems
    ]
    if details:
        raise ValidationError.from_exception_data(model, details)


def problems_of(error: ValidationError, under: Path = ()) -> list[Problem]:
    """Return the problems in an error, each with its path below another one.

    Of a row with something wrong in it pydantic says besides that it is too short: it counts only what is right.
    """
    details = error.errors(include_url=False)
    above = {each["loc"][:depth] for each in details for depth in range(len(each["loc"]))}
    return [
        Problem((*under, *detail["loc"]), detail["input"], _reason(detail["type"], str(detail["msg"])))
        for detail in details
        if detail["type"] != "too_short" or detail["loc"] not in above
    ]


def sentences(error: ValidationError, root: str = "spec") -> str:
    """Return an error in one line: `spec.registers[2].value is 'Started': it is no name in enum; …`.

    Of many problems the first ten are told, and how many more there are.
    """
    problems = problems_of(error)
    more = f"; and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
    return "; ".join(sentence(problem, root) for problem in problems[:MOST_TOLD]) + more


def _reason(kind: str, message: str) -> str:
    return "" if kind == "missing" else message.removeprefix("Value error, ")


def sentence(problem: Problem, root: str) -> str:
    """Return one problem in words, its path below `root`: `spec.port is 0: it must be at least 1`."""
    path = root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.path)
    if not problem.reason:
        return f"{path} is missing"
    shown = _shown(problem.value)
    if not shown or len(shown) > _LONGEST_SHOWN:
        return f"{path}: {problem.reason}"
    return f"{path} is {shown}: {problem.reason}"


def _shown(value: object) -> str:
    """Return a value as it is told, or nothing for one that says nothing, or that Python cannot write."""
    if value is None or isinstance(value, Mapping):
        return ""
    try:
        return repr(value)
    except (RecursionError, ValueError):  # nested too deeply, or a whole number of more than 4300 digits
        return ""
