"""What goes out is what Git says, within its bounds."""

import struct

from ..plant import BOUND, LEVEL, MOST_SPEED, RUN, SHOWN
from ..rule import Rule, Words
from ..world import World


def wanted_words(world: World, name: str) -> Words:
    """Return the words that the manifest wants of a register."""
    level = struct.unpack(">HH", struct.pack(">f", LEVEL))
    wanted = {"speed": (world.speed,), "running": (1 << 3,), "level": level, "remote": (world.remote,), SHOWN: (RUN,)}
    return wanted[name] if name in wanted else (BOUND[name],)


class Values(Rule):
    """A write holds just what the manifest wants now, and nothing outside min and max."""

    name = "values"

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what is written instead."""
        if name == "speed" and not 1 <= words[0] <= MOST_SPEED:
            return f"{words} is out of bounds"
        wanted = words if world.is_step(name, words) else wanted_words(world, name)
        return "" if wanted == words and name in world.names else f"{words} is not {wanted}"
