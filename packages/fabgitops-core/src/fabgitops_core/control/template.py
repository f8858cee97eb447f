"""The decisions for an IndustrialPLCTemplate: it has no device, and is only there to be referred to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.control.claims import Claim
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Declared, Event, Faulted, fault_message
from fabgitops_core.control.requests import Change


class TemplateState(NamedTuple):
    """The template as it stands, or why it is not valid."""

    spec: IndustrialPLCTemplateSpec | None = None
    problem: str = ""


class TemplateController:
    """Keeps a template for the resources that refer to it."""

    kind = INDUSTRIAL_PLC_TEMPLATE

    def start(self, _key: Key) -> TemplateState:
        """Return that nothing is known yet."""
        return TemplateState()

    def step(self, state: TemplateState, event: Event) -> tuple[TemplateState, Commands]:
        """Take what is declared; who refers to what could not be taken in is told why."""
        if isinstance(event, Declared):
            return TemplateState(event.spec, event.problem), ()
        return (TemplateState(problem=fault_message(event.cause)) if isinstance(event, Faulted) else state), ()

    def device(self, _state: TemplateState) -> None:
        """Return that it has no device."""

    def target(self, _state: TemplateState) -> None:
        """Return that it wants to write nothing."""

    def still_wanted(self, _state: TemplateState, _change: Change) -> bool:
        """Return that nothing is ever written for it."""
        return False

    def claims(self, _state: TemplateState) -> frozenset[Claim]:
        """Return that it wants nothing for itself."""
        return frozenset()

    def readings(self, _state: TemplateState) -> Mapping[str, float]:
        """Return that nothing was read."""
        return {}

    def reference(self, _spec: Any) -> None:
        """Return that it refers to nothing."""

    def offer(self, state: TemplateState) -> tuple[ApiModel | None, str]:
        """Return the template."""
        return state.spec, state.problem
