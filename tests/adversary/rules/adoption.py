"""A machine that runs is met for the first time."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World


class Adoption(Rule):
    """Somebody has agreed once to a plan of this device."""

    name = "adoption"
    chosen = st.sampled_from(["Observe"])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return that it begins with a look."""
        return {"adoption": chosen}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say that nobody has."""
        return "not adopted" if world.chosen["adoption"] and not world.adopted else ""
