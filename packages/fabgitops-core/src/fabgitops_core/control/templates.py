"""The decisions for a kind of template: it is there to be referred to, and says how it stands and how many do that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from fabgitops_core.api.conditions import Condition, ConditionStatus, conditions_of, renewed
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.codec.texts import brief
from fabgitops_core.control.commands import Commands, Notice, NoticeReason, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Faulted, Used, fault_message

QUIET_SECS = 2.0
"""How long the number of users must stand before it is told: of a plant that is applied they come one by one."""

MAX_LOOKS = 10
"""How often in a row that is waited for."""

LONGEST_MESSAGE = 1024
"""Characters of what is wrong with a template."""

_VALID = "Valid"


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of template says: its status, from users, generation and conditions, and its reasons of Events."""

    status: Callable[[int, int, tuple[Condition, ...]], ApiModel]
    model: type[ApiModel]
    invalid: NoticeReason
    fault: NoticeReason


class TemplateState(NamedTuple):
    """The template as it stands, or why it is not valid, and what is said of that.

    `looks` counts how often it was looked at since something changed, 0 while nothing did; `seen` are the users then.
    """

    key: Key
    spec: Any = None
    uid: str = ""
    problem: str = ""
    reason: str = _VALID
    generation: int = 0
    users: int = 0
    seen: int = 0
    looks: int = 0
    said: Any = None


Step = tuple[TemplateState, Commands]


class Templates:
    """Keeps templates of a kind for the resources that refer to them, and tells how many do.

    Args:
        kind: The kind of template.
        words: What it says.
    """

    def __init__(self, kind: Kind, words: Words) -> None:
        self._kind = kind
        self._words = words

    @property
    def kind(self) -> Kind:
        """Return the kind that it decides for."""
        return self._kind

    def start(self, key: Key) -> TemplateState:
        """Return that nothing is known yet."""
        return TemplateState(key)

    def step(self, state: TemplateState, event: Event) -> Step:
        """Take what is declared; who refers to what could not be taken in is told why."""
        if isinstance(event, Declared):
            return self._declared(state, event)
        if isinstance(event, Used):
            return _look_soon(state._replace(users=event.count))
        if isinstance(event, Due):
            return self._look(state, event.at)
        if isinstance(event, Faulted) and event.lasting:
            after = state._replace(
                spec=None,
                problem=fault_message(event.cause),
                reason=self._words.fault.value,
                generation=event.generation,
                looks=0,
                said=state.said or self._status(event.said),
            )
            return self._say(after, event.at)
        return state, ()

    def offer(self, state: TemplateState) -> tuple[ApiModel | None, str]:
        """Return the template."""
        return state.spec, state.problem

    def _declared(self, state: TemplateState, event: Declared[Any, Any]) -> Step:
        """Say at once what a change made of a template that is known; of one that is new its users come first."""
        reason = self._words.invalid.value if event.problem else _VALID
        new = state._replace(
            spec=event.spec, uid=event.uid, problem=event.problem, reason=reason, generation=event.generation
        )
        if state.said is None:
            return _look_soon(new._replace(said=self._status(event.status)))
        return self._say(new, event.at) if not state.looks else (new, ())

    def _look(self, state: TemplateState, at: datetime) -> Step:
        """Say how the template stands, unless there are other users than a moment ago: more may be on their way."""
        if state.users != state.seen and state.looks < MAX_LOOKS:
            return state._replace(looks=state.looks + 1, seen=state.users), (Wake(QUIET_SECS),)
        return self._say(state._replace(looks=0), at)

    def _say(self, state: TemplateState, at: datetime) -> Step:
        """Make known how the template stands, unless that is what was said before."""
        before: tuple[Condition, ...] = state.said.conditions if state.said else ()
        conditions = renewed(before, _conditions(state, at))
        status = self._words.status(state.users, state.generation, conditions)
        if status == state.said:
            return state, ()
        notices: Commands = ()
        if state.problem and conditions[0].message not in {each.message for each in before}:
            reason = self._words.fault if state.reason == self._words.fault else self._words.invalid
            notices = (Notice(reason, conditions[0].message),)
        return state._replace(said=status), (Publish(status), *notices)

    def _status(self, status: ApiModel | None) -> ApiModel | None:
        return status if isinstance(status, self._words.model) else None


def _look_soon(state: TemplateState) -> Step:
    return (state, ()) if state.looks else (state._replace(looks=1, seen=state.users), (Wake(QUIET_SECS),))


def _conditions(state: TemplateState, at: datetime) -> tuple[Condition, ...]:
    """Return what kstatus reads as Current, or as Failed where a template is not valid."""
    message = brief(state.problem, LONGEST_MESSAGE) if state.problem else "the template is valid"
    held = {"Ready": ConditionStatus.of(not state.problem), "Stalled": ConditionStatus.of(bool(state.problem))}
    return conditions_of(held, state.reason, message, at, state.generation)
