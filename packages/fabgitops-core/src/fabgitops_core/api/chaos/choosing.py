"""Fields of which exactly one is given: said once for the API server and for the models."""

from collections.abc import Sequence

from pydantic.alias_generators import to_camel

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.refusals import Problem, refuse
from fabgitops_core.api.schema import Rule


def exactly_one(fields: Sequence[str], message: str) -> Rule:
    """Return the rule that exactly one of these fields is given, by their names in the model."""
    given = " + ".join(f"(has(self.{to_camel(field)}) ? 1 : 0)" for field in fields)
    return Rule(f"{given} == 1", message)


def check_one(model: ApiModel, fields: Sequence[str], message: str) -> None:
    """See that a model has exactly one of these fields.

    Raises:
        ValidationError: It has none, or several.
    """
    if sum(getattr(model, field) is not None for field in fields) != 1:
        refuse(type(model).__name__, [Problem((), {}, message)])
