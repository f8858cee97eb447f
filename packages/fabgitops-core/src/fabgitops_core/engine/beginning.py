"""What a resource is told at the beginning of a pass: that it is time to look, and at what."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from fabgitops_core.control.breaker import PASS, Gate
from fabgitops_core.control.events import Due, Mustered, Surveyed
from fabgitops_core.control.plc.requests import DeviceId
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.consulting import Consulting
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.isolation import Isolation
from fabgitops_core.engine.leading import Leadership
from fabgitops_core.engine.neighbours import Neighbourhood
from fabgitops_core.engine.watching import Watching


class Beginning:
    """Says it, to each kind by its sides.

    Args:
        isolation: Asks resources.
        circuits: Whether devices may be asked.
        neighbourhood: What those show whom a resource looks at.
        leading: Whom a resource leads.
        watching: What it owns and regards.
        consulting: What those offer whom it consults.
        now: The time of day.
    """

    def __init__(
        self,
        isolation: Isolation,
        circuits: Circuits,
        neighbourhood: Neighbourhood,
        leading: Leadership,
        watching: Watching,
        consulting: Consulting,
        now: Callable[[], datetime],
    ) -> None:
        self._isolation = isolation
        self._circuits = circuits
        self._neighbourhood = neighbourhood
        self._leading = leading
        self._watching = watching
        self._consulting = consulting
        self._now = now

    async def begin(self, entry: Entry) -> Due | Surveyed | Mustered | None:
        """Look at what a resource has come to regard, and return what begins its pass, or None, as `of` does."""
        return self.of(entry) if await self._watching.look(entry) else None

    def of(self, entry: Entry) -> Due | Surveyed | Mustered | None:
        """Return what begins a pass; None while not all is known that it needs: the resource is woken when it is.

        It is None, too, where a fault of ours keeps that from being known: it has struck the resource then.
        """
        entry.news = False
        if entry.leader is not None:
            return self._leading.mustered(entry)
        if entry.family is None and not entry.views:
            return self.due(entry)
        unseen = self._watching.unseen(entry)
        return None if unseen is None else self._surveyed(entry, unseen)

    def due(self, entry: Entry) -> Due:
        """Return what begins a pass of a resource that neither leads, owns nor regards others."""
        return Due(self._now(), self._gate(entry.devices), self._neighbourhood.of(entry))

    def _surveyed(self, entry: Entry, unseen: Mapping[str, str]) -> Surveyed | None:
        """Return what there is of what it owns and regards; None where a fault of ours keeps that from being known."""
        children = self._isolation.ask(entry, "survey", partial(self._watching.of, entry), None)
        if children is None:
            return None
        return Surveyed(self._now(), children, unseen, self._consulting.offers(entry.key))

    def _gate(self, devices: tuple[DeviceId, ...]) -> Gate:
        """Return the gate of a resource's device; of several the first to open, as each is asked for itself."""
        gate = PASS
        for device_id in devices:
            other = self._circuits.gate(device_id)
            if not other.wait:
                return other
            gate = other if not gate.wait or other.wait < gate.wait else gate
        return gate
