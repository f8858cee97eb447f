"""Where each correction takes a yes, none goes out by another's."""

from typing import Any

from fabgitops_core.codec.types import hex_of
from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import COMMAND, World
from .ramp import RAMPED


class Approval(Rule):
    """Somebody has agreed to these words in the place of those that are there, in this episode, and still does."""

    name = "approval"
    chosen = st.sampled_from(["Manual"])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return that each takes a yes."""
        return {"correction": {"approval": chosen}}

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Use the yes up for a command, of which nothing is read, unless it is refused."""
        if name == COMMAND and not refused:
            world.approved.pop(name, None)

    def proven(self, world: World, name: str) -> None:
        """Use the yes up: the episode is over."""
        world.approved.pop(name, None)

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what nobody has agreed to."""
        if world.chosen["approval"] is None:
            return ""
        held = None if name == COMMAND else hex_of(world.look.shown.get(name, ()))
        if name == RAMPED and world.chosen["ramp"]:  # a yes is for the whole way
            return (
                "" if world.approved.get(name, ("", ""))[1] == hex_of((world.speed,)) else "nobody agreed to the ramp"
            )
        wanted = (held, hex_of(words))
        return "" if world.approved.get(name) == wanted else f"{wanted} is not among {world.approved}"
