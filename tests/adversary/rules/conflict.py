"""Two who want one register leave it alone."""

from ..rule import Rule, Words
from ..world import World


class Conflict(Rule):
    """Nobody else wants it."""

    name = "conflict"

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say who is the rival."""
        return world.rivals.get(name, "")
