"""Somebody else may write the same register, again and again."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World

LATE = timedelta(seconds=10)
"""A correction may be told of some seconds after it."""


class Fight(Rule):
    """A register that was put right so often within a time is left alone, until somebody asks for it."""

    name = "fight"
    chosen = st.sampled_from([(2, None), (3, None), (2, 900), (3, 7200)])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return how often within which time; the short form is for an hour."""
        corrections, within = chosen
        if within is None:
            return {"maxCorrectionsPerHour": corrections}
        return {"correction": {"fight": {"corrections": corrections, "withinSecs": within}}}

    def __init__(self) -> None:
        self.proven_at: dict[str, list[datetime]] = {}
        self.left_alone: set[str] = set()

    def started(self, world: World, *, forged: bool) -> None:
        """Count anew in the short form; what is left alone stays so, unless somebody has forged the status."""
        _, within = world.chosen["fight"] or (0, None)
        if within is None or forged:
            self.proven_at = {}
        if forged:
            self.left_alone = set()

    def changed(self, world: World) -> None:
        """Begin anew: an edit asks for it."""
        self.proven_at, self.left_alone = {}, set()

    def synced(self, world: World) -> None:
        """Begin anew: somebody asks for it."""
        self.proven_at, self.left_alone = {}, set()

    def proven(self, world: World, name: str) -> None:
        """Count a correction."""
        most, within = world.chosen["fight"] or (20, None)
        now, length = world.clock.at, timedelta(seconds=within or 3600) - LATE
        lately = [at for at in self.proven_at.get(name, []) if timedelta(0) <= now - at < length]
        self.proven_at[name] = [*lately, now]
        if len(self.proven_at[name]) >= most:
            self.left_alone.add(name)

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what is left alone."""
        return f"{name} is fought over" if name in self.left_alone else ""
