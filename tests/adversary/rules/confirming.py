"""One reading may be of a moment."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import COMMAND, World


class Confirming(Rule):
    """So many passes running have seen that a register is not as it must be.

    A command is not read, and what is right goes along with what is not.
    """

    name = "confirming"
    chosen = st.sampled_from([2, 4])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return how many."""
        return {"correction": {"confirmReads": chosen}}

    def __init__(self) -> None:
        self.running: dict[str, int] = {}

    def started(self, world: World, *, forged: bool) -> None:
        """Begin anew: the count is in no status."""
        self.running = {}

    def changed(self, world: World) -> None:
        """Begin anew."""
        self.running = {}

    def looked(self, world: World) -> None:
        """Count on what is amiss in this pass as well, and nothing else."""
        amiss = [each for each in world.names if each != COMMAND and world.is_amiss(world.look, each)]
        self.running = {each: self.running.get(each, 0) + 1 for each in amiss}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what was not seen often enough."""
        needed, seen = world.chosen["confirming"] or 1, self.running.get(name, 0)
        asked = name != COMMAND and not world.goes_along(name)
        return f"seen {seen} of {needed} times" if asked and seen < needed else ""
