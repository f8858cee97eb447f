"""Who carries out which request: by its type, so that a kind may bring requests of its own."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Event, fault_message
from fabgitops_core.control.holding import HELD_SECS
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.held import Held
from fabgitops_core.engine.holds import Holds

WhyNot = Callable[[], str]
"""Asked right before anything is changed: what speaks against it now, "" for nothing.

Whom nothing held is let end when the engine stops; who was held is woken when that is over.
"""

Performer = Callable[[Key, Any, WhyNot], Awaitable[Event]]
"""Carries out a request of a resource and returns what came of it; what it raises is a fault of our own."""

OwnPerformer = Callable[[Entry, Any], Awaitable[Event | None]]
"""The same for what the engine carries out itself: nothing comes of what there is nobody any more to ask for."""

UNWANTED = "it is not wanted any more"


class Clearance:
    """Says whether something may be changed now, where that has no site.

    Args:
        holds: Why nothing may be changed.
        held: Who waits for the end of one.
        wake: Lets a resource be looked at after so many seconds.
    """

    def __init__(self, holds: Holds, held: Held, wake: Callable[[Key, float], None]) -> None:
        self._holds = holds
        self._held = held
        self._wake = wake

    def why_not(self, entry: Entry, request: Request) -> str:
        """Return what speaks against a change now; after a fault of our own a pass that changes nothing comes first.

        What was decided a moment ago may not be wanted any more.
        """
        if entry.gone or (entry.doubter is not None and not entry.doubter.wants(entry.state, request)):
            return UNWANTED
        why = fault_message(entry.fault) if entry.fault else self._holds.why_not(None)
        if why:
            entry.held = True
            self._held.note(entry.key, why)
            self._wake(entry.key, HELD_SECS)
        else:
            entry.writing = True
            self._held.drop(entry.key)
        return why


class Performing:
    """Hands each request to who carries it out.

    Args:
        own: By type of request what the engine carries out itself.
        others: By type of request what is carried out for a kind that brings its own.
        clearance: Says whether something may be changed now.
    """

    def __init__(
        self,
        own: Mapping[type[Request], OwnPerformer],
        others: Mapping[type[Request], Performer],
        clearance: Clearance,
    ) -> None:
        self._clearance = clearance
        self._by_type: dict[type[Request], OwnPerformer] = dict(own)
        for each, performer in others.items():
            self._by_type[each] = partial(self._performed, performer)

    async def perform(self, entry: Entry, request: Request) -> Event | None:
        """Carry a request out, and return what came of it; None where there is nobody any more to ask.

        Raises:
            TypeError: If nobody carries out such requests.
        """
        perform = self._by_type.get(type(request))
        if perform is None:
            raise TypeError(f"nobody carries out {request!r}")
        return await perform(entry, request)

    async def _performed(self, performer: Performer, entry: Entry, request: Request) -> Event:
        return await performer(entry.key, request, partial(self._clearance.why_not, entry, request))
