"""Only what Git says is to be corrected is, or what somebody forces, once."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World


class Mode(Rule):
    """Enforce writes, Warn only for a forced sync, Observe never; nor is anything written that is suspended."""

    name = "mode"
    chosen = st.sampled_from(["Enforce", "Warn", "Warn", "Observe"])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return the mode."""
        return {"correction": {"mode": chosen}}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what is not ours to correct."""
        if world.suspend or world.annotated or not world.valid:
            return "suspended or invalid"
        mode = world.chosen["mode"]
        return f"the mode is {mode}" if mode == "Observe" or (mode == "Warn" and not world.forces(name)) else ""
