"""The decisions for an IndustrialPLCTemplate: it has no device, is there to be referred to, and says how it stands."""

from datetime import datetime
from typing import Any, NamedTuple

from fabgitops_core.api.conditions import Condition, ConditionStatus, renewed
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.template import (
    INDUSTRIAL_PLC_TEMPLATE,
    IndustrialPLCTemplateSpec,
    IndustrialPLCTemplateStatus,
)
from fabgitops_core.control.commands import Commands, Notice, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Faulted, Used, fault_message
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.reasons import PlcReason

QUIET_SECS = 2.0
"""How long the number of users must stand before it is told: of a plant that is applied they come one by one."""

MAX_LOOKS = 10
"""How often in a row that is waited for."""

_VALID = "Valid"


class TemplateState(NamedTuple):
    """The template as it stands, or why it is not valid, and what is said of that.

    `looks` counts how often it was looked at since something changed, 0 while nothing did; `seen` are the users then.
    """

    spec: IndustrialPLCTemplateSpec | None = None
    problem: str = ""
    reason: str = _VALID
    generation: int = 0
    users: int = 0
    seen: int = 0
    looks: int = 0
    said: IndustrialPLCTemplateStatus | None = None


Step = tuple[TemplateState, Commands]


class TemplateController:
    """Keeps a template for the resources that refer to it, and tells how many do."""

    kind = INDUSTRIAL_PLC_TEMPLATE

    def start(self, _key: Key) -> TemplateState:
        """Return that nothing is known yet."""
        return TemplateState()

    def step(self, state: TemplateState, event: Event) -> Step:
        """Take what is declared; who refers to what could not be taken in is told why."""
        if isinstance(event, Declared):
            return _declared(state, event)
        if isinstance(event, Used):
            return _look_soon(state._replace(users=event.count))
        if isinstance(event, Due):
            return _look(state, event.at)
        if isinstance(event, Faulted) and event.lasting:
            problem, said = fault_message(event.cause), state.said or _status(event.said)
            reason = PlcReason.INTERNAL_ERROR.value
            after = TemplateState(None, problem, reason, event.generation, state.users, said=said)
            return _say(after, event.at)
        return state, ()

    def offer(self, state: TemplateState) -> tuple[ApiModel | None, str]:
        """Return the template."""
        return state.spec, state.problem


def _declared(state: TemplateState, event: Declared[Any, Any]) -> Step:
    """Say at once what a change made of a template that is known; of one that is new its users come first."""
    reason = PlcReason.INVALID_SPEC.value if event.problem else _VALID
    new = state._replace(spec=event.spec, problem=event.problem, reason=reason, generation=event.generation)
    if state.said is None:
        return _look_soon(new._replace(said=_status(event.status)))
    return _say(new, event.at) if not state.looks else (new, ())


def _look_soon(state: TemplateState) -> Step:
    return (state, ()) if state.looks else (state._replace(looks=1, seen=state.users), (Wake(QUIET_SECS),))


def _look(state: TemplateState, at: datetime) -> Step:
    """Say how the template stands, unless there are other users than a moment ago: more may be on their way."""
    if state.users != state.seen and state.looks < MAX_LOOKS:
        return state._replace(looks=state.looks + 1, seen=state.users), (Wake(QUIET_SECS),)
    return _say(state._replace(looks=0), at)


def _say(state: TemplateState, at: datetime) -> Step:
    """Make known how the template stands, unless that is what was said before."""
    before = state.said or IndustrialPLCTemplateStatus()
    status = IndustrialPLCTemplateStatus(
        users=state.users,
        observed_generation=state.generation,
        conditions=renewed(before.conditions, _conditions(state, at)),
    )
    if status == state.said:
        return state, ()
    notices: Commands = ()
    if state.problem and status.conditions[0].message not in {each.message for each in before.conditions}:
        notices = (Notice(PlcReason(state.reason), status.conditions[0].message),)
    return state._replace(said=status), (Publish(status), *notices)


def _conditions(state: TemplateState, at: datetime) -> tuple[Condition, ...]:
    """Return what kstatus reads as Current, or as Failed where a template is not valid."""
    message = brief(state.problem) if state.problem else "the template is valid"
    ready, stalled = ConditionStatus.TRUE, ConditionStatus.FALSE
    if state.problem:
        ready, stalled = stalled, ready
    return tuple(
        Condition(
            type=name,
            status=status,
            reason=state.reason,
            message=message,
            observed_generation=state.generation,
            last_transition_time=at,
        )
        for name, status in (("Ready", ready), ("Stalled", stalled))
    )


def _status(status: ApiModel | None) -> IndustrialPLCTemplateStatus | None:
    return status if isinstance(status, IndustrialPLCTemplateStatus) else None
