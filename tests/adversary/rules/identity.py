"""Another device may have the address by now."""

from ..rule import Rule, Words
from ..world import World


class Identity(Rule):
    """A device that is pinned has said in this pass that it is the one."""

    name = "identity"

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say whom it would go to."""
        return f"a write to {world.met or 'a stranger'}" if world.pinned and world.met != "ACME" else ""
