"""How a status becomes known: said once, as long as it is the same."""

from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from fabgitops_core.control.chaos.situations import situated
from fabgitops_core.control.chaos.states import Known
from fabgitops_core.control.commands import Commands, Publish

AnyKnown = TypeVar("AnyKnown", bound=Known)


def said(state: AnyKnown, at: datetime, **fields: Any) -> tuple[AnyKnown, Commands]:
    """Return the state with fields of its status changed, and what makes that known if it is news."""
    changed = {**fields, "observed_generation": state.generation}
    if all(getattr(state.status, name) == value for name, value in changed.items()):
        return state, ()
    status = state.status.model_copy(update=changed)
    status = status.model_copy(update={"conditions": situated(status, at)})
    return replace(state, status=status), (Publish(status),)
