"""Holds all corrections while the fleet brake is on, keeps that beyond this process, and waits for somebody to let go.

Until it is known whether it is on it is taken for on. It is in force from the moment at which too much has happened,
and stored as soon as it can be. What is stored is looked at from time to time while it is on: only the word of somebody
who names this engagement lets it go, and one that was deleted is stored again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.fleet import Fleet
from fabgitops_core.engine.holds import Holds

from fabgitops_operator.hosting.brake.record import Data, Engagement, Kept, engaged, kept_of, released
from fabgitops_operator.hosting.errors import ApiError

NAME = "brake"
LOOK_SECS = 2.0
"""How often it is looked, while it is on, whether somebody has let it go; and tried again what did not succeed."""
ANSWER_SECS = 10.0
"""How long an answer may take."""
UNKNOWN = "it is not known yet whether the fleet brake is on"

log = logging.getLogger(__name__)


class BrakeStore(Protocol):
    """Where it is kept; its text says where, for people."""

    async def read(self) -> tuple[Data | None, str]:
        """Return what is kept, and its version; None where nothing is. Raises ApiError when that cannot be known."""
        ...

    async def write(self, data: Data, version: str) -> None:
        """Keep this in the place of a version, or ("") of nothing.

        Raises ApiError: Conflict where something else is there by now.
        """
        ...


class Brake:
    """The brake; off only once it is known that it is.

    Args:
        fleet: Counts, and says when it is too much.
        store: Where it is kept.
        holds: The engine's; corrections are held there.
    """

    def __init__(self, fleet: Fleet, store: BrakeStore, holds: Holds) -> None:
        self.fleet = fleet
        self._store = store
        self._holds = holds
        self._engagement: Engagement | None = None
        self._on = asyncio.Event()
        self._known = False
        self._doubtful = ""
        self._trouble = ""
        holds.put(NAME, UNKNOWN, HoldReason.BRAKE_UNKNOWN)

    @property
    def engaged(self) -> bool:
        """Return whether it is on, as far as is known."""
        return self._engagement is not None

    def look(self, now: float) -> None:
        """Engage it where what was counted by now is too much."""
        if self._engagement is None and (why := self.fleet.why(now)):
            self._engage(Engagement(uuid4().hex[:8], _now(), why))

    def doubt(self, why: str) -> None:
        """Note that it held corrections when somebody looked last: that nothing is kept of it is no proof then."""
        self._doubtful = self._doubtful or why

    async def run(self) -> None:
        """Find out whether it is on, and see to it from then on."""
        while True:
            if self._known:
                await self._on.wait()
                await self._tried(self._follow)
            else:
                await self._tried(self._begin)
            await asyncio.sleep(LOOK_SECS)

    async def _tried(self, doing: Callable[[], Awaitable[None]]) -> None:
        """Do something; why it could not be done is told once."""
        try:
            async with asyncio.timeout(ANSWER_SECS):
                await doing()
        except (ApiError, TimeoutError) as error:
            trouble = str(error) or f"no answer within {ANSWER_SECS:g} s"
            if trouble != self._trouble:
                log.warning("the fleet brake, which is kept in %s: %s; trying again", self._store, trouble)
            self._trouble = trouble
            if not self._known and self._engagement is None:
                self._holds.put(NAME, f"{UNKNOWN}: {trouble}", HoldReason.BRAKE_UNKNOWN)
        except Exception:
            log.exception("a fault of our own over the fleet brake, which stays as it is; again in %g s", LOOK_SECS)
        else:
            self._trouble = ""

    async def _begin(self) -> None:
        """Find out whether it was on before; who is in doubt brakes."""
        data, version = await self._store.read()
        try:
            kept = kept_of(data)
        except ValueError as error:
            self._doubtful, kept = f"what is kept of it in {self._store} makes no sense: {error}", Kept()
        else:
            if data is not None:
                self._doubtful = ""
        if kept.engagement is not None and kept.let_go:
            await self._store.write(released(kept.engagement, kept, _now()), version)
            _tell(kept)
            kept = Kept()
        self._known = True
        if self._engagement is not None:
            return  # too much has happened since the start
        if kept.engagement is not None:
            self._engage(kept.engagement)
        elif self._doubtful:
            self._engage(Engagement(uuid4().hex[:8], _now(), self._doubtful))
        else:
            self._holds.lift(NAME)

    async def _follow(self) -> None:
        """Store it if it is not, and let it go if somebody says so."""
        ours = self._engagement
        if ours is None:
            return
        data, version = await self._store.read()
        try:
            kept = kept_of(data)
        except ValueError:
            kept = Kept()
        if kept.engagement is None or kept.engagement.id != ours.id:
            await self._store.write(engaged(ours), version)
        elif kept.let_go:
            await self._store.write(released(ours, kept, _now()), version)
            _tell(kept)
            self._engagement = None
            self._on.clear()
            self.fleet.begin_anew()
            self._holds.lift(NAME)

    def _engage(self, engagement: Engagement) -> None:
        self._engagement = engagement
        self._holds.put(NAME, engagement.message, HoldReason.FLEET_BRAKE)
        self._on.set()
        log.error("nothing is corrected any more: %s", engagement.message)


def _tell(kept: Kept) -> None:
    log.warning("the fleet brake was let go by %s: %s", kept.by or "somebody", kept.reason or "no reason was given")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
