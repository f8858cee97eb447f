"""Conditions by the Kubernetes API conventions (sig-architecture/api-conventions.md, "Typical status properties")."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time


class ConditionStatus(StrEnum):
    """Whether a condition holds, as far as is known."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"

    @classmethod
    def of(cls, value: bool) -> Self:
        """Return True or False, as a condition says it."""
        return cls.TRUE if value else cls.FALSE


class Condition(ApiModel):
    """One observation about an object's state, with the time of its last change."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """What is observed."""
    status: ConditionStatus
    """Whether it holds."""
    reason: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    """Why, as one word for programs."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """Why, as a sentence for people."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The `metadata.generation` that this was said of."""
    last_transition_time: Time
    """When `status` last changed."""


def conditions_of(
    held: Mapping[str, ConditionStatus], reason: str, message: str, at: datetime, generation: int
) -> tuple[Condition, ...]:
    """Return conditions that have one reason and one message.

    Args:
        held: Their status, by type.
        reason: Why, as one word for programs.
        message: The same as a sentence.
        at: When it became known.
        generation: The `metadata.generation` that this is said of.
    """
    return tuple(
        Condition(
            type=name,
            status=status,
            reason=reason,
            message=message,
            observed_generation=generation,
            last_transition_time=at,
        )
        for name, status in held.items()
    )


def renewed(previous: Iterable[Condition], current: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return `current`, each with the transition time of its predecessor where its status is the same."""
    since: dict[tuple[str, ConditionStatus], datetime] = {
        (condition.type, condition.status): condition.last_transition_time for condition in previous
    }
    return tuple(
        condition.model_copy(
            update={
                "last_transition_time": since.get((condition.type, condition.status), condition.last_transition_time)
            }
        )
        for condition in current
    )
