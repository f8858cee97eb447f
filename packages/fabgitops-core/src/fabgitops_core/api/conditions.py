"""Conditions by the Kubernetes API conventions (sig-architecture/api-conventions.md, "Typical status properties")."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time


class ConditionStatus(StrEnum):
    """Whether a condition holds, as far as is known."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


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
