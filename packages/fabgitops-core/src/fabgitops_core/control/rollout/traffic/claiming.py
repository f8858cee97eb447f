"""Services and rules of routes that a Rollout has for itself alone: of two that name one the first keeps it.

Who has one is in the status (`services`, `routes`), noted before anything of it is set. Who names one that another has
is refused by the name of that, and goes on without it, as if it were not there. Both may have noted one, as when two
were made at once: then it is that of the one whose revision the Service selects, or else of the first by name.

After a start the others are not known yet. So what selects a revision that is not known here, and was not had, is left
alone for a while.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Wake
from fabgitops_core.control.events import Contested
from fabgitops_core.control.objects import Children
from fabgitops_core.control.rollout.kinds import SERVICE
from fabgitops_core.control.rollout.looking import routes_of, services_of
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.state import RolloutState, Step
from fabgitops_core.control.rollout.ways.choosing import way_of

HAD = ", which both have"
"""Behind the name of what one has: only who has it as well contests that."""

DOUBT = timedelta(seconds=10)
"""So long after a start another Rollout may not have been heard of."""


def identities(state: RolloutState) -> frozenset[str]:
    """Return what a Rollout has for itself alone."""
    had = frozenset(_had(state))
    return had | {f"{name}{HAD}" for name in had}


def wishes(state: RolloutState) -> frozenset[str]:
    """Return what it would have for itself alone, once nobody else has it."""
    return frozenset(_named(state)) - frozenset(_had(state))


def contested(state: RolloutState, event: Contested) -> Step:
    """Take it who else names, or has, what this one does, and look again."""
    if dict(event.rivals) == dict(state.rivals):
        return state, ()
    return state._replace(rivals=dict(event.rivals)), (Wake(0.0),)


def taken(state: RolloutState, children: Children, hashes: frozenset[str], at: datetime) -> Mapping[Key, str]:
    """Return what another Rollout has, or may have, of what is named here: each with a sentence that says so.

    Args:
        state: What is known.
        children: The objects that are looked at.
        hashes: The revisions of this Rollout, the declared one among them.
        at: When.
    """
    had, found = frozenset(_had(state)), {}
    for name, key in _named(state).items():
        child = children.get(key)
        selected = selector_of(child).get(marks.HASH) if child is not None and key.kind == SERVICE.name else None
        rival = state.rivals.get(name)
        if rival is not None and not (name in had and _keeps(state, name, selected, hashes)):
            found[key] = f"the {name} is that of Rollout {rival}: name another one, or take it out of that one first"
        elif name not in had and selected not in {None, *hashes} and (until := _doubted_until(state)) and at < until:
            found[key] = f"the {name} may be that of another Rollout: that is looked at again at {until:%H:%M:%S} UTC"
    return found


def is_asked_for(state: RolloutState, name: str) -> bool:
    """Return whether another Rollout names a Service, or has it."""
    return _of(Key(SERVICE.name, state.key.namespace, name)) in state.rivals


def due(state: RolloutState, found: Mapping[Key, str], at: datetime) -> datetime | None:
    """Return when what may be another's is looked at again; None where nothing is in doubt."""
    until = _doubted_until(state)
    return until if found and until is not None and at < until else None


def _keeps(state: RolloutState, name: str, selected: str | None, hashes: frozenset[str]) -> bool:
    """Return whether it is this Rollout's though another one names it."""
    if f"{name}{HAD}" not in state.rivals or selected in hashes:
        return True
    return selected is None and str(state.key) < state.rivals[name]


def _doubted_until(state: RolloutState) -> datetime | None:
    return state.begun_at + DOUBT if state.begun_at is not None else None


def _had(state: RolloutState) -> Iterator[str]:
    namespace = state.key.namespace
    yield from (_of(Key(SERVICE.name, namespace, name)) for name in state.status.services)
    yield from (_of(Key(each.kind, namespace, each.name), each.rule) for each in state.status.routes if each.rule)


def _named(state: RolloutState) -> Mapping[str, Key]:
    """Return by what they are called the objects that the spec names, and that are one's alone."""
    if state.spec is None:
        return {}
    services = (Key(SERVICE.name, state.key.namespace, name) for name in services_of(state.spec))
    rules = {
        _of(each.key, each.route.rule): each.key
        for each in routes_of(state.key, way_of(state.spec))
        if each.route.name is not None and each.route.rule
    }
    return {**{_of(key): key for key in services}, **rules}


def _of(key: Key, rule: str = "") -> str:
    """Return what an object, or a rule of a route, is called."""
    return f"rule {rule} of the {key.kind} {key}" if rule else f"{key.kind} {key}"
